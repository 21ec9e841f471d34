/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cache of this host's processor over the device: what was read once is read from here, and
 * stores of other hosts are not seen until it is dropped. Pages stand for their lines.
 */
#ifndef FUSEKERNEL_CPUCACHE_H
#define FUSEKERNEL_CPUCACHE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cpu_cache {
	pthread_mutex_t mutex;
	uint64_t pages;
	uint8_t **copies; /* of each page of the device; NULL: not cached */
};

void cpu_cache_init(struct cpu_cache *cache, uint64_t device_size);
void cpu_cache_destroy(struct cpu_cache *cache);

/* False when the image cannot be read or written. A write goes to the image at once, as the
 * kernel's own writes do, and into the copies. */
bool cpu_cache_read(struct cpu_cache *cache, int image, uint64_t offset, void *buf, size_t size);
bool cpu_cache_write(struct cpu_cache *cache, int image, uint64_t offset, const void *buf,
		     size_t size);

void cpu_cache_drop(struct cpu_cache *cache, uint64_t offset, size_t size);

#endif
