/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A memory that loses power.
 *
 * Stores land in cache lines. A line may reach memory by itself at any time, in its state after any
 * of its stores: within a line stores keep their order, between lines there is none. A flush starts
 * to write back the current state of a line, and a fence waits for the flushes before it. So a
 * power cut leaves, for each line, the memory as of the last fence plus any number of the stores
 * since then.
 *
 * Every state that a cut can leave during an epoch can also be left at its end, before the fence
 * completes; the hook is called there.
 */
#ifndef UNIT_POWERCUT_H
#define UNIT_POWERCUT_H

#include "memdev.h"

struct powercut;

/* Mistakes that a test has to notice. */
enum mutation {
	MUTATE_NOTHING,
	MUTATE_NO_ENTRY_FENCE,   /* entry and counters in one epoch, as without the fence between */
	MUTATE_COUNTERS_FIRST,   /* the entry is written after the counters are published */
	MUTATE_NO_ENTRY_FLUSH,   /* of log entries */
	MUTATE_NO_COUNTER_FLUSH, /* of the log header's line */
	MUTATE_NO_DATA_FLUSH,    /* of file contents and slack */
	MUTATE_NO_SUPER_FLUSH,   /* of the superblock */
	MUTATE_NO_SUPER_FENCE,   /* none that follows a flush of the superblock */
};

struct powercut *powercut_new(struct memory *mem);
void powercut_free(struct powercut *cut);
void powercut_mutate(struct powercut *cut, enum mutation mutation);

/* From now on, an invalidation leaves dirty lines in the cache: only a flush brings them to memory.
 */
void powercut_keep_dirty(struct powercut *cut);

/* Plugs in devices that share this cache, like the processes of one host. */
void plug_powercut(struct powercut *cut);

/* Does the same as a write to a device on this cache; with NULL, as zeroing a range. */
void powercut_store(struct powercut *cut, uint64_t offset, const void *buf, uint64_t length);

/* Called before each fence, and by powercut_settle() for the stores that are pending at the end. */
void powercut_hook(struct powercut *cut, void (*hook)(void *arg), void *arg);

/* Calls the hook once more, then lets all lines reach memory. */
void powercut_settle(struct powercut *cut);

/*
 * Calls `check` with each memory that a power cut could leave now: with every one of them if there
 * are at most `limit`; otherwise with each line old or new if there are at most 12 lines, and with
 * random samples from `rng`. Returns how many. The check may write to the memory that it gets, and
 * returns false to stop the search.
 */
uint64_t powercut_explore(struct powercut *cut, struct rng *rng, uint64_t limit,
			  bool (*check)(void *arg, struct memory *left), void *arg);

/* The number of lines with stores that a power cut could lose. */
size_t powercut_pending(const struct powercut *cut);

#endif
