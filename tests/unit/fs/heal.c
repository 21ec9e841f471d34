/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries that are torn when they are published and become whole later, in any order, among other
 * entries that depend on them: after each catch-up the volume equals a newly opened one.
 */
#include "memdev.h"

#include "fs/append.h"
#include "fs/file.h"
#include "fs/heal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES 24
#define UNITS   20 /* units of data; few, so that files overlap */
#define DATA    (OMF_LOG_OFFSET + OMF_LOG_LENGTH_MIN)

struct scene {
	struct memory *mem;
	struct rng rng;
	struct omf_entry meant[ENTRIES]; /* the entries when they are complete */
	uint64_t published;
	uint64_t torn; /* one bit for each entry */
	struct famfs_volume *vol;
};

/* Few names, so that files and directories take each other's names. */
static void choose_path(struct rng *rng, char path[16])
{
	static const char *const paths[] = { "a",     "b",   "a/b",   "a/c", "b/a",
					     "a/b/c", "c/d", "c/d/e", "c",   "e/f/g" };

	strcpy(path, paths[rng_below(rng, ARRAY_SIZE(paths))]);
}

static void choose_extents(struct rng *rng, struct famfs_fmap *fmap)
{
	fmap->nextents = 1 + (uint32_t)rng_below(rng, 2);
	for (uint32_t i = 0; i < fmap->nextents; i++)
		fmap->extents[i] = (struct famfs_extent){ rng_below(rng, 8) == 0,
							  DATA + rng_below(rng, UNITS) * AU, AU };
	fmap->size = fmap->nextents * AU - rng_below(rng, AU);
}

static void choose_entry(struct rng *rng, uint64_t index, struct omf_entry *raw)
{
	struct record rec = { .mode = 0700 | (uint32_t)index % 8, .uid = (uint32_t)index };
	char path[16];

	choose_path(rng, path);
	switch (rng_below(rng, 10)) {
	case 0:
		rec.type = OMF_ADD_DAXDEV;
		rec.daxdev_index = 1;
		rec.daxdev_size = 64 * MIB;
		rec.daxdev_uuid[0] = (uint8_t)(index + 1);
		break;
	case 1: rec.type = OMF_INVALID; break;
	case 2:
	case 3:
	case 4: rec.type = OMF_MKDIR; break;
	default: rec.type = OMF_FILE; break;
	}
	if (rec.type == OMF_FILE || rec.type == OMF_INVALID)
		choose_extents(rng, &rec.fmap);
	if (rec.type == OMF_FILE || rec.type == OMF_MKDIR)
		record_set_path(&rec, path);
	record_encode(raw, &rec, index);
}

static void store(struct scene *scene, uint64_t index)
{
	struct omf_entry raw = scene->meant[index];

	if (scene->torn >> index & 1)
		memset((char *)&raw + 100, 0x77, 400);
	memory_write(scene->mem, omf_entry_offset(index), &raw, sizeof(raw));
}

static void publish(struct scene *scene, uint64_t count)
{
	const le64 counters[2] = { le64_make(count), le64_make(count) };

	for (uint64_t i = scene->published; i < count; i++)
		store(scene, i);
	scene->published = count;
	memory_write(scene->mem, OMF_LOG_OFFSET + offsetof(struct omf_log_header, next_seqnum),
		     counters, sizeof(counters));
}

static void start(struct scene *scene, uint64_t seed)
{
	struct famfs_error err;

	memset(scene, 0, sizeof(*scene));
	scene->rng.state = seed;
	scene->mem = memory_new(DATA + 2 * UNITS * AU);
	memory_format(scene->mem);
	plug_memory(scene->mem);
	scene->torn = rng_next(&scene->rng) & rng_next(&scene->rng);
	for (uint64_t i = 0; i < ENTRIES; i++)
		choose_entry(&scene->rng, i, &scene->meant[i]);
	publish(scene, 1 + rng_below(&scene->rng, ENTRIES));
	assert_ok(open_plugged(true, &scene->vol, &err), &err);
}

static void end(struct scene *scene)
{
	famfs_close(scene->vol);
	memory_free(scene->mem);
	plug(NULL, NULL);
}

/* ---- comparing --------------------------------------------------------------------------- */

struct text {
	char *at;
	size_t size;
	FILE *file;
};

