/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The allocator: a replica, rebuilt from the log, of the units of device 0 that are in use, and the
 * units that this process holds for files that it has not published yet. It is first fit, so that
 * the same history gives the same extents.
 */
#ifndef FS_ALLOCATOR_H
#define FS_ALLOCATOR_H

#include <stdbool.h>
#include <stdint.h>

struct allocator {
	uint64_t units;      /* of the whole usable device */
	uint64_t first;      /* first unit of file data */
	uint64_t *used;      /* by the log */
	uint64_t *held;      /* by this process, or permanently by a retired entry */
	uint64_t free;       /* units neither used nor held */
	uint64_t first_free; /* no unit below this one is free */
};

struct unit_run {
	uint64_t start;
	uint64_t length; /* 0: there is none */
};

/* Returns -ENOMEM on failure. The units below `first` hold metadata and are in use from the
 * start. */
int allocator_init(struct allocator *alloc, uint64_t units, uint64_t first);
void allocator_destroy(struct allocator *alloc);

/* Marks units that the log names. Returns true if one of them was already in use, which is an
 * overlap. Ignores units beyond the device. */
bool allocator_use(struct allocator *alloc, uint64_t start, uint64_t length);

/* Holds free units, and releases held ones. */
void allocator_hold(struct allocator *alloc, uint64_t start, uint64_t length);
void allocator_release(struct allocator *alloc, uint64_t start, uint64_t length);

/* Also holds the units that are held in `from`, an allocator of the same device. */
void allocator_keep_held(struct allocator *alloc, const struct allocator *from);

/* Finds the first run of at least `need` free units within [from, to), and cuts it to `need`. */
struct unit_run allocator_find(const struct allocator *alloc, uint64_t need, uint64_t from,
			       uint64_t to);

/* Finds the first free run within [from, to), in its full length. */
struct unit_run allocator_next_run(const struct allocator *alloc, uint64_t from, uint64_t to);

/* Counts the free units in [from, to); measures the longest free run of the device. */
uint64_t allocator_count_free(const struct allocator *alloc, uint64_t from, uint64_t to);
uint64_t allocator_largest(const struct allocator *alloc);

#endif
