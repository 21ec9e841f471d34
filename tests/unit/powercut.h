/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A memory that loses power.
 *
 * Stores land in cache lines. A line may reach memory by itself at any time, in the state after any
 * of its stores: within a line stores keep their order, between lines there is none. A flush starts
 * writing back what a line then holds, and a fence waits for the flushes before it. So what a power
 * cut leaves is, for each line, the memory as of the last fence plus any number of the stores
 * since.
 *
 * Whatever can be left during an epoch can be left at its end, before the fence completes; that is
 * where the hook is called.
 */
#ifndef UNIT_POWERCUT_H
#define UNIT_POWERCUT_H

#include "memdev.h"

struct powercut;

/* Ways to be wrong, to see that a test notices. */
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

/* From now on an invalidation leaves dirty lines in the cache: what is to be in memory has to be
 * flushed. */
void powercut_keep_dirty(struct powercut *cut);

/* Plugs in devices that share this cache, as the processes of one host do. */
void plug_powercut(struct powercut *cut);

/* As a device on this cache does when it is written to, or with NULL when it is zeroed. */
void powercut_store(struct powercut *cut, uint64_t offset, const void *buf, uint64_t length);

/* Called before each fence, and by powercut_settle() for what is pending at the end. */
void powercut_hook(struct powercut *cut, void (*hook)(void *arg), void *arg);

/* Calls the hook once more, then lets all lines reach memory. */
void powercut_settle(struct powercut *cut);

/*
 * Calls `check` with each memory that a power cut could leave now: each one where there are at most
 * `limit`; else each line old or new when there are at most 12, and samples, which `rng` decides.
 * Returns how many. The check may write to what it is given, and stops the search by false.
 */
uint64_t powercut_explore(struct powercut *cut, struct rng *rng, uint64_t limit,
			  bool (*check)(void *arg, struct memory *left), void *arg);

/* Lines with stores that a power cut could lose. */
size_t powercut_pending(const struct powercut *cut);

#endif
