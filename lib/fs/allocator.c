/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/allocator.h"

#include "base/bitmap.h"
#include "base/minmax.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WORD_BITS BITMAP_WORD_BITS

static uint64_t busy_word(const struct allocator *alloc, uint64_t word)
{
	return alloc->used[word] | alloc->held[word];
}

int allocator_init(struct allocator *alloc, uint64_t units, uint64_t first)
{
	uint64_t words = bitmap_words(units);

	memset(alloc, 0, sizeof(*alloc));
	alloc->used = calloc(words, sizeof(uint64_t));
	alloc->held = calloc(words, sizeof(uint64_t));
	if (!alloc->used || !alloc->held) {
		allocator_destroy(alloc);
		return -ENOMEM;
	}
	alloc->units = units;
	alloc->first = min_u64(first, units);
	alloc->free = units;
	allocator_use(alloc, 0, alloc->first);
	alloc->first_free = alloc->first;
	return 0;
}

void allocator_destroy(struct allocator *alloc)
{
	free(alloc->used);
	free(alloc->held);
	memset(alloc, 0, sizeof(*alloc));
}

/* Most files have one unit, and without a popcount instruction the builtin is a function call. */
static uint64_t count_bits(uint64_t mask)
{
	return mask & (mask - 1) ? (uint64_t)__builtin_popcountll(mask) : mask != 0;
}

/* Clips a range to the device; returns its end. */
static uint64_t clamp(const struct allocator *alloc, uint64_t *start, uint64_t length)
{
	*start = min_u64(*start, alloc->units);
	return *start + min_u64(length, alloc->units - *start);
}

bool allocator_use(struct allocator *alloc, uint64_t start, uint64_t length)
{
	uint64_t end = clamp(alloc, &start, length);
	bool overlap = false;

	for (uint64_t word = start / WORD_BITS; word * WORD_BITS < end; word++) {
		uint64_t mask = bitmap_mask(word, start, end);

		overlap |= (alloc->used[word] & mask) != 0;
		alloc->free -= count_bits(mask & ~busy_word(alloc, word));
		alloc->used[word] |= mask;
	}
	if (start <= alloc->first_free && end > alloc->first_free)
		alloc->first_free = end;
	return overlap;
}

void allocator_hold(struct allocator *alloc, uint64_t start, uint64_t length)
{
	uint64_t end = clamp(alloc, &start, length);

	for (uint64_t word = start / WORD_BITS; word * WORD_BITS < end; word++) {
		uint64_t mask = bitmap_mask(word, start, end);

		alloc->free -= count_bits(mask & ~busy_word(alloc, word));
		alloc->held[word] |= mask;
	}
	if (start <= alloc->first_free && end > alloc->first_free)
		alloc->first_free = end;
}

void allocator_release(struct allocator *alloc, uint64_t start, uint64_t length)
{
	uint64_t end = clamp(alloc, &start, length);

	for (uint64_t word = start / WORD_BITS; word * WORD_BITS < end; word++) {
		uint64_t mask = bitmap_mask(word, start, end);

		alloc->held[word] &= ~mask;
		alloc->free += count_bits(mask & ~busy_word(alloc, word));
	}
	alloc->first_free = min_u64(alloc->first_free, start);
}

void allocator_keep_held(struct allocator *alloc, const struct allocator *from)
{
	for (uint64_t word = 0; word * WORD_BITS < alloc->units; word++) {
		alloc->free -= count_bits(from->held[word] & ~busy_word(alloc, word));
		alloc->held[word] |= from->held[word];
	}
}

/* The first unit in [from, to) that is free, or in use if `busy` is set; `to` if there is none. */
static uint64_t scan(const struct allocator *alloc, uint64_t from, uint64_t to, bool busy)
{
	for (uint64_t word = from / WORD_BITS; word * WORD_BITS < to; word++) {
		uint64_t bits = busy_word(alloc, word);

		bits = (busy ? bits : ~bits) & bitmap_mask(word, from, to);
		if (bits)
			return word * WORD_BITS + (uint64_t)__builtin_ctzll(bits);
	}
	return to;
}

/* The first free run at or after `from`, cut to `most` units. */
static struct unit_run next_run(const struct allocator *alloc, uint64_t from, uint64_t to,
				uint64_t most)
{
	uint64_t start, end;

	if (from < alloc->first_free)
		from = alloc->first_free;
	to = min_u64(to, alloc->units);
	if (from >= to)
		return (struct unit_run){ 0 };
	start = scan(alloc, from, to, false);
	end = scan(alloc, start, start + min_u64(most, to - start), true);
	return (struct unit_run){ start, end - start };
}

struct unit_run allocator_next_run(const struct allocator *alloc, uint64_t from, uint64_t to)
{
	return next_run(alloc, from, to, UINT64_MAX);
}

struct unit_run allocator_find(const struct allocator *alloc, uint64_t need, uint64_t from,
			       uint64_t to)
{
	for (;;) {
		struct unit_run run = next_run(alloc, from, to, need);

		if (run.length == 0 || run.length == need)
			return run;
		from = run.start + run.length;
	}
}

uint64_t allocator_count_free(const struct allocator *alloc, uint64_t from, uint64_t to)
{
	uint64_t count = 0;

	to = min_u64(to, alloc->units);
	for (uint64_t word = from / WORD_BITS; word * WORD_BITS < to; word++)
		count += (uint64_t)__builtin_popcountll(~busy_word(alloc, word) &
							bitmap_mask(word, from, to));
	return count;
}

uint64_t allocator_largest(const struct allocator *alloc)
{
	uint64_t from = 0, largest = 0;

	for (;;) {
		struct unit_run run = allocator_next_run(alloc, from, alloc->units);

		if (run.length == 0)
			return largest;
		if (run.length > largest)
			largest = run.length;
		from = run.start + run.length;
	}
}
