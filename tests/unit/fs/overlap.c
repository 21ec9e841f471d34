/* SPDX-License-Identifier: Apache-2.0 */
/* Files that share space, against a model that counts the files of each unit. */
#include "support.h"

#include "fs/overlap.h"
#include "fs/volume.h"

#include <string.h>

#define UNITS     700
#define MAX_FILES 24

struct model {
	unsigned int nfiles;
	struct famfs_fmap maps[MAX_FILES];
	unsigned int count[UNITS]; /* number of extents that have the unit */
};

static bool model_shares(const struct model *model, const struct famfs_fmap *fmap)
{
	for (uint32_t i = 0; i < fmap->nextents; i++)
		for (uint64_t unit = fmap->extents[i].offset / AU;
		     unit < (fmap->extents[i].offset + fmap->extents[i].length) / AU; unit++)
			if (fmap->extents[i].daxdev == 0 && model->count[unit] > 1)
				return true;
	return false;
}

static void random_map(struct rng *rng, struct famfs_fmap *fmap)
{
	memset(fmap, 0, sizeof(*fmap));
	fmap->nextents = 1 + (uint32_t)rng_below(rng, 4);
	for (uint32_t i = 0; i < fmap->nextents; i++) {
		uint64_t start = rng_below(rng, UNITS), most = UNITS - start;

		fmap->extents[i].daxdev = rng_below(rng, 8) == 0;
		fmap->extents[i].offset = start * AU;
		fmap->extents[i].length = (1 + rng_below(rng, most < 90 ? most : 90)) * AU;
	}
}

static void count_units(struct model *model, const struct famfs_fmap *fmap)
{
	for (uint32_t i = 0; i < fmap->nextents; i++)
		for (uint64_t unit = fmap->extents[i].offset / AU;
		     unit < (fmap->extents[i].offset + fmap->extents[i].length) / AU; unit++)
			model->count[unit] += fmap->extents[i].daxdev == 0;
}

static void against_a_model(void **state)
{
	struct namespace ns = { .capacity = 0 };
	struct rng rng = { .state = 8 };
	unsigned int shared = 0, alone = 0;

	(void)state;
	for (int round = 0; round < 200; round++) {
		struct model model = { 0 };
		struct overlap overlap = { 0 };

		assert_int_equal(overlap_begin(&overlap, UNITS, &ns), 0);
		while (model.nfiles < 2 + (unsigned int)round % (MAX_FILES - 2)) {
			struct famfs_fmap *fmap = &model.maps[model.nfiles++];

			random_map(&rng, fmap);
			count_units(&model, fmap);
			overlap_add(&overlap, fmap);
			for (unsigned int i = 0; i < model.nfiles; i++) {
				bool expected = model_shares(&model, &model.maps[i]);

				assert_int_equal(overlap_found(&overlap, &model.maps[i]), expected);
				shared += expected;
				alone += !expected;
			}
		}
		overlap_destroy(&overlap);
	}
	assert_true(shared > 1000 && alone > 1000);
}

/* ---- of a log ---- */

static void put_file(uint64_t index, const char *path, const uint64_t *units, uint32_t count)
{
	struct record rec = { .type = OMF_FILE, .mode = 0644 };
	struct omf_entry raw;

	record_set_path(&rec, path);
	rec.fmap.type = FAMFS_FMAP_SIMPLE;
	rec.fmap.nextents = count;
	rec.fmap.size = count * AU;
	for (uint32_t i = 0; i < count; i++)
		rec.fmap.extents[i] = (struct famfs_extent){ 0, units[i] * AU, AU };
	record_encode(&raw, &rec, index);
	entry_put(index, &raw);
	counters_put(index + 1, index + 1);
}

static bool shares(struct famfs_volume *vol, const char *path)
{
	struct famfs_fmap fmap;
	struct famfs_error err;

	assert_ok(famfs_fmap(vol, path, &fmap, &err), &err);
	return overlap_found(&vol->overlap, &fmap);
}

