/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From file offsets to device offsets, against a model that places one allocation unit after the
 * other as the format describes it.
 */
#include "support.h"

#include "fs/extents.h"
#include "media/record.h"

#include <string.h>

#define UNITS_MAX 400
#define NOWHERE   UINT64_MAX

/* The place of each unit of the file: device, and device offset. With strips of unequal length some
 * units have no place, but all units before `count` have one. */
struct model {
	uint64_t count;
	uint64_t daxdev[UNITS_MAX];
	uint64_t offset[UNITS_MAX];
};

static void model_simple(const struct famfs_fmap *fmap, struct model *m)
{
	m->count = 0;
	for (uint32_t i = 0; i < fmap->nextents; i++)
		for (uint64_t at = 0; at < fmap->extents[i].length; at += AU) {
			m->daxdev[m->count] = fmap->extents[i].daxdev;
			m->offset[m->count++] = fmap->extents[i].offset + at;
		}
}

/* chunk = off / C; strip = chunk % N; stripe = chunk / N; strip offset = stripe * C + off % C. */
static void model_interleaved(const struct famfs_fmap *fmap, struct model *m)
{
	m->count = UNITS_MAX;
	for (uint64_t unit = 0; unit < UNITS_MAX; unit++) {
		uint64_t off = unit * AU, chunk = off / fmap->chunk_size;
		const struct famfs_extent *strip = &fmap->extents[chunk % fmap->nextents];
		uint64_t in = chunk / fmap->nextents * fmap->chunk_size + off % fmap->chunk_size;

		m->daxdev[unit] = strip->daxdev;
		m->offset[unit] = in < strip->length ? strip->offset + in : NOWHERE;
		if (in >= strip->length && m->count == UNITS_MAX)
			m->count = unit;
	}
}

static void random_map(struct rng *rng, struct famfs_fmap *fmap, struct model *m)
{
	memset(fmap, 0, sizeof(*fmap));
	fmap->type = rng_below(rng, 2) ? FAMFS_FMAP_INTERLEAVED : FAMFS_FMAP_SIMPLE;
	memset(m->offset, 0xff, sizeof(m->offset));
	fmap->nextents = (uint32_t)(1 + rng_below(rng, 16));
	for (uint32_t i = 0; i < fmap->nextents; i++)
		fmap->extents[i] =
			(struct famfs_extent){ rng_below(rng, 3), rng_below(rng, 1 << 20) * AU,
					       (1 + rng_below(rng, 16)) * AU };
	if (fmap->type == FAMFS_FMAP_SIMPLE) {
		model_simple(fmap, m);
		return;
	}
	fmap->chunk_size = AU << rng_below(rng, 4);
	model_interleaved(fmap, m);
}

/* The piece begins where the model says, and so does each unit that it covers. */
static void check_piece(const struct famfs_fmap *fmap, const struct model *m, uint64_t offset,
			uint64_t length)
{
	struct piece piece = fmap_piece(fmap, offset, length);
	uint64_t unit = offset / AU, end;

	if (unit >= UNITS_MAX || m->offset[unit] == NOWHERE) {
		assert_true(piece.length == 0);
		return;
	}
	assert_true(piece.length > 0 && piece.length <= length);
	assert_true(piece.daxdev == m->daxdev[unit]);
	assert_true(piece.offset == m->offset[unit] + offset % AU);
	end = (offset + piece.length - 1) / AU;
	assert_true(end < UNITS_MAX);
	for (uint64_t i = unit + 1; i <= end; i++) {
		assert_true(m->daxdev[i] == piece.daxdev);
		assert_true(m->offset[i] == m->offset[unit] + (i - unit) * AU);
	}
}

static void random_maps(void **state)
{
	static struct model m;
	struct rng rng = { 17 };

	(void)state;
	for (int i = 0; i < 600; i++) {
		struct famfs_fmap fmap;

		random_map(&rng, &fmap, &m);
		for (uint64_t unit = 0; unit < UNITS_MAX - 1; unit++) {
			check_piece(&fmap, &m, unit * AU, 1 + rng_below(&rng, 8 * AU));
			check_piece(&fmap, &m, unit * AU + AU - 1, 1 + rng_below(&rng, 8 * AU));
			check_piece(&fmap, &m, unit * AU + rng_below(&rng, AU), UINT64_MAX);
		}
	}
}

/* The pieces cover the whole capacity, and no byte twice. */
static void walks(void **state)
{
	static struct model m;
	struct rng rng = { 19 };

	(void)state;
	for (int i = 0; i < 300; i++) {
		struct famfs_fmap fmap;
		uint64_t capacity, at = 0;

		random_map(&rng, &fmap, &m);
		capacity = fmap_capacity(&fmap);
		assert_true(capacity <= m.count * AU);
		while (at < capacity) {
			struct piece piece = fmap_piece(&fmap, at, capacity - at);

			assert_true(piece.length > 0);
			at += piece.length;
		}
		assert_true(at == capacity);
	}
}

