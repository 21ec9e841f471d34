/* SPDX-License-Identifier: Apache-2.0 */
/* The place of new files, on a volume that has only an allocator. */
#include "support.h"

#include "fs/stripe.h"

#include <errno.h>
#include <string.h>

/* Units that other processes hold, and the call at which taking a unit fails. */
static struct famfs_extent foreign;
static int fail_after, fail_code;

static int take(struct famfs_volume *vol, const struct famfs_extent *ext, struct held_range *held)
{
	if (fail_code && fail_after-- == 0)
		return fail_code;
	if (ext->offset < foreign.offset + foreign.length &&
	    foreign.offset < ext->offset + ext->length) {
		*held = (struct held_range){ foreign.offset, foreign.offset + foreign.length };
		return -EAGAIN;
	}
	allocator_hold(&vol->alloc, ext->offset / AU, ext->length / AU);
	return 0;
}

/* Locks nothing. */
static const struct device_ops no_operations = { .kind = "nothing" };
static struct device nowhere = {
	.ops = &no_operations,
	.path = (char *)(uintptr_t) "nowhere",
	.fd = -1,
};

static void start(struct famfs_volume *vol, uint64_t size)
{
	memset(vol, 0, sizeof(*vol));
	memset(&foreign, 0, sizeof(foreign));
	fail_code = 0;
	vol->dev = &nowhere;
	vol->usable = size;
	assert_int_equal(allocator_init(&vol->alloc, size / AU, 5), 0);
}

static void end(struct famfs_volume *vol)
{
	allocator_destroy(&vol->alloc);
}

static int place(struct famfs_volume *vol, struct layout layout, struct famfs_fmap *fmap,
		 struct famfs_error *err)
{
	int ret = layout_check(vol, &layout, err);

	return ret ? ret : layout_place(vol, &layout, take, fmap, err);
}

/* A failure leaves everything as it was. */
static void assert_refused(struct famfs_volume *vol, struct layout layout, int code,
			   const char *text)
{
	uint64_t free = vol->alloc.free;
	struct famfs_fmap fmap;
	struct famfs_error err;

	assert_error(place(vol, layout, &fmap, &err), code, &err, text);
	assert_true(vol->alloc.free == free);
	assert_true(allocator_count_free(&vol->alloc, 0, vol->alloc.units) == free);
}

static void bad_layouts(void **state)
{
	struct famfs_volume vol;

	(void)state;
	start(&vol, 4 * GIB);
	assert_refused(&vol, (struct layout){ 0, 0, 0, 0 }, -EINVAL, "empty");
	assert_refused(&vol, (struct layout){ 1, 0, 4, 0 }, -EINVAL, "number of strips");
	assert_refused(&vol, (struct layout){ 1, 0, 0, AU }, -EINVAL, "number of strips");
	assert_refused(&vol, (struct layout){ 1, 17, 20, AU }, -EINVAL, "limit is 16");
	assert_refused(&vol, (struct layout){ 1, 3, 2, AU }, -EINVAL, "3 to 64 buckets, not 2");
	assert_refused(&vol, (struct layout){ 1, 3, 65, AU }, -EINVAL, "not 65");
	assert_refused(&vol, (struct layout){ 1, 2, 4, 0 }, -EINVAL, "power of two");
	assert_refused(&vol, (struct layout){ 1, 2, 4, AU / 2 }, -EINVAL, "power of two");
	assert_refused(&vol, (struct layout){ 1, 2, 4, 3 * AU }, -EINVAL, "power of two");
	assert_refused(&vol, (struct layout){ 1, 2, 5, AU }, -EINVAL,
		       "have 819 MiB each, at least 1024 MiB");
	end(&vol);
}