static int describe_file(void *arg, const char *path, const struct famfs_stat *st)
{
	struct text *text = arg;

	/* The number of a directory without an entry depends on more than the log. */
	fprintf(text->file, "'%s' %llx %llx %o %u %llu\n", path, (unsigned long long)st->entry,
		st->entry == FAMFS_NO_ENTRY ? 0ULL : (unsigned long long)st->inode, st->mode,
		st->uid, (unsigned long long)st->size);
	return 0;
}

static void describe_maps(struct famfs_volume *vol, FILE *file)
{
	struct famfs_fmap fmap;

	for (uint64_t i = 0; i < ENTRIES; i++) {
		node_t node = node_of_entry(i);

		if (!node_exists(vol->ns, node) || node_is_dir(vol->ns, node))
			continue;
		node_fmap(vol->ns, node, &fmap);
		for (uint32_t k = 0; k < fmap.nextents; k++)
			fprintf(file, "%d: %llx %llx\n", (int)i,
				(unsigned long long)fmap.extents[k].daxdev,
				(unsigned long long)fmap.extents[k].offset);
	}
}

static void describe_space(struct famfs_volume *vol, FILE *file)
{
	const struct allocator *alloc = &vol->alloc;
	struct famfs_daxdev dev;

	for (uint64_t i = 0; i <= alloc->units / 64; i++)
		fprintf(file, "%llx %llx ", (unsigned long long)alloc->used[i],
			(unsigned long long)alloc->held[i]);
	for (uint32_t i = 0; famfs_daxdev(vol, i, &dev) == 0; i++)
		fprintf(file, "device %x %llx\n", dev.uuid[0], (unsigned long long)dev.size);
}

/* All visible facts of a volume, as text. */
static char *describe(struct famfs_volume *vol)
{
	struct text text = { NULL };
	struct famfs_error err = { 0 };
	struct famfs_info info;

	text.file = open_memstream(&text.at, &text.size);
	assert_non_null(text.file);
	famfs_walk(vol, "", true, describe_file, &text, NULL);
	describe_maps(vol, text.file);
	describe_space(vol, text.file);
	/* An append waits for entries that may be on their way, and heals those that arrive. */
	if (volume_begin_append(vol, &err) == 0)
		volume_end_append(vol);
	famfs_info(vol, &info);
	fprintf(text.file, "%s\n%d entries, %d bad, %d files, %d dirs, %d bytes, %d free\n",
		err.message, (int)info.log_entries, (int)info.bad_entries, (int)info.files,
		(int)info.directories, (int)info.file_bytes, (int)info.free_bytes);
	fclose(text.file);
	return text.at;
}

static void assert_as_new(struct scene *scene, uint64_t seed)
{
	struct famfs_volume *fresh;
	struct famfs_error err;
	char *want, *got;

	assert_ok(open_plugged(true, &fresh, &err), &err);
	want = describe(fresh);
	got = describe(scene->vol);
	if (strcmp(want, got) != 0)
		fail_msg("seed %d: a new volume is\n%s\nand this one is\n%s", (int)seed, want, got);
	free(want);
	free(got);
	famfs_close(fresh);
}

/* Often enough to look at every torn entry, and to give up those at the end. */
static void catch_up(struct famfs_volume *vol)
{
	struct famfs_error err;

	for (int i = 0; i < ENTRIES; i++) {
		assert_ok(famfs_catch_up(vol, &err), &err);
		let_time_pass(21000000);
	}
}

/* ---- tests ------------------------------------------------------------------------------- */

static void any_order(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct scene scene;

		start(&scene, seed);
		while (scene.torn || scene.published < ENTRIES) {
			uint64_t index = rng_below(&scene.rng, ENTRIES);

			if (rng_below(&scene.rng, 3) == 0 && scene.published < ENTRIES)
				publish(&scene, scene.published + 1);
			scene.torn &= ~(UINT64_C(1) << index) & ((UINT64_C(1) << ENTRIES) - 1);
			if (index < scene.published)
				store(&scene, index);
			if (rng_below(&scene.rng, 2))
				continue;
			catch_up(scene.vol);
			assert_as_new(&scene, seed);
		}
		catch_up(scene.vol);
		assert_as_new(&scene, seed);
		assert_int_equal(scene.vol->torn.count, 0);
		end(&scene);
	}
}