static void chunk_borders(void **state)
{
	const struct famfs_fmap fmap = { .type = FAMFS_FMAP_INTERLEAVED,
					 .nextents = 2,
					 .chunk_size = 2 * AU,
					 .size = 7 * AU,
					 .extents = { { 0, 100 * AU, 4 * AU },
						      { 0, 200 * AU, 4 * AU } } };
	struct piece piece = fmap_piece(&fmap, 2 * AU - 1, 10);

	(void)state;
	assert_true(piece.offset == 102 * AU - 1 && piece.length == 1);
	piece = fmap_piece(&fmap, 2 * AU, UINT64_MAX);
	assert_true(piece.offset == 200 * AU && piece.length == 2 * AU);
	piece = fmap_piece(&fmap, 4 * AU, UINT64_MAX);
	assert_true(piece.offset == 102 * AU && piece.length == 2 * AU);
	piece = fmap_piece(&fmap, 8 * AU, 1);
	assert_true(piece.length == 0);
	assert_true(fmap_capacity(&fmap) == 8 * AU);
}

static void extent_borders(void **state)
{
	const struct famfs_fmap fmap = {
		.type = FAMFS_FMAP_SIMPLE,
		.nextents = 3,
		.size = 5 * AU + 1,
		.extents = { { 0, 50 * AU, AU }, { 1, 10 * AU, 4 * AU }, { 0, 51 * AU, AU } }
	};
	struct piece piece = fmap_piece(&fmap, AU - 1, 2);

	(void)state;
	assert_true(piece.daxdev == 0 && piece.offset == 51 * AU - 1 && piece.length == 1);
	piece = fmap_piece(&fmap, AU, UINT64_MAX);
	assert_true(piece.daxdev == 1 && piece.offset == 10 * AU && piece.length == 4 * AU);
	/* The slack after the end is there as well. */
	piece = fmap_piece(&fmap, 5 * AU + 1, UINT64_MAX);
	assert_true(piece.daxdev == 0 && piece.offset == 51 * AU + 1 && piece.length == AU - 1);
	assert_true(fmap_piece(&fmap, 6 * AU, 1).length == 0);
	assert_true(fmap_piece(&fmap, UINT64_MAX, 1).length == 0);
}

/* Strips of unequal length hold whole stripes, as far as the shortest strip goes. */
static void capacities(void **state)
{
	struct famfs_fmap fmap = { .type = FAMFS_FMAP_INTERLEAVED,
				   .nextents = 3,
				   .chunk_size = 2 * AU,
				   .extents = {
					   { 0, 0, 6 * AU }, { 0, 0, 5 * AU }, { 0, 0, 9 * AU } } };

	(void)state;
	assert_true(fmap_capacity(&fmap) == 3 * 4 * AU);
	assert_true(fmap_allocated(&fmap) == 20 * AU);
	fmap.type = FAMFS_FMAP_SIMPLE;
	fmap.chunk_size = 0;
	assert_true(fmap_capacity(&fmap) == 20 * AU);
	assert_true(fmap_allocated(&fmap) == 20 * AU);
}

/* A record that passes the check has a map for every byte of the file. */
static void accepted_maps_suffice(void **state)
{
	static struct model m;
	const uint64_t sizes[] = { UINT64_C(1) << 50, UINT64_C(1) << 50, UINT64_C(1) << 50 };
	const struct record_limits limits = { .ndaxdevs = 3, .daxdev_sizes = sizes };
	struct rng rng = { 23 };
	int accepted = 0;

	(void)state;
	for (int i = 0; i < 4000; i++) {
		struct record rec = { .type = OMF_FILE, .path = "f", .path_length = 1 }, read;
		struct omf_entry raw;

		random_map(&rng, &rec.fmap, &m);
		rec.fmap.size = 1 + rng_below(&rng, fmap_allocated(&rec.fmap) + AU);
		record_encode(&raw, &rec, 0);
		if (record_decode(&raw, 0, &limits, &read, NULL) != FAMFS_FAULT_NONE)
			continue;
		accepted++;
		assert_true(rec.fmap.size <= m.count * AU);
		assert_true(rec.fmap.size <= fmap_capacity(&rec.fmap));
	}
	assert_true(accepted > 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("each byte of a random map lies where the format says", random_maps),
		TEST("the pieces of a map cover its capacity", walks),
		TEST("a piece of an interleaved file ends at the chunk's border", chunk_borders),
		TEST("a piece of a simple file ends at the extent's border", extent_borders),
		TEST("the shortest of unequal strips limits the capacity", capacities),
		TEST("an accepted map has room for the whole file", accepted_maps_suffice),
	};

	return run_group(tests);
}
