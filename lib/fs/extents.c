/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/extents.h"

#include "base/minmax.h"
#include "media/record.h"

static struct piece simple_piece(const struct famfs_fmap *fmap, uint64_t offset, uint64_t length)
{
	for (uint32_t i = 0; i < fmap->nextents; i++) {
		const struct famfs_extent *ext = &fmap->extents[i];

		if (offset < ext->length)
			return (struct piece){ ext->daxdev, ext->offset + offset,
					       min_u64(length, ext->length - offset) };
		offset -= ext->length;
	}
	return (struct piece){ 0 };
}

/* OMF: chunk = off / C; strip = chunk % N; stripe = chunk / N. C is a power of two. */
static struct piece interleaved_piece(const struct famfs_fmap *fmap, uint64_t offset,
				      uint64_t length)
{
	uint64_t chunk = offset / fmap->chunk_size, in_chunk = offset & (fmap->chunk_size - 1);
	const struct famfs_extent *strip = &fmap->extents[chunk % fmap->nextents];
	uint64_t in_strip = chunk / fmap->nextents * fmap->chunk_size + in_chunk;

	if (in_strip >= strip->length)
		return (struct piece){ 0 };
	length = min_u64(length, fmap->chunk_size - in_chunk);
	return (struct piece){ strip->daxdev, strip->offset + in_strip,
			       min_u64(length, strip->length - in_strip) };
}

struct piece fmap_piece(const struct famfs_fmap *fmap, uint64_t offset, uint64_t length)
{
	if (fmap->type == FAMFS_FMAP_INTERLEAVED)
		return interleaved_piece(fmap, offset, length);
	return simple_piece(fmap, offset, length);
}

uint64_t fmap_capacity(const struct famfs_fmap *fmap)
{
	uint64_t shortest = UINT64_MAX;

	if (fmap->type == FAMFS_FMAP_SIMPLE)
		return fmap_allocated(fmap);
	for (uint32_t i = 0; i < fmap->nextents; i++)
		shortest = min_u64(shortest, fmap->extents[i].length);
	return shortest / fmap->chunk_size * fmap->chunk_size * fmap->nextents;
}
