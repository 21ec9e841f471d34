/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The allocator: which units of device 0 are in use, a replica that is rebuilt from the log, and
 * which of them this process holds for files that it has not published yet. First fit, so that
 * the same history gives the same extents.
 */
#ifndef FS_ALLOCATOR_H
#define FS_ALLOCATOR_H

#include <stdbool.h>
#include <stdint.h>

struct allocator {
	uint64_t units;      /* of the whole usable device */
	uint64_t first;      /* unit where file data begins */
	uint64_t *used;      /* by the log */
	uint64_t *held;      /* by this process, or for good by a retired entry */
	uint64_t free;       /* units neither used nor held */
	uint64_t first_free; /* no unit below is free */
};

struct unit_run {
	uint64_t start;
	uint64_t length; /* 0: there is none */
};

/* -ENOMEM. The units below `first`, the metadata, are in use from the beginning. */
int allocator_init(struct allocator *alloc, uint64_t units, uint64_t first);
void allocator_destroy(struct allocator *alloc);

/* Marks units that the log names. True when one of them was in use already: an overlap. Units
 * beyond the device are ignored. */
bool allocator_use(struct allocator *alloc, uint64_t start, uint64_t length);

/* Holds units that are free, and lets them go again. */
void allocator_hold(struct allocator *alloc, uint64_t start, uint64_t length);
void allocator_release(struct allocator *alloc, uint64_t start, uint64_t length);

/* Also holds what is held in `from`, which is of the same device. */
void allocator_keep_held(struct allocator *alloc, const struct allocator *from);

/* The first run of at least `need` free units that starts in [from, to) and ends by `to`; cut to
 * `need`. */
struct unit_run allocator_find(const struct allocator *alloc, uint64_t need, uint64_t from,
			       uint64_t to);

/* The first free run at or after `from` that ends by `to`, whole. */
struct unit_run allocator_next_run(const struct allocator *alloc, uint64_t from, uint64_t to);

/* Free units in [from, to), and the longest free run of all. */
uint64_t allocator_count_free(const struct allocator *alloc, uint64_t from, uint64_t to);
uint64_t allocator_largest(const struct allocator *alloc);

#endif