static void too_large(void **state)
{
	static const uint64_t sizes[] = { 4 * GIB + 1,     UINT64_C(1) << 40, UINT64_C(1) << 63,
					  UINT64_MAX - AU, UINT64_MAX - 1,    UINT64_MAX };
	struct famfs_volume vol;

	(void)state;
	start(&vol, 4 * GIB);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		assert_refused(&vol, (struct layout){ sizes[i], 0, 0, 0 }, -ENOSPC, "4086 MiB");
		for (uint64_t chunk = AU; chunk; chunk <<= 1)
			for (uint32_t n = 1; n <= 4; n++)
				assert_refused(&vol, (struct layout){ sizes[i], n, 4, chunk },
					       -ENOSPC, "need ");
	}
	end(&vol);
}

static void short_is_simple(void **state)
{
	struct famfs_volume vol;
	struct famfs_fmap fmap;
	struct famfs_error err;

	(void)state;
	start(&vol, 4 * GIB);
	assert_ok(place(&vol, (struct layout){ 4 * AU - 1, 4, 4, 4 * AU }, &fmap, &err), &err);
	assert_int_equal(fmap.type, FAMFS_FMAP_SIMPLE);
	assert_int_equal(fmap.nextents, 1);
	assert_true(fmap.chunk_size == 0 && fmap.size == 4 * AU - 1);
	assert_true(fmap.extents[0].offset == 5 * AU && fmap.extents[0].length == 4 * AU);
	assert_ok(place(&vol, (struct layout){ 4 * AU, 4, 4, 4 * AU }, &fmap, &err), &err);
	assert_int_equal(fmap.type, FAMFS_FMAP_INTERLEAVED);
	assert_int_equal(fmap.nextents, 4);
	end(&vol);
}

/* Each strip lies in a bucket of its own, in whole stripes. */
static void check_spread(const struct famfs_volume *vol, const struct layout *layout,
			 const struct famfs_fmap *fmap)
{
	uint64_t bucket = vol->alloc.units / layout->nbuckets * AU, seen = 0;
	uint64_t length =
		interleave_strip_length(layout->size, layout->nstrips, layout->chunk_size);

	assert_int_equal(fmap->type, FAMFS_FMAP_INTERLEAVED);
	assert_int_equal(fmap->nextents, layout->nstrips);
	assert_true(fmap->chunk_size == layout->chunk_size && fmap->size == layout->size);
	for (uint32_t i = 0; i < fmap->nextents; i++) {
		const struct famfs_extent *ext = &fmap->extents[i];
		uint64_t number = ext->offset / bucket;

		if (number >= layout->nbuckets)
			number = layout->nbuckets - 1;
		assert_false(seen & UINT64_C(1) << number);
		seen |= UINT64_C(1) << number;
		assert_true(ext->length == length && ext->offset >= 5 * AU);
		if (number + 1 < layout->nbuckets)
			assert_true(ext->offset + length <= (number + 1) * bucket);
		assert_true(ext->offset + length <= vol->usable);
	}
}

static void spread(void **state)
{
	struct rng rng = { 31 };

	(void)state;
	for (int i = 0; i < 200; i++) {
		struct famfs_volume vol;
		uint64_t size = 8 * GIB + rng_below(&rng, 8 * 512) * AU;
		struct famfs_error err;

		start(&vol, size);
		for (int k = 0; k < 5; k++) {
			uint32_t buckets = (uint32_t)(1 + rng_below(&rng, 8));
			struct layout layout = { .size = 64 * MIB + rng_below(&rng, 64 * MIB),
						 .nstrips =
							 (uint32_t)(1 + rng_below(&rng, buckets)),
						 .nbuckets = buckets,
						 .chunk_size = AU << rng_below(&rng, 4) };
			struct famfs_fmap fmap;

			assert_ok(place(&vol, layout, &fmap, &err), &err);
			check_spread(&vol, &layout, &fmap);
		}
		end(&vol);
	}
}