/* Entries that are applied by catching up count like earlier ones. */
static void of_a_log(void **state)
{
	struct famfs_volume *vol;
	struct famfs_error err;

	(void)state;
	make_image(64 * MIB);
	put_file(0, "a", (const uint64_t[]){ 10, 11 }, 2);
	put_file(1, "b", (const uint64_t[]){ 12 }, 1);
	vol = open_volume(false);
	/* A medium without overlaps costs no memory. */
	assert_false(overlap_begun(&vol->overlap));
	assert_false(shares(vol, "a"));
	put_file(2, "c", (const uint64_t[]){ 13, 11 }, 2);
	assert_ok(famfs_catch_up(vol, &err), &err);
	assert_true(shares(vol, "a"));
	assert_false(shares(vol, "b"));
	assert_true(shares(vol, "c"));
	/* The new one has a unit of c that a does not have. */
	put_file(3, "d", (const uint64_t[]){ 13 }, 1);
	put_file(4, "e", (const uint64_t[]){ 14 }, 1);
	assert_ok(famfs_catch_up(vol, &err), &err);
	assert_true(shares(vol, "d"));
	assert_false(shares(vol, "e"));
	/* And one of e, which was added when overlaps were known. */
	put_file(5, "f", (const uint64_t[]){ 14 }, 1);
	assert_ok(famfs_catch_up(vol, &err), &err);
	assert_true(shares(vol, "e"));
	famfs_close(vol);
}

static void of_one_file(void **state)
{
	struct famfs_volume *vol;

	(void)state;
	make_image(64 * MIB);
	put_file(0, "twice", (const uint64_t[]){ 10, 11, 10 }, 3);
	put_file(1, "b", (const uint64_t[]){ 12 }, 1);
	vol = open_volume(false);
	assert_true(shares(vol, "twice"));
	assert_false(shares(vol, "b"));
	famfs_close(vol);
}

/* A file that loses its name to an earlier one cannot be opened, and does no harm. */
static void of_a_hidden_file(void **state)
{
	struct famfs_volume *vol;
	struct famfs_error err;

	(void)state;
	make_image(64 * MIB);
	put_file(0, "a", (const uint64_t[]){ 10 }, 1);
	put_file(1, "a", (const uint64_t[]){ 10, 11 }, 2);
	put_file(2, "a/b", (const uint64_t[]){ 10 }, 1);
	put_file(3, "c", (const uint64_t[]){ 11 }, 1);
	vol = open_volume(false);
	assert_false(shares(vol, "a"));
	assert_false(shares(vol, "c"));
	/* A file in .meta cannot be opened either. */
	put_file(4, ".meta/x", (const uint64_t[]){ 15 }, 1);
	put_file(5, "e", (const uint64_t[]){ 15 }, 1);
	assert_ok(famfs_catch_up(vol, &err), &err);
	assert_false(shares(vol, "e"));
	famfs_close(vol);
}

static void without_memory(void **state)
{
	struct overlap overlap = { .unknown = true };
	struct famfs_fmap fmap = { .nextents = 0 };

	(void)state;
	overlap_add(&overlap, &fmap);
	assert_true(overlap_begun(&overlap));
	assert_true(overlap_found(&overlap, &fmap));
}

static void partners(void **state)
{
	struct famfs_volume *vol;
	struct famfs_fmap fmap;
	uint64_t budget = 100;

	(void)state;
	make_image(64 * MIB);
	put_file(0, "a", (const uint64_t[]){ 10, 11 }, 2);
	put_file(1, "b", (const uint64_t[]){ 12, 12 }, 2);
	put_file(2, "c", (const uint64_t[]){ 11 }, 1);
	vol = open_volume(false);
	node_fmap(vol->ns, 2, &fmap);
	assert_int_equal(overlap_partner(vol->ns, 2, &fmap, &budget), 4);
	node_fmap(vol->ns, 4, &fmap);
	assert_int_equal(overlap_partner(vol->ns, 4, &fmap, &budget), 2);
	node_fmap(vol->ns, 3, &fmap);
	budget = vol->ns->capacity;
	assert_int_equal(overlap_partner(vol->ns, 3, &fmap, &budget), 3);
	assert_int_equal(budget, 0);
	node_fmap(vol->ns, 4, &fmap);
	assert_int_equal(overlap_partner(vol->ns, 4, &fmap, &budget), NODE_NONE);
	famfs_close(vol);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("overlaps agree with a model", against_a_model),
		TEST("both files of an overlap are found, in either order", of_a_log),
		TEST("a file overlaps itself", of_one_file),
		TEST("a file without a name shares no space", of_a_hidden_file),
		TEST("every file counts as sharing if memory runs out", without_memory),
		TEST("the other file of an overlap is named, within a budget", partners),
	};

	return run_group(tests);
}
