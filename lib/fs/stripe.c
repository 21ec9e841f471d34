/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/stripe.h"

#include "base/error.h"
#include "base/minmax.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define BUCKET_MIN (UINT64_C(1) << 30)

static int check_striping(const struct famfs_volume *vol, const struct layout *layout,
			  struct famfs_error *err)
{
	if (layout->nstrips > FAMFS_MAX_EXTENTS)
		return error_set(err, -EINVAL, "%u strips are too many, the limit is %d",
				 layout->nstrips, FAMFS_MAX_EXTENTS);
	if (layout->nbuckets < layout->nstrips || layout->nbuckets > FAMFS_MAX_BUCKETS)
		return error_set(err, -EINVAL, "%u strips need %u to %d buckets, not %u",
				 layout->nstrips, layout->nstrips, FAMFS_MAX_BUCKETS,
				 layout->nbuckets);
	if (!omf_is_power_of_two(layout->chunk_size, OMF_ALLOC_UNIT))
		return error_set(err, -EINVAL,
				 "chunk size %" PRIu64 " is not a power of two from 2 MiB",
				 layout->chunk_size);
	if (vol->usable / layout->nbuckets < BUCKET_MIN)
		return error_set(err, -EINVAL,
				 "%u buckets of this device have %" PRIu64
				 " MiB each, at least 1024 MiB are needed",
				 layout->nbuckets, (vol->usable / layout->nbuckets) >> 20);
	return 0;
}

int layout_check(const struct famfs_volume *vol, const struct layout *layout,
		 struct famfs_error *err)
{
	if (layout->size == 0)
		return error_set(err, -EINVAL, "empty files cannot be stored");
	if (layout->nstrips)
		return check_striping(vol, layout, err);
	if (layout->nbuckets || layout->chunk_size)
		return error_set(err, -EINVAL, "buckets and chunk size need a number of strips");
	return 0;
}

static uint64_t mib(uint64_t units)
{
	return units * (OMF_ALLOC_UNIT >> 20);
}

/* Takes a run as the next extent of the fmap. Returns -EAGAIN if other processes hold part of
 * it, with that part in *held. */
static int take_run(struct famfs_volume *vol, struct unit_run run, extent_taker take,
		    struct famfs_fmap *fmap, struct unit_run *held)
{
	struct famfs_extent ext = { 0, run.start * OMF_ALLOC_UNIT, run.length * OMF_ALLOC_UNIT };
	uint64_t end = ext.offset + ext.length;
	struct held_range range = { ext.offset, end };
	int ret = take(vol, &ext, &range);

	range.start = max_u64(range.start, ext.offset) / OMF_ALLOC_UNIT;
	range.end = omf_round_up(min_u64(range.end, end)) / OMF_ALLOC_UNIT;
	*held = (struct unit_run){ range.start, range.end - range.start };
	if (ret == 0)
		fmap->extents[fmap->nextents++] = ext;
	return ret;
}

/* Takes one contiguous extent in [from, to), first fit, outside of ranges that other processes
 * hold. */
static int take_contiguous(struct famfs_volume *vol, uint64_t need, uint64_t from, uint64_t to,
			   extent_taker take, struct famfs_fmap *fmap)
{
	for (;;) {
		struct unit_run run = allocator_find(&vol->alloc, need, from, to), held;
		int ret;

		if (run.length == 0)
			return -ENOSPC;
		ret = take_run(vol, run, take, fmap, &held);
		if (ret != -EAGAIN)
			return ret;
		from = held.start + held.length;
	}
}

/* Adds `run` to the list of the longest runs. If the list is full, a longer run replaces the
 * shortest. */
static void keep_longest(struct unit_run runs[FAMFS_MAX_EXTENTS], uint32_t *count,
			 struct unit_run run)
{
	uint32_t shortest = 0;

	if (*count < FAMFS_MAX_EXTENTS) {
		runs[(*count)++] = run;
		return;
	}
	for (uint32_t i = 1; i < *count; i++)
		if (runs[i].length <= runs[shortest].length)
			shortest = i;
	if (runs[shortest].length < run.length) {
		memmove(&runs[shortest], &runs[shortest + 1],
			(*count - shortest - 1) * sizeof(*runs));
		runs[*count - 1] = run;
	}
}

/* The longest 16 free runs, in the order of the device. */
static uint32_t longest_runs(const struct famfs_volume *vol,
			     struct unit_run runs[FAMFS_MAX_EXTENTS])
{
	uint64_t from = 0;
	uint32_t count = 0;

	for (;;) {
		struct unit_run run = allocator_next_run(&vol->alloc, from, vol->alloc.units);

		if (run.length == 0)
			return count;
		keep_longest(runs, &count, run);
		from = run.start + run.length;
	}
}

/* Runs that other processes hold. They are held here as well, so that the search skips them. */
struct avoided {
	struct unit_run runs[64];
	uint32_t count;
};

static void avoid(struct famfs_volume *vol, struct avoided *avoided, struct unit_run run)
{
	allocator_hold(&vol->alloc, run.start, run.length);
	avoided->runs[avoided->count++] = run;
}

static void stop_avoiding(struct famfs_volume *vol, const struct avoided *avoided)
{
	for (uint32_t i = 0; i < avoided->count; i++)
		allocator_release(&vol->alloc, avoided->runs[i].start, avoided->runs[i].length);
}

/* Tries the longest runs once. Returns -EAGAIN after adding one of them to `avoided`. */
static int try_pieces(struct famfs_volume *vol, uint64_t need, extent_taker take,
		      struct famfs_fmap *fmap, struct avoided *avoided, uint64_t *found)
{
	struct unit_run runs[FAMFS_MAX_EXTENTS];
	uint32_t count = longest_runs(vol, runs);
	int ret = 0;

