/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/overlap.h"

#include "base/bitmap.h"
#include "base/minmax.h"
#include "media/format.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Clips an extent to the units of device 0, and returns its end; empty for other devices. */
static uint64_t units_of(const struct overlap *overlap, const struct famfs_extent *ext,
			 uint64_t *start)
{
	*start = min_u64(ext->offset / OMF_ALLOC_UNIT, overlap->units);
	if (ext->daxdev != 0)
		return *start;
	return *start + min_u64(ext->length / OMF_ALLOC_UNIT, overlap->units - *start);
}

static void add_extent(struct overlap *overlap, const struct famfs_extent *ext)
{
	uint64_t start, end = units_of(overlap, ext, &start);

	for (uint64_t word = start / BITMAP_WORD_BITS; word * BITMAP_WORD_BITS < end; word++) {
		uint64_t mask = bitmap_mask(word, start, end);
		uint64_t twice = overlap->shown[word] & mask;

		if (twice)
			__atomic_store_n(&overlap->shared[word], overlap->shared[word] | twice,
					 __ATOMIC_RELEASE);
		overlap->shown[word] |= mask;
	}
}

void overlap_add(struct overlap *overlap, const struct famfs_fmap *fmap)
{
	for (uint32_t i = 0; i < fmap->nextents && !overlap->unknown; i++)
		add_extent(overlap, &fmap->extents[i]);
}

static void add_all(struct overlap *overlap, const struct namespace *ns)
{
	struct famfs_fmap fmap;

	for (uint64_t i = 0; i < ns->capacity; i++)
		if (entry_fmap(ns, i, &fmap))
			overlap_add(overlap, &fmap);
}

int overlap_begin(struct overlap *overlap, uint64_t units, const struct namespace *ns)
{
	uint64_t *shared = calloc(bitmap_words(units), sizeof(*shared));

	overlap->units = units;
	overlap->shown = calloc(bitmap_words(units), sizeof(*overlap->shown));
	if (!shared || !overlap->shown) {
		free(shared);
		__atomic_store_n(&overlap->unknown, true, __ATOMIC_RELEASE);
		return -ENOMEM;
	}
	__atomic_store_n(&overlap->shared, shared, __ATOMIC_RELEASE);
	add_all(overlap, ns);
	return 0;
}

void overlap_destroy(struct overlap *overlap)
{
	free(overlap->shown);
	free(overlap->shared);
	memset(overlap, 0, sizeof(*overlap));
}

static bool extent_shared(const struct overlap *overlap, const uint64_t *shared,
			  const struct famfs_extent *ext)
{
	uint64_t start, end = units_of(overlap, ext, &start);

	for (uint64_t word = start / BITMAP_WORD_BITS; word * BITMAP_WORD_BITS < end; word++)
		if (__atomic_load_n(&shared[word], __ATOMIC_ACQUIRE) &
		    bitmap_mask(word, start, end))
			return true;
	return false;
}

bool overlap_found(const struct overlap *overlap, const struct famfs_fmap *fmap)
{
	const uint64_t *shared = __atomic_load_n(&overlap->shared, __ATOMIC_ACQUIRE);

	if (__atomic_load_n(&overlap->unknown, __ATOMIC_ACQUIRE))
		return true;
	for (uint32_t i = 0; shared && i < fmap->nextents; i++)
		if (extent_shared(overlap, shared, &fmap->extents[i]))
			return true;
	return false;
}

static bool meet(const struct famfs_extent *a, const struct famfs_extent *b)
{
	return a->daxdev == b->daxdev && a->offset < b->offset + b->length &&
	       b->offset < a->offset + a->length;
}

static bool maps_meet(const struct famfs_fmap *a, const struct famfs_fmap *b)
{
	for (uint32_t i = 0; i < a->nextents; i++)
		for (uint32_t j = 0; j < b->nextents; j++)
			if (meet(&a->extents[i], &b->extents[j]))
				return true;
	return false;
}

static bool meets_itself(const struct famfs_fmap *fmap)
{
	for (uint32_t i = 0; i < fmap->nextents; i++)
		for (uint32_t j = 0; j < i; j++)
			if (meet(&fmap->extents[i], &fmap->extents[j]))
				return true;
	return false;
}

node_t overlap_partner(const struct namespace *ns, node_t self, const struct famfs_fmap *fmap,
		       uint64_t *budget)
{
	struct famfs_fmap other;

	for (uint64_t i = 0; i < ns->capacity && *budget; i++) {
		node_t node = node_of_entry(i);

		--*budget;
		if (node != self && entry_fmap(ns, i, &other) && maps_meet(fmap, &other))
			return node;
	}
	return meets_itself(fmap) ? self : NODE_NONE;
}
