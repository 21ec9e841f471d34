/* SPDX-License-Identifier: Apache-2.0 */
/* A dry run meets the same errors as a real run, and does not change a byte of the medium. */
#include "support.h"

#include "device/device.h"
#include "fs/volume.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SIZE (64 * MIB)

static const struct famfs_create_params small = { .size = 5000, .mode = 0644 };

static char *snapshot(void)
{
	char *bytes = malloc(SIZE);

	assert_non_null(bytes);
	image_get(0, bytes, SIZE);
	return bytes;
}

/* Also frees the memory. */
static void assert_untouched(char *before)
{
	char *now = snapshot();
	uint64_t i = 0;

	while (i < SIZE && now[i] == before[i])
		i++;
	if (i < SIZE)
		fail_msg("byte %llu of the image has changed", (unsigned long long)i);
	free(now);
	free(before);
}

static struct famfs_volume *open_dry(void)
{
	const struct famfs_volume_params params = { .write = true, .dry_run = true };
	const struct famfs_target target = image_target();
	struct famfs_volume *vol;
	struct famfs_error err;

	assert_ok(famfs_open(&target, &params, &vol, &err), &err);
	return vol;
}

/* Memory with old data, so that a zero would show. */
static void make_used_image(void)
{
	char dirt[4096];

	make_image(SIZE);
	memset(dirt, 'x', sizeof(dirt));
	for (uint64_t offset = 10 * MIB; offset < SIZE; offset += AU)
		image_put(offset, dirt, sizeof(dirt));
}

static int create(struct famfs_volume *vol, const char *path, struct famfs_create_params params,
		  struct famfs_error *err)
{
	struct famfs_file *file;
	int ret = famfs_create(vol, path, &params, &file, err);

	if (ret < 0)
		return ret;
	ret = famfs_file_write(file, 0, "data", 4, err);
	if (ret == 0)
		return famfs_file_publish(file, err);
	famfs_file_close(file);
	return ret;
}

static void stores_nothing(void **state)
{
	struct famfs_map_params writing = { .write = true };
	struct famfs_volume *vol;
	struct famfs_mapping *mapping;
	struct famfs_file *file;
	struct famfs_error err;
	char *before;

	(void)state;
	make_used_image();
	vol = open_volume(true);
	assert_ok(add_file(vol, "old", 3000, 1, &err), &err);
	famfs_close(vol);
	before = snapshot();
	vol = open_dry();
	assert_ok(add_dir(vol, "d", &err), &err);
	assert_ok(create(vol, "d/f", small, &err), &err);
	assert_ok(add_unfilled(vol, "d/g", 2 * AU, &err), &err);
	assert_ok(famfs_file_open(vol, "old", &file, &err), &err);
	assert_ok(famfs_file_write(file, 0, "new", 3, &err), &err);
	assert_ok(famfs_file_zero(file, 0, 3000, &err), &err);
	famfs_file_close(file);
	assert_error(famfs_map(vol, "old", &writing, &mapping, &err), -EBADF, &err, "dry run");
	famfs_close(vol);
	assert_untouched(before);
}

/* Added names, directories and space count for the operations that follow. */
static void remembers(void **state)
{
	struct famfs_create_params half = { .size = 16 * AU, .mode = 0644, .no_zero = true };
	struct famfs_volume *vol;
	struct famfs_error err;
	struct famfs_stat st;
	char *before;

	(void)state;
	make_used_image();
	before = snapshot();
	vol = open_dry();
	assert_error(create(vol, "d/f", small, &err), -ENOENT, &err, "no directory 'd'");
	assert_ok(add_dir(vol, "d", &err), &err);
	assert_ok(create(vol, "d/f", small, &err), &err);
	assert_ok(famfs_catch_up(vol, &err), &err);
	assert_error(create(vol, "d/f", small, &err), -EEXIST, &err, "exists");
	assert_ok(famfs_stat(vol, "d/f", &st, &err), &err);
	assert_int_equal(st.size, 5000);
	assert_ok(create(vol, "big", half, &err), &err);
	assert_error(create(vol, "big2", half, &err), -ENOSPC, &err, "cannot create 'big2'");
	famfs_close(vol);
	assert_untouched(before);
}

static void keeps_nothing_from_others(void **state)
{
	struct famfs_create_params most = { .size = 24 * AU, .mode = 0644, .no_zero = true };
	struct famfs_file *simulated, *real;
	struct famfs_volume *dry, *vol;
	struct famfs_error err;

	(void)state;
	make_used_image();
	dry = open_dry();
	assert_ok(famfs_create(dry, "a", &most, &simulated, &err), &err);
	vol = open_volume(true);
	assert_ok(famfs_create(vol, "a", &most, &real, &err), &err);
	/* A dry run respects the reservations of real writers. */
	assert_error(create(dry, "b", most, &err), -ENOSPC, &err, "cannot create 'b'");
	assert_ok(famfs_file_publish(real, &err), &err);
	famfs_file_close(simulated);
	famfs_close(vol);
	famfs_close(dry);
}