static void deterministic(void **state)
{
	const struct layout layout = { 100 * MIB, 3, 7, 4 * AU };
	struct famfs_fmap first[20];
	struct famfs_error err;

	(void)state;
	for (int run = 0; run < 2; run++) {
		struct famfs_volume vol;

		start(&vol, 8 * GIB);
		for (size_t i = 0; i < ARRAY_SIZE(first); i++) {
			struct famfs_fmap fmap;

			assert_ok(place(&vol, layout, &fmap, &err), &err);
			if (run == 0)
				first[i] = fmap;
			assert_memory_equal(fmap.extents, first[i].extents,
					    fmap.nextents * sizeof(fmap.extents[0]));
		}
		end(&vol);
	}
}

/* Seventy files of three strips into seven buckets: ten times three each. */
static void even(void **state)
{
	const struct layout layout = { 24 * MIB, 3, 7, 2 * AU };
	uint64_t strips[7] = { 0 }, bucket;
	struct famfs_volume vol;
	struct famfs_error err;

	(void)state;
	start(&vol, 14 * GIB);
	bucket = vol.alloc.units / 7 * AU;
	for (int i = 0; i < 70; i++) {
		struct famfs_fmap fmap;

		assert_ok(place(&vol, layout, &fmap, &err), &err);
		for (uint32_t k = 0; k < fmap.nextents; k++)
			strips[fmap.extents[k].offset / bucket]++;
	}
	for (size_t i = 0; i < ARRAY_SIZE(strips); i++)
		assert_true(strips[i] >= 28 && strips[i] <= 31);
	end(&vol);
}

/* Leaves only every second unit of [from, to) free, and none elsewhere. */
static void fragment(struct famfs_volume *vol, uint64_t from, uint64_t to)
{
	allocator_use(&vol->alloc, 0, from);
	for (uint64_t unit = from; unit < to; unit += 2)
		allocator_use(&vol->alloc, unit, 1);
	allocator_use(&vol->alloc, to, vol->alloc.units - to);
}

static void fragments(void **state)
{
	struct famfs_volume vol;
	struct famfs_fmap fmap;
	struct famfs_error err;

	(void)state;
	start(&vol, GIB);
	fragment(&vol, 100, 140);
	assert_refused(&vol, (struct layout){ 16 * AU + 1, 0, 0, 0 }, -ENOSPC,
		       "need 34 MiB, 40 MiB free, of which 16 pieces hold 32 MiB");
	assert_ok(place(&vol, (struct layout){ 16 * AU, 0, 0, 0 }, &fmap, &err), &err);
	assert_int_equal(fmap.nextents, 16);
	for (uint32_t i = 1; i < 16; i++)
		assert_true(fmap.extents[i].offset > fmap.extents[i - 1].offset);
	assert_true(vol.alloc.free == 4);
	assert_refused(&vol, (struct layout){ 5 * AU, 0, 0, 0 }, -ENOSPC,
		       "need 10 MiB, 8 MiB free");
	end(&vol);
}

/* Twenty holes of one unit and four of ten: the long holes are used first. */
static void few_pieces(void **state)
{
	struct famfs_volume vol;
	struct famfs_fmap fmap;
	struct famfs_error err;
	int ones = 0;

	(void)state;
	start(&vol, GIB);
	allocator_use(&vol.alloc, 0, 200);
	for (uint64_t unit = 200; unit < 240; unit += 2)
		allocator_use(&vol.alloc, unit, 1);
	for (uint64_t unit = 240; unit < 284; unit += 11)
		allocator_use(&vol.alloc, unit, 1);
	allocator_use(&vol.alloc, 284, vol.alloc.units - 284);
	assert_true(vol.alloc.free == 60);
	assert_ok(place(&vol, (struct layout){ 52 * AU, 0, 0, 0 }, &fmap, &err), &err);
	for (uint32_t i = 0; i < fmap.nextents; i++)
		ones += fmap.extents[i].length == AU;
	assert_int_equal(fmap.nextents, 16);
	assert_int_equal(ones, 12);
	end(&vol);
}

