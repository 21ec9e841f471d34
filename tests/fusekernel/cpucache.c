/* SPDX-License-Identifier: Apache-2.0 */
#include "cpucache.h"

#include "tap.h"
#include "wire.h"

#include <stdlib.h>
#include <unistd.h>

void cpu_cache_init(struct cpu_cache *cache, uint64_t device_size)
{
	pthread_mutex_init(&cache->mutex, NULL);
	cache->pages = device_size / PAGE;
	cache->copies = calloc(cache->pages, sizeof(*cache->copies));
	if (!cache->copies)
		bail_out("out of memory");
}

void cpu_cache_destroy(struct cpu_cache *cache)
{
	for (uint64_t page = 0; page < cache->pages; page++)
		free(cache->copies[page]);
	free(cache->copies);
	pthread_mutex_destroy(&cache->mutex);
}

static bool fill(struct cpu_cache *cache, int image, uint64_t page)
{
	uint8_t *copy = malloc(PAGE);

	if (!copy || pread(image, copy, PAGE, (off_t)(page * PAGE)) != PAGE) {
		free(copy);
		return false;
	}
	cache->copies[page] = copy;
	return true;
}

/* Returns the part of the range in its first page. */
static size_t in_page(uint64_t offset, size_t size)
{
	size_t left = PAGE - offset % PAGE;

	return size < left ? size : left;
}

bool cpu_cache_read(struct cpu_cache *cache, int image, uint64_t offset, void *buf, size_t size)
{
	uint8_t *to = buf;
	bool ok = true;

	pthread_mutex_lock(&cache->mutex);
	while (ok && size) {
		size_t n = in_page(offset, size);
		uint64_t page = offset / PAGE;

		ok = cache->copies[page] || fill(cache, image, page);
		if (ok)
			memcpy(to, cache->copies[page] + offset % PAGE, n);
		to += n;
		offset += n;
		size -= n;
	}
	pthread_mutex_unlock(&cache->mutex);
	return ok;
}

bool cpu_cache_write(struct cpu_cache *cache, int image, uint64_t offset, const void *buf,
		     size_t size)
{
	const uint8_t *from = buf;
	bool ok;

	pthread_mutex_lock(&cache->mutex);
	ok = pwrite(image, buf, size, (off_t)offset) == (ssize_t)size;
	while (size) {
		size_t n = in_page(offset, size);

		if (cache->copies[offset / PAGE])
			memcpy(cache->copies[offset / PAGE] + offset % PAGE, from, n);
		from += n;
		offset += n;
		size -= n;
	}
	pthread_mutex_unlock(&cache->mutex);
	return ok;
}

void cpu_cache_drop(struct cpu_cache *cache, uint64_t offset, size_t size)
{
	pthread_mutex_lock(&cache->mutex);
	for (uint64_t page = offset / PAGE; page * PAGE < offset + size; page++) {
		free(cache->copies[page]);
		cache->copies[page] = NULL;
	}
	pthread_mutex_unlock(&cache->mutex);
}
