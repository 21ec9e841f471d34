/* SPDX-License-Identifier: Apache-2.0 */
#include "cached.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct cached_device {
	struct lockable lockable;
	struct cached *cached;
};

void cached_init(struct cached *cached, const struct device_ops *ops, uint64_t size)
{
	cached->ops = ops;
	cached->size = size;
	cached->locks = locks_new();
}

void cached_destroy(struct cached *cached)
{
	locks_free(cached->locks);
}

static struct device *make(void *arg)
{
	struct cached_device *dev = calloc(1, sizeof(*dev));
	struct cached *cached = arg;

	assert_non_null(dev);
	dev->cached = cached;
	init_device(&dev->lockable, cached->ops, cached->size, cached->locks);
	return &dev->lockable.dev;
}

void plug_cached(struct cached *cached)
{
	plug(make, cached);
}

struct cached *cached_of(struct device *dev)
{
	return ((struct cached_device *)dev)->cached;
}

void cached_close(struct device *dev)
{
	lockable_close(dev);
	free(dev);
}

void cached_hook(struct cached *cached, void (*hook)(void *arg), void *arg)
{
	cached->hook = hook;
	cached->hook_arg = arg;
}

void cached_call_hook(struct cached *cached)
{
	if (cached->hook)
		cached->hook(cached->hook_arg);
}

bool cached_hold_entry(struct cached *cached, uint64_t offset, const void *buf, size_t length)
{
	if (region_of(offset) != REGION_ENTRIES || length > sizeof(cached->held))
		return false;
	memcpy(&cached->held, buf, length);
	cached->held_offset = offset;
	cached->held_length = length;
	return true;
}

size_t cached_step(uint64_t offset, size_t unit, uint64_t left)
{
	size_t n = unit - offset % unit;

	return n < left ? n : (size_t)left;
}

void *reserve_zeros(uint64_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	assert_true(p != MAP_FAILED);
	return p;
}
