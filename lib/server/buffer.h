/* SPDX-License-Identifier: Apache-2.0 */
/* A buffer for each thread, made at its first need and kept until the thread ends. */
#ifndef SERVER_BUFFER_H
#define SERVER_BUFFER_H

#include <pthread.h>
#include <stddef.h>

/* -errno. All threads that used it must have ended before the key is deleted, but the caller. */
int buffer_key_create(pthread_key_t *key);
void buffer_key_delete(pthread_key_t key);

/* At least `size` bytes, page-aligned, what is in them undefined; NULL without memory. Valid until
 * the thread's next call. */
void *buffer_get(pthread_key_t key, size_t size);

#endif
