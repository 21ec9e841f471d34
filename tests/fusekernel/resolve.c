/* SPDX-License-Identifier: Apache-2.0 */
/* Resolves file offsets to device bytes, like the kernel's fault and read paths. */
#include "fmap.h"

static void inside(const struct extent *extent, uint64_t skip, uint64_t run, struct extent *at)
{
	at->dev = extent->dev;
	at->offset = extent->offset + skip;
	at->length = run;
}

static bool resolve_simple(const struct fmap *map, uint64_t offset, struct extent *at)
{
	uint32_t i = 0;

	/* Found by division, since there may be hundreds of thousands of extents. */
	if (map->uniform) {
		uint64_t length = map->extents[0].length;

		if (offset / length >= map->count)
			return false;
		i = (uint32_t)(offset / length);
		offset %= length;
	}
	for (; i < map->count; i++) {
		if (offset < map->extents[i].length) {
			inside(&map->extents[i], offset, map->extents[i].length - offset, at);
			return true;
		}
		offset -= map->extents[i].length;
	}
	return false;
}

static bool resolve_strips(const struct fmap *map, uint64_t offset, struct extent *at)
{
	for (uint32_t i = 0; i < map->nsets; i++) {
		const struct stripe_set *set = &map->sets[i];
		uint64_t chunk, skip;
		const struct extent *strip;

		if (offset >= set->nbytes) {
			offset -= set->nbytes;
			continue;
		}
		chunk = offset / set->chunk;
		strip = &map->extents[set->first + chunk % set->nstrips];
		skip = chunk / set->nstrips * set->chunk + offset % set->chunk;
		if (skip >= strip->length)
			return false;
		inside(strip, skip, set->chunk - offset % set->chunk, at);
		return true;
	}
	return false;
}

bool fmap_resolve(const struct fmap *map, uint64_t offset, struct extent *at)
{
	if (offset >= map->file_size)
		return false;
	return map->interleaved ? resolve_strips(map, offset, at) : resolve_simple(map, offset, at);
}
