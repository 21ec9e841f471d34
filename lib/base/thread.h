/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>

/* Starts a thread that leaves the signals of the process to the others. Not SIGBUS, which is about
 * what the thread itself touches: blocked, it would kill, whatever base/guard.h is to do. -errno.
 */
int thread_start(pthread_t *thread, void *(*run)(void *arg), void *arg);

#endif
