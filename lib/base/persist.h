/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes back and drops the CPU's cache lines of memory that hosts share. The caches of the hosts
 * are not coherent: others see a store only after this host has written it back, and this host sees
 * theirs only after it has dropped its old copy.
 */
#ifndef BASE_PERSIST_H
#define BASE_PERSIST_H

#include <stddef.h>

struct persist {
	const char *name; /* the instruction, for people */
	/* Writes the lines of [addr, addr + length) back, without any ordering. */
	void (*flush)(const void *addr, size_t length);
	/* Completes earlier flushes, and orders earlier stores before later ones. */
	void (*fence)(void);
	/* Drops the lines, after writing dirty ones back, and ends with a full fence: later loads
	 * read from memory. */
	void (*invalidate)(const void *addr, size_t length);
};

/* Copies memory, or with `from` NULL stores zeros; the next fence completes the write-back. No
 * other thread or host may store to `to` meanwhile. For bulk data: the stores do not displace other
 * data from the caches, and do not read the old lines from memory. */
void persist_store(const struct persist *persist, void *to, const void *from, size_t length);

/* Returns the fastest operations that this processor has. */
const struct persist *persist_for_cpu(void);

#endif
