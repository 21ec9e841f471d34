/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared by the memories with a cache: the one that loses power (powercut.c) and the one that two
 * hosts see (twoview.c). A cache begins with a struct cached; devices that are plugged in for it
 * share it, like the processes of one host.
 */
#ifndef UNIT_CACHED_H
#define UNIT_CACHED_H

#include "memdev.h"

struct cached {
	const struct device_ops *ops;
	uint64_t size;
	struct locks *locks;
	void (*hook)(void *arg);
	void *hook_arg;
	uint64_t last_flush; /* device offset */
	/* A mistake: this log entry is written after the counters are published. */
	uint64_t held_offset;
	size_t held_length; /* 0: none */
	struct omf_entry held;
};

void cached_init(struct cached *cached, const struct device_ops *ops, uint64_t size);
void cached_destroy(struct cached *cached);

/* Plugs in devices on this cache. */
void plug_cached(struct cached *cached);

/* For the operations of such a device: its cache, and its end. */
struct cached *cached_of(struct device *dev);
void cached_close(struct device *dev);

void cached_hook(struct cached *cached, void (*hook)(void *arg), void *arg);
void cached_call_hook(struct cached *cached);

/* Holds a write to a log entry back: false when it is none. */
bool cached_hold_entry(struct cached *cached, uint64_t offset, const void *buf, size_t length);

/* Bytes from `offset` to the next multiple of `unit`, at most `left`. */
size_t cached_step(uint64_t offset, size_t unit, uint64_t left);

/* Address space full of zeros, which takes memory only where it is written. */
void *reserve_zeros(uint64_t bytes);

#endif