static void simple_start(struct scene *scene, uint64_t torn)
{
	static const char *const paths[] = { "a", "b", "c" };
	struct famfs_error err;

	memset(scene, 0, sizeof(*scene));
	scene->mem = memory_new(DATA + 2 * UNITS * AU);
	memory_format(scene->mem);
	plug_memory(scene->mem);
	assert_ok(open_plugged(true, &scene->vol, &err), &err);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		assert_ok(add_unfilled(scene->vol, paths[i], AU, &err), &err);
	famfs_close(scene->vol);
	memcpy(scene->meant, scene->mem->base + omf_entry_offset(0), sizeof(scene->meant));
	scene->torn = torn;
	publish(scene, ARRAY_SIZE(paths));
	assert_ok(open_plugged(true, &scene->vol, &err), &err);
}

/* Nothing is added after a torn entry, so its space is not allocated twice. */
static void appends(void **state)
{
	(void)state;
	for (uint64_t index = 0; index < 3; index++) {
		struct famfs_error err;
		struct famfs_stat st;
		struct famfs_fmap old, new;
		struct scene scene;
		char text[32];

		simple_start(&scene, UINT64_C(1) << index);
		snprintf(text, sizeof(text), "log entry %d", (int)index);
		assert_error(add_unfilled(scene.vol, "d", AU, &err), -EUCLEAN, &err, text);
		scene.torn = 0;
		store(&scene, index);
		assert_ok(add_unfilled(scene.vol, "d", AU, &err), &err);
		assert_ok(
			famfs_stat(scene.vol, (const char *[]){ "a", "b", "c" }[index], &st, &err),
			&err);
		assert_true(st.entry == index);
		node_fmap(scene.vol->ns, node_of_entry(index), &old);
		assert_ok(famfs_fmap(scene.vol, "d", &new, &err), &err);
		assert_true(old.extents[0].offset != new.extents[0].offset);
		end(&scene);
	}
}

/* Space that this process reserved stays reserved, whatever entries come. */
static void reservations(void **state)
{
	const struct famfs_create_params params = { .size = AU, .mode = 0644, .no_zero = true };
	struct famfs_file *file, *other;
	struct famfs_error err;
	struct scene scene;

	(void)state;
	simple_start(&scene, 0);
	assert_ok(famfs_create(scene.vol, "mine", &params, &file, &err), &err);
	/* Another process has added two entries, of which the first is late. */
	record_encode(&scene.meant[3],
		      &(struct record){ .type = OMF_MKDIR, .path = "x", .path_length = 1 }, 3);
	record_encode(&scene.meant[4],
		      &(struct record){ .type = OMF_MKDIR, .path = "y", .path_length = 1 }, 4);
	scene.torn = 8;
	publish(&scene, 5);
	catch_up(scene.vol);
	scene.torn = 0;
	store(&scene, 3);
	catch_up(scene.vol);
	assert_int_equal(scene.vol->torn.rebuilds, 1);
	assert_ok(famfs_create(scene.vol, "other", &params, &other, &err), &err);
	assert_true(file->fmap.extents[0].offset != other->fmap.extents[0].offset);
	famfs_file_close(other);
	assert_ok(famfs_file_publish(file, &err), &err);
	assert_as_new(&scene, 0);
	end(&scene);
}

/* fsck --repair on the other host cut off the torn end; then the log grows again. */
static void cut(void **state)
{
	struct famfs_info info;
	struct famfs_error err;
	struct scene scene;

	(void)state;
	simple_start(&scene, 6);
	famfs_info(scene.vol, &info);
	assert_true(info.log_entries == 3 && info.bad_entries == 2);
	publish(&scene, 1);
	assert_ok(famfs_catch_up(scene.vol, &err), &err);
	famfs_info(scene.vol, &info);
	assert_true(info.log_entries == 1 && info.bad_entries == 0);
	assert_as_new(&scene, 0);
	assert_ok(add_dir(scene.vol, "d", &err), &err);
	end(&scene);
}

