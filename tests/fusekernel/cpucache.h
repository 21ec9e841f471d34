/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The processor cache of this host over the device: bytes that were read once come from the cache,
 * and stores of other hosts are not visible until their lines are dropped. Pages stand for lines.
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
	uint8_t **copies; /* the copy of each page of the device; NULL: not cached */
};

void cpu_cache_init(struct cpu_cache *cache, uint64_t device_size);
void cpu_cache_destroy(struct cpu_cache *cache);

/* Returns false if the image cannot be read or written. A write goes to the image at once, like
 * the kernel's own writes, and to the copies. */
bool cpu_cache_read(struct cpu_cache *cache, int image, uint64_t offset, void *buf, size_t size);
bool cpu_cache_write(struct cpu_cache *cache, int image, uint64_t offset, const void *buf,
		     size_t size);

void cpu_cache_drop(struct cpu_cache *cache, uint64_t offset, size_t size);

#endif