	*found = 0;
	for (uint32_t i = 0; i < count; i++)
		*found += runs[i].length;
	if (*found < need)
		return -ENOSPC;
	for (uint32_t i = 0; ret == 0 && need; i++) {
		struct unit_run held;

		if (runs[i].length > need)
			runs[i].length = need;
		ret = take_run(vol, runs[i], take, fmap, &held);
		if (ret == -EAGAIN)
			avoid(vol, avoided, held);
		need -= runs[i].length;
	}
	return ret;
}

/* Takes as few pieces as possible, if no free run is long enough. */
static int take_pieces(struct famfs_volume *vol, uint64_t need, extent_taker take,
		       struct famfs_fmap *fmap, uint64_t *found)
{
	struct avoided avoided = { .count = 0 };
	int ret;

	do {
		extents_release(vol, fmap);
		fmap->nextents = 0;
		ret = try_pieces(vol, need, take, fmap, &avoided, found);
	} while (ret == -EAGAIN && avoided.count < sizeof(avoided.runs) / sizeof(avoided.runs[0]));
	stop_avoiding(vol, &avoided);
	return ret;
}

static int place_simple(struct famfs_volume *vol, uint64_t need, extent_taker take,
			struct famfs_fmap *fmap, struct famfs_error *err)
{
	uint64_t found = 0, free = vol->alloc.free;
	int ret;

	fmap->type = FAMFS_FMAP_SIMPLE;
	ret = take_contiguous(vol, need, 0, vol->alloc.units, take, fmap);
	if (ret == -ENOSPC && need > 1)
		ret = take_pieces(vol, need, take, fmap, &found);
	if (ret == 0)
		return 0;
	extents_release(vol, fmap);
	if (ret == -EAGAIN)
		return error_set(err, -ENOSPC,
				 "need %" PRIu64 " MiB, and others are filling what is free",
				 mib(need));
	if (ret != -ENOSPC)
		return error_errno(err, ret, "cannot reserve space on '%s'", vol->dev->path);
	if (free >= need)
		return error_set(err, ret,
				 "need %" PRIu64 " MiB, %" PRIu64
				 " MiB free, of which %d pieces hold %" PRIu64 " MiB",
				 mib(need), mib(free), FAMFS_MAX_EXTENTS, mib(found));
	return error_set(err, ret, "need %" PRIu64 " MiB, %" PRIu64 " MiB free", mib(need),
			 mib(free));
}

struct bucket {
	uint64_t from;
	uint64_t to;
	uint64_t free;
};

static void list_buckets(const struct famfs_volume *vol, uint32_t count, struct bucket *buckets)
{
	uint64_t units = vol->alloc.units / count;

	for (uint32_t i = 0; i < count; i++) {
		buckets[i].from = i * units;
		buckets[i].to = i + 1 == count ? vol->alloc.units : (i + 1) * units;
		buckets[i].free = allocator_count_free(&vol->alloc, buckets[i].from, buckets[i].to);
	}
}

/* Picks the bucket with the most free space, the lowest of equals, and removes it from the
 * choice. */
static struct bucket *next_bucket(struct bucket *buckets, uint32_t count)
{
	struct bucket *best = NULL;

	for (uint32_t i = 0; i < count; i++)
		if (buckets[i].free && (!best || buckets[i].free > best->free))
			best = &buckets[i];
	if (best)
		best->free = 0;
	return best;
}

static int place_interleaved(struct famfs_volume *vol, const struct layout *layout,
			     extent_taker take, struct famfs_fmap *fmap, struct famfs_error *err)
{
	struct bucket buckets[FAMFS_MAX_BUCKETS];
	uint64_t need = interleave_strip_length(layout->size, layout->nstrips, layout->chunk_size) /
			OMF_ALLOC_UNIT;
	uint32_t found;

	fmap->type = FAMFS_FMAP_INTERLEAVED;
	fmap->chunk_size = layout->chunk_size;
	list_buckets(vol, layout->nbuckets, buckets);
	while (fmap->nextents < layout->nstrips) {
		const struct bucket *bucket = next_bucket(buckets, layout->nbuckets);
		int ret;

		if (!bucket)
			break;
		ret = take_contiguous(vol, need, bucket->from, bucket->to, take, fmap);
		if (ret == 0 || ret == -ENOSPC)
			continue;
		extents_release(vol, fmap);
		return error_errno(err, ret, "cannot reserve space on '%s'", vol->dev->path);
	}
	found = fmap->nextents;
	if (found == layout->nstrips)
		return 0;
	extents_release(vol, fmap);
	return error_set(err, -ENOSPC,
			 "need %" PRIu64 " MiB in a piece in each of %u buckets, %u of %u have it",
			 mib(need), layout->nstrips, found, layout->nbuckets);
}

int layout_place(struct famfs_volume *vol, const struct layout *layout, extent_taker take,
		 struct famfs_fmap *fmap, struct famfs_error *err)
{
	memset(fmap, 0, offsetof(struct famfs_fmap, extents));
	fmap->size = layout->size;
	/* Checked first, so that later products of the size cannot overflow. */
	if (layout->size > vol->usable)
		return error_set(err, -ENOSPC, "need %" PRIu64 " MiB, %" PRIu64 " MiB free",
				 layout->size >> 20, mib(vol->alloc.free));
	/* Like the reference, does not stripe a file that is smaller than a chunk. */
	if (layout->nstrips && layout->size >= layout->chunk_size)
		return place_interleaved(vol, layout, take, fmap, err);
	return place_simple(vol, omf_round_up(layout->size) / OMF_ALLOC_UNIT, take, fmap, err);
}
