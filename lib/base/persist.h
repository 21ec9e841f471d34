/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes back and drops the CPU's cache lines of memory that other hosts share. Their caches are
 * not coherent with ours: they see a store only after it was written back, and we see theirs only
 * after our stale copy was dropped.
 */
#ifndef BASE_PERSIST_H
#define BASE_PERSIST_H

#include <stddef.h>

struct persist {
	const char *name; /* the instruction, for people */
	/* Writes the lines of [addr, addr + length) back. Orders nothing. */
	void (*flush)(const void *addr, size_t length);
	/* Earlier flushes are done, and stores before it come before stores after it. */
	void (*fence)(void);
	/* Drops the lines, written back if dirty; later loads, by a full fence, see memory. */
	void (*invalidate)(const void *addr, size_t length);
};

/* Copies memory, or with `from` NULL zeros, so that the next fence has it written back; `to` is
 * memory that no other thread or host stores to meanwhile. For bulk data, which is not to displace
 * the caches and not to be fetched from memory before it is overwritten. */
void persist_store(const struct persist *persist, void *to, const void *from, size_t length);

/* The best that this processor has. */
const struct persist *persist_for_cpu(void);

#endif