static void around_others(void **state)
{
	struct famfs_volume vol;
	struct famfs_fmap fmap;
	struct famfs_error err;

	(void)state;
	start(&vol, 64 * MIB);
	foreign = (struct famfs_extent){ 0, 6 * AU, 4 * AU };
	assert_ok(place(&vol, (struct layout){ 2 * AU, 0, 0, 0 }, &fmap, &err), &err);
	assert_true(fmap.extents[0].offset == 10 * AU);
	assert_ok(place(&vol, (struct layout){ AU, 0, 0, 0 }, &fmap, &err), &err);
	assert_true(fmap.extents[0].offset == 5 * AU);
	/* Twenty units are left, all after those that the other process holds. */
	assert_ok(place(&vol, (struct layout){ 20 * AU, 0, 0, 0 }, &fmap, &err), &err);
	assert_int_equal(fmap.nextents, 1);
	assert_refused(&vol, (struct layout){ 2 * AU, 0, 0, 0 }, -ENOSPC, "need 4 MiB");
	end(&vol);
}

/* Free space on both sides of another process's range is used in pieces. */
static void pieces_around_others(void **state)
{
	struct famfs_volume vol;
	struct famfs_fmap fmap;
	struct famfs_error err;
	uint64_t total = 0;

	(void)state;
	start(&vol, 64 * MIB);
	foreign = (struct famfs_extent){ 0, 15 * AU, 2 * AU };
	assert_ok(place(&vol, (struct layout){ 20 * AU, 0, 0, 0 }, &fmap, &err), &err);
	for (uint32_t i = 0; i < fmap.nextents; i++) {
		assert_true(fmap.extents[i].offset + fmap.extents[i].length <= 15 * AU ||
			    fmap.extents[i].offset >= 17 * AU);
		total += fmap.extents[i].length;
	}
	assert_true(total == 20 * AU);
	end(&vol);
}

static void all_of_it_held(void **state)
{
	struct famfs_volume vol;

	(void)state;
	start(&vol, 8 * GIB);
	/* This is how a lock to the end of the file ends. */
	foreign = (struct famfs_extent){ 0, 0, UINT64_MAX };
	assert_refused(&vol, (struct layout){ AU, 0, 0, 0 }, -ENOSPC, "need 2 MiB");
	assert_refused(&vol, (struct layout){ 8 * AU, 0, 0, 0 }, -ENOSPC, "need 16 MiB");
	assert_refused(&vol, (struct layout){ 8 * AU, 2, 4, AU }, -ENOSPC, "0 of 4 have it");
	end(&vol);
}

static void failures(void **state)
{
	struct famfs_volume vol;

	(void)state;
	for (int after = 0; after < 16; after++) {
		start(&vol, GIB);
		fragment(&vol, 100, 140);
		fail_code = -EIO;
		fail_after = after;
		assert_refused(&vol, (struct layout){ 16 * AU, 0, 0, 0 }, -EIO, "cannot reserve");
		end(&vol);
	}
	for (int after = 0; after < 4; after++) {
		start(&vol, 4 * GIB);
		fail_code = -EIO;
		fail_after = after;
		assert_refused(&vol, (struct layout){ 16 * AU, 4, 4, AU }, -EIO, "cannot reserve");
		end(&vol);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("layouts that exceed the format or the device are refused with numbers",
		     bad_layouts),
		TEST("sizes beyond the device are refused, up to the largest number", too_large),
		TEST("a file shorter than a chunk is simple", short_is_simple),
		TEST("strips lie in buckets of their own, in whole stripes", spread),
		TEST("the same history gives the same layout", deterministic),
		TEST("files fill the buckets evenly", even),
		TEST("free space in fragments is used, up to 16 of them", fragments),
		TEST("a file uses as few fragments as possible", few_pieces),
		TEST("reservations of other processes are avoided", around_others),
		TEST("fragments on both sides of a reservation are used", pieces_around_others),
		TEST("a device that is reserved completely is full", all_of_it_held),
		TEST("a failure after any number of extents leaves none allocated", failures),
	};

	return run_group(tests);
}