/* Only the last entry is cut off, and it was read before that. */
static void cut_last(void **state)
{
	struct famfs_error err;
	struct famfs_stat st;
	struct scene scene;

	(void)state;
	simple_start(&scene, 4);
	publish(&scene, 2);
	assert_ok(famfs_catch_up(scene.vol, &err), &err);
	/* Without this, each catch-up replays the log. */
	assert_int_equal(scene.vol->followed, 2);
	/* A new entry takes its place, and gets time to arrive. */
	publish(&scene, 3);
	assert_ok(famfs_catch_up(scene.vol, &err), &err);
	assert_int_equal(scene.vol->bad_entries, 0);
	scene.torn = 0;
	store(&scene, 2);
	assert_ok(famfs_catch_up(scene.vol, &err), &err);
	assert_ok(famfs_stat(scene.vol, "c", &st, &err), &err);
	assert_as_new(&scene, 0);
	end(&scene);
}

static void count_whole(void *arg, int priority, const char *message)
{
	(void)priority;
	if (strstr(message, "is whole now"))
		++*(int *)arg;
}

/* Counts the messages about whole entries. */
static void listen(struct scene *scene, int *messages)
{
	*messages = 0;
	scene->vol->log_fn = count_whole;
	scene->vol->log_arg = messages;
}

static void catch_up_later(struct scene *scene)
{
	struct famfs_error err;

	let_time_pass(RATELIMIT_INTERVAL_NS);
	assert_ok(famfs_catch_up(scene->vol, &err), &err);
}

/* Entries change until the limit is reached, and entry 0 is torn then. */
static void exhaust(struct scene *scene, int *messages)
{
	simple_start(scene, 1);
	listen(scene, messages);
	for (int i = 0; i < 200; i++) {
		scene->torn = i & 1 ? 1 : 2;
		store(scene, 0);
		store(scene, 1);
		catch_up_later(scene);
	}
	assert_int_equal(scene->vol->torn.rebuilds, 64);
	assert_int_equal(*messages, 64);
	*messages = 0;
}

/* A medium whose entries change all the time costs a limited number of namespaces, and then none.
 */
static void for_ever(void **state)
{
	struct scene scene;
	int messages;

	(void)state;
	exhaust(&scene, &messages);
	scene.torn = 0;
	store(&scene, 0);
	store(&scene, 1);
	for (int i = 0; i < 3; i++)
		catch_up_later(&scene);
	assert_int_equal(messages, 0);
	assert_false(heal_wanted(scene.vol));
	end(&scene);
}

/* Dropping an entry at the end costs no namespace, so it still works. */
static void at_the_end(void **state)
{
	struct famfs_error err;
	struct famfs_stat st;
	struct scene scene;
	int messages;

	(void)state;
	exhaust(&scene, &messages);
	record_encode(&scene.meant[3],
		      &(struct record){ .type = OMF_MKDIR, .path = "x", .path_length = 1 }, 3);
	scene.torn = 8 | 1;
	publish(&scene, 4);
	catch_up(scene.vol);
	assert_error(famfs_stat(scene.vol, "x", &st, &err), -ENOENT, &err, "x");
	scene.torn = 1;
	store(&scene, 3);
	catch_up_later(&scene);
	assert_ok(famfs_stat(scene.vol, "x", &st, &err), &err);
	assert_int_equal(messages, 1);
	assert_false(heal_wanted(scene.vol));
	end(&scene);
}

/* A log that lost whole entries is not replayed again and again. */
static void shorter(void **state)
{
	struct scene scene;
	int messages;

	(void)state;
	simple_start(&scene, 1);
	listen(&scene, &messages);
	publish(&scene, 2);
	scene.torn = 0;
	store(&scene, 0);
	for (int i = 0; i < 3; i++)
		catch_up_later(&scene);
	assert_int_equal(scene.vol->torn.rebuilds, 0);
	assert_int_equal(messages, 0);
	publish(&scene, 3);
	catch_up_later(&scene);
	assert_int_equal(messages, 1);
	assert_as_new(&scene, 0);
	end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("nothing is appended after a torn entry until it is whole", appends),
		TEST("space that is being filled stays reserved", reservations),
		TEST("a torn end that was removed leaves no trace", cut),
		TEST("an entry that replaces a torn one gets time to arrive", cut_last),
		TEST("entries that appear and disappear cause a limited number of replays",
		     for_ever),
		TEST("the last entries heal even when the limit of replays is reached", at_the_end),
		TEST("a log that lost whole entries is not replayed for a torn one", shorter),
		TEST("entries that become whole in any order give the same result as a new replay",
		     any_order),
	};

	return run_group(tests);
}