/* A dry run leaves an interrupted publish to the next writer. */
static void crashed_publish(void **state)
{
	struct famfs_volume *vol;
	struct famfs_error err;
	char *before;

	(void)state;
	make_used_image();
	counters_put(1, 0);
	before = snapshot();
	vol = open_dry();
	assert_ok(create(vol, "f", small, &err), &err);
	famfs_close(vol);
	assert_untouched(before);
}

static void full_log(void **state)
{
	struct famfs_volume *vol;
	struct famfs_error err;
	char *before;

	(void)state;
	make_used_image();
	vol = open_volume(true);
	for (uint64_t i = 0; i + 1 < vol->log.capacity; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%u", (unsigned)i);
		assert_ok(add_dir(vol, name, &err), &err);
	}
	famfs_close(vol);
	before = snapshot();
	vol = open_dry();
	assert_ok(add_dir(vol, "last", &err), &err);
	assert_error(add_dir(vol, "more", &err), -ENOSPC, &err, "log is full");
	famfs_close(vol);
	assert_untouched(before);
}

static void clients(void **state)
{
	const struct famfs_volume_params params = { .write = true, .dry_run = true };
	const struct famfs_target target = image_target();
	struct famfs_volume *vol;
	struct famfs_error err;

	(void)state;
	make_used_image();
	be_client();
	assert_error(famfs_open(&target, &params, &vol, &err), -EROFS, &err, MASTER_UUID);
}

static void takeover(void **state)
{
	const struct famfs_takeover_params dry = { .dry_run = true };
	const struct famfs_takeover_params odd = { .reserved = { 1 } };
	uint8_t previous[16] = { 0 };
	struct famfs_error err;
	char *before;

	(void)state;
	make_used_image();
	be_client();
	before = snapshot();
	assert_ok(famfs_takeover(IMAGE, &dry, previous, &err), &err);
	assert_int_equal(previous[15], 0x0a);
	assert_error(famfs_takeover(IMAGE, &odd, NULL, &err), -EINVAL, &err, "reserved");
	assert_untouched(before);
}

static bool agree(void *arg, const struct famfs_problem *problem)
{
	(void)problem;
	++*(unsigned *)arg;
	return true;
}

static int never_save(void *arg, uint64_t offset, const void *old, size_t length)
{
	(void)arg, (void)offset, (void)old, (void)length;
	fail_msg("a dry run has something to save");
	return -EIO;
}

/* Reports the repairs that would be made: the same problems as the real run. */
static void repair(void **state)
{
	unsigned asked = 0;
	struct famfs_fsck_params params = {
		.repair = true, .dry_run = true, .confirm = agree, .save = never_save, .arg = &asked
	};
	const struct famfs_target target = image_target();
	struct famfs_fsck_result simulated, real;
	struct famfs_volume *vol;
	struct famfs_error err;
	struct omf_entry raw;
	char *before;

	(void)state;
	make_used_image();
	vol = open_volume(true);
	for (unsigned i = 0; i < 4; i++)
		assert_ok(add_unfilled(vol, (const char *[]){ "a", "b", "c", "d" }[i], AU, &err),
			  &err);
	famfs_close(vol);
	for (uint64_t i = 1; i < 4; i += 2) {
		entry_get(i, &raw);
		raw.crc = le64_make(1);
		entry_put(i, &raw);
	}
	before = snapshot();
	assert_ok(famfs_fsck(&target, &params, &simulated, &err), &err);
	assert_untouched(before);
	assert_int_equal(asked, 1);
	assert_int_equal(simulated.problems, 2);
	assert_int_equal(simulated.repaired, 2);
	params.dry_run = false;
	params.save = NULL;
	assert_ok(famfs_fsck(&target, &params, &real, &err), &err);
	assert_int_equal(simulated.problems, real.problems);
	assert_int_equal(simulated.repaired, real.repaired);
	assert_int_equal(simulated.files, real.files);
	assert_int_equal(simulated.log_entries, real.log_entries);
	/* Only the real run keeps the space of entries that it gave up. */
	assert_int_equal(simulated.allocated_bytes + AU, real.allocated_bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("a dry run stores neither entries nor data", stores_nothing),
		TEST("files that a dry run adds are visible to its later steps", remembers),
		TEST("a dry run reserves no space, and respects reservations",
		     keeps_nothing_from_others),
		TEST("a dry run does not complete an interrupted publish", crashed_publish),
		TEST("a dry run reports a full log", full_log),
		TEST("a client may not simulate an append", clients),
		TEST("a dry run of a takeover reports the master", takeover),
		TEST("a dry run of a repair reports the actions of the real one", repair),
	};

	return run_group(tests);
}
