/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>

/* Starts a thread with all signals blocked except SIGBUS, so that other threads handle them. A
 * blocked SIGBUS would kill the process, in spite of base/guard.h. 0 or -errno. */
int thread_start(pthread_t *thread, void *(*run)(void *arg), void *arg);

#endif
