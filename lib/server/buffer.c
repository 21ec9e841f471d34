/* SPDX-License-Identifier: Apache-2.0 */
#include "server/buffer.h"

#include <stdlib.h>

#define PAGE_BYTES 4096
/* The largest request, unless the administrator raised fs.fuse.max_pages_limit. Pages that are not
 * used cost no memory. */
#define USUAL_BYTES ((size_t)1 << 20)

struct buffer {
	void *data;
	size_t size;
};

static void buffer_free(void *arg)
{
	struct buffer *buffer = arg;

	if (buffer)
		free(buffer->data);
	free(buffer);
}

int buffer_key_create(pthread_key_t *key)
{
	return -pthread_key_create(key, buffer_free);
}

void buffer_key_delete(pthread_key_t key)
{
	buffer_free(pthread_getspecific(key));
	pthread_key_delete(key);
}

static struct buffer *buffer_of_thread(pthread_key_t key)
{
	struct buffer *buffer = pthread_getspecific(key);

	if (buffer)
		return buffer;
	buffer = calloc(1, sizeof(*buffer));
	if (buffer && pthread_setspecific(key, buffer) != 0) {
		free(buffer);
		return NULL;
	}
	return buffer;
}

void *buffer_get(pthread_key_t key, size_t size)
{
	struct buffer *buffer = buffer_of_thread(key);

	if (!buffer || buffer->size >= size)
		return buffer ? buffer->data : NULL;
	if (size < USUAL_BYTES)
		size = USUAL_BYTES;
	free(buffer->data);
	buffer->data = NULL;
	buffer->size = 0;
	if (posix_memalign(&buffer->data, PAGE_BYTES, size) != 0)
		return NULL;
	buffer->size = size;
	return buffer->data;
}
