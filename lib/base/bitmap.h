/* SPDX-License-Identifier: Apache-2.0 */
/* Bits in words of 64. */
#ifndef BASE_BITMAP_H
#define BASE_BITMAP_H

#include <stdbool.h>
#include <stdint.h>

#define BITMAP_WORD_BITS 64u

/* Number of words for `bits` bits; at least one. */
static inline uint64_t bitmap_words(uint64_t bits)
{
	return bits / BITMAP_WORD_BITS + 1;
}

static inline bool bitmap_test(const uint64_t *bits, uint64_t bit)
{
	return bits[bit / BITMAP_WORD_BITS] >> (bit % BITMAP_WORD_BITS) & 1;
}

static inline void bitmap_set(uint64_t *bits, uint64_t bit)
{
	bits[bit / BITMAP_WORD_BITS] |= UINT64_C(1) << (bit % BITMAP_WORD_BITS);
}

static inline void bitmap_clear(uint64_t *bits, uint64_t bit)
{
	bits[bit / BITMAP_WORD_BITS] &= ~(UINT64_C(1) << (bit % BITMAP_WORD_BITS));
}

/* The bits of word number `word` that lie in [start, end). */
static inline uint64_t bitmap_mask(uint64_t word, uint64_t start, uint64_t end)
{
	uint64_t base = word * BITMAP_WORD_BITS, mask = UINT64_MAX;

	if (start > base)
		mask &= UINT64_MAX << (start - base);
	if (end < base + BITMAP_WORD_BITS)
		mask &= ~(UINT64_MAX << (end - base));
	return mask;
}

#endif
