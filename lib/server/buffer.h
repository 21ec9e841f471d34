/* SPDX-License-Identifier: Apache-2.0 */
/* A buffer for each thread, allocated at its first use and kept until the thread ends. */
#ifndef SERVER_BUFFER_H
#define SERVER_BUFFER_H

#include <pthread.h>
#include <stddef.h>

/* -errno. Before the key is deleted, all threads that used it must have ended, except the caller.
 */
int buffer_key_create(pthread_key_t *key);
void buffer_key_delete(pthread_key_t key);

/* At least `size` bytes, page-aligned, with undefined contents; NULL without memory. Valid until
 * the next call of this thread. */
void *buffer_get(pthread_key_t key, size_t size);

#endif
