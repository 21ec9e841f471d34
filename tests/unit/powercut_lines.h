/* SPDX-License-Identifier: Apache-2.0 */
/* The interface between the cache that loses power and the search through the possible contents of
 * memory after a cut. */
#ifndef UNIT_POWERCUT_LINES_H
#define UNIT_POWERCUT_LINES_H

#include "cached.h"
#include "powercut.h"

/* At most a word, and within one: a processor stores this much in one step. */
struct store {
	uint8_t at; /* offset in the line */
	uint8_t length;
	uint8_t bytes[8];
};

/* A line with stores that memory does not have yet. */
struct line {
	uint64_t offset;
	uint32_t count;
	uint32_t flushed; /* of these, stores that a flush is writing back */
	uint32_t room;
	struct store *stores;
};

struct powercut {
	struct cached cached;
	struct memory *mem;    /* contents after a power cut */
	struct memory *latest; /* contents that loads see */
	struct line **table;   /* by line number */
	size_t table_bytes;
	struct line **list;
	size_t count;
	size_t room;

	enum mutation mutation;
	bool keep_dirty; /* an invalidation writes nothing back */
};

/* The first `count` stores of the line reach the memory. */
void apply_stores(const struct line *line, uint32_t count, struct memory *mem);

#endif
