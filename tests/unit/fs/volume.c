/* SPDX-License-Identifier: Apache-2.0 */
/* An open volume: its counters, its size, its devices, and the hosts that may add to it. */
#include "support.h"

#include "fs/volume.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static struct famfs_volume *new_volume(void)
{
	make_image(64 * MIB);
	return open_volume(true);
}

static uint64_t entries_of(struct famfs_volume *vol)
{
	struct famfs_info info;

	famfs_info(vol, &info);
	return info.log_entries;
}

/* Entries 0 to count - 1 are directories n0, n1, ... */
static void make_dirs(uint64_t count)
{
	struct famfs_volume *vol = new_volume();
	struct famfs_error err;
	char path[32];

	for (uint64_t i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "n%d", (int)i);
		assert_ok(add_dir(vol, path, &err), &err);
	}
	famfs_close(vol);
}

static void assert_dirs(struct famfs_volume *vol, uint64_t count)
{
	struct famfs_stat st;
	struct famfs_error err;
	char path[32];

	assert_true(entries_of(vol) == count);
	for (uint64_t i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "n%d", (int)i);
		assert_ok(famfs_stat(vol, path, &st, &err), &err);
		assert_true(st.entry == i);
	}
}

static void nonsense_index(void **state)
{
	static const uint64_t indexes[] = { 15421, UINT64_C(1) << 32, UINT64_C(1) << 40,
					    UINT64_MAX };
	struct famfs_error err;

	(void)state;
	make_dirs(10);
	for (size_t i = 0; i < ARRAY_SIZE(indexes); i++) {
		struct famfs_volume *vol;

		counters_put(10, indexes[i]);
		vol = open_volume(true);
		assert_dirs(vol, 10);
		assert_error(add_dir(vol, "new", &err), -EUCLEAN, &err, "log header");
		assert_ok(famfs_catch_up(vol, &err), &err);
		assert_dirs(vol, 10);
		famfs_close(vol);
		/* The other counter cannot be valid either. */
		counters_put(UINT64_MAX, indexes[i]);
		vol = open_volume(true);
		assert_dirs(vol, 10);
		famfs_close(vol);
	}
}

/* A damaged entry does not end a log if the other counter gives its length. */
static void nonsense_index_and_damage(void **state)
{
	struct omf_entry raw;
	struct famfs_volume *vol;
	struct famfs_stat st;
	struct famfs_error err;

	(void)state;
	make_dirs(10);
	entry_get(4, &raw);
	raw.mkdir.uid = le32_make(9);
	entry_put(4, &raw);
	counters_put(10, UINT64_C(1) << 40);
	vol = open_volume(false);
	assert_true(entries_of(vol) == 10);
	assert_ok(famfs_stat(vol, "n9", &st, &err), &err);
	famfs_close(vol);
}

static void crashed_publish(void **state)
{
	struct famfs_volume *vol;
	struct famfs_error err;
	uint64_t seqnum, index;

	(void)state;
	make_dirs(3);
	counters_put(4, 3);
	vol = open_volume(true);
	assert_dirs(vol, 3);
	counters_get(&seqnum, &index);
	assert_true(seqnum == 4 && index == 3); /* opening changes nothing */
	assert_ok(add_dir(vol, "n3", &err), &err);
	assert_dirs(vol, 4);
	counters_get(&seqnum, &index);
	assert_true(seqnum == 4 && index == 4);
	famfs_close(vol);
	/* A failed append resets it too. */
	counters_put(5, 4);
	vol = open_volume(true);
	assert_error(add_dir(vol, "n3", &err), -EEXIST, &err, "exists");
	counters_get(&seqnum, &index);
	assert_true(seqnum == 4 && index == 4);
	famfs_close(vol);
}

static void disagreeing_counters(void **state)
{
	struct famfs_volume *vol;
	struct famfs_error err;
	uint64_t seqnum, index;

	(void)state;
	make_dirs(5);
	counters_put(3, 5);
	vol = open_volume(true);
	assert_dirs(vol, 5);
	assert_error(add_dir(vol, "new", &err), -EUCLEAN, &err,
		     "next sequence number is 3, next index is 5");
	counters_get(&seqnum, &index);
	assert_true(seqnum == 3 && index == 5);
	famfs_close(vol);
}

static void log_goes_back(void **state)
{
	struct famfs_volume *vol;
	struct famfs_error err;

	(void)state;
	make_dirs(5);
	vol = open_volume(true);
	counters_put(2, 2);
	assert_ok(famfs_catch_up(vol, &err), &err);
	assert_dirs(vol, 5);
	assert_error(add_dir(vol, "new", &err), -EUCLEAN, &err, "went back from 5 to 2");
	famfs_close(vol);
}

static void header_damage(void **state)
{
	struct omf_log_header raw;
	struct famfs_volume *vol;
	struct famfs_error err;

	(void)state;
	make_dirs(5);
	image_get(OMF_LOG_OFFSET, &raw, sizeof(raw));
	raw.magic = le64_make(1);
	image_put(OMF_LOG_OFFSET, &raw, sizeof(raw));
	vol = open_volume(true);
	assert_dirs(vol, 5);
	assert_error(add_dir(vol, "new", &err), -EUCLEAN, &err, "log header magic is 0x1");
	famfs_close(vol);
}

static void batches(void **state)
{
	static const uint64_t counts[] = { 0, 1, 191, 192, 193, 384, 500 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		struct famfs_volume *vol;

		make_dirs(counts[i]);
		vol = open_volume(false);
		assert_dirs(vol, counts[i]);
		famfs_close(vol);
	}
}

/* Memory depends on the entries that exist, not on the header. */
static void huge_next_index(void **state)
{
	struct famfs_volume *vol;
	uint64_t before;

	(void)state;
	for (uint64_t count = 0; count <= 3000; count += 1000) {
		make_large_log(count);
		before = resident();
		vol = open_volume(false);
		assert_true(entries_of(vol) == LARGE_LOG);
		/* The log is read in pieces; a page for each name would take 12 MB. */
		assert_true(resident() < before + 2 * MIB);
		famfs_close(vol);
	}
}

static void catching_up(void **state)
{
	struct famfs_volume *writer = new_volume(), *reader = open_volume(false);
	struct famfs_stat st;
	struct famfs_error err;

	(void)state;
	assert_ok(add_dir(writer, "n0", &err), &err);
	assert_error(famfs_stat(reader, "n0", &st, &err), -ENOENT, &err, "does not exist");
	assert_ok(famfs_catch_up(reader, &err), &err);
	assert_dirs(reader, 1);
	assert_ok(add_file(writer, "f", 5000, 5, &err), &err);
	assert_ok(famfs_catch_up(reader, &err), &err);
	assert_null(file_fault(reader, "f", 5000, 5));
	famfs_close(reader);
	famfs_close(writer);
}

static void assert_stale(struct famfs_volume *vol, struct famfs_file *file)
{
	struct famfs_error err;
	char byte = 0;

	assert_error(famfs_catch_up(vol, &err), -ESTALE, &err, "another file system");
	assert_error(add_dir(vol, "new", &err), -ESTALE, &err, "another file system");
	assert_error(famfs_file_read(file, 0, &byte, 1, &err), -ESTALE, &err, "another");
	assert_error(famfs_file_write(file, 0, &byte, 1, &err), -ESTALE, &err, "another");
	assert_error(famfs_file_zero(file, 0, 1, &err), -ESTALE, &err, "another");
}

/* Formatted again under its reader, by a process that ignores locks. */
static void stale(void **state)
{
	struct famfs_volume *vol = new_volume();
	struct famfs_file *file;
	struct omf_super raw;
	struct famfs_error err;

	(void)state;
	assert_ok(add_file(vol, "f", 100, 1, &err), &err);
	assert_ok(famfs_file_open(vol, "f", &file, &err), &err);
	image_get(0, &raw, sizeof(raw));
	raw.uuid[3] ^= 1;
	image_put(0, &raw, sizeof(raw));
	assert_stale(vol, file);
	/* A stale volume stays stale. */
	raw.uuid[3] ^= 1;
	image_put(0, &raw, sizeof(raw));
	assert_stale(vol, file);
	famfs_file_close(file);
	famfs_close(vol);
}

static void smaller_device(void **state)
{
	struct famfs_volume *vol = new_volume();
	struct famfs_info info;
	struct famfs_error err;

	(void)state;
	assert_ok(add_file(vol, "first", 100, 1, &err), &err);
	assert_ok(add_unfilled(vol, "fill", 48 * MIB, &err), &err);
	assert_ok(add_file(vol, "last", 100, 2, &err), &err);
	famfs_close(vol);
	image_resize(60 * MIB);
	vol = open_volume(false);
	famfs_info(vol, &info);
	assert_true(info.device_size == 60 * MIB && info.usable_size == 60 * MIB);
	assert_true(info.recorded_size == 64 * MIB);
	assert_int_equal(info.bad_entries, 1);
	assert_null(file_fault(vol, "first", 100, 1));
	assert_string_equal(file_fault(vol, "last", 100, 2), "is not there");
	famfs_close(vol);
}

static void larger_device(void **state)
{
	struct famfs_volume *vol = new_volume();
	struct famfs_info info;
	struct famfs_error err;

	(void)state;
	famfs_close(vol);
	image_resize(128 * MIB);
	vol = open_volume(true);
	famfs_info(vol, &info);
	assert_true(info.usable_size == 64 * MIB && info.free_bytes == 54 * MIB);
	assert_error(add_unfilled(vol, "f", 55 * MIB, &err), -ENOSPC, &err, "54 MiB free");
	famfs_close(vol);
}

static void tiny_device(void **state)
{
	const struct famfs_target target = image_target();
	const struct famfs_volume_params params = { .write = false };
	static const uint64_t sizes[] = { 0, 1, 4096, 2 * MIB - 1, 2 * MIB, 10 * MIB - 1 };
	struct famfs_volume *vol;
	struct famfs_error err;

	(void)state;
	make_image(64 * MIB);
	for (size_t i = ARRAY_SIZE(sizes); i-- > 0;) {
		int ret;

		image_resize(sizes[i]);
		ret = famfs_open(&target, &params, &vol, &err);
		assert_true(ret == -EMEDIUMTYPE || ret == -EUCLEAN);
		assert_int_equal(err.code, ret);
	}
}

static void add_device_entry(uint64_t at, uint32_t index, uint8_t uuid, uint64_t size)
{
	const struct record rec = { .type = OMF_ADD_DAXDEV,
				    .daxdev_index = index,
				    .daxdev_size = size,
				    .daxdev_uuid = { uuid, 1 } };
	struct omf_entry raw;

	record_encode(&raw, &rec, at);
	entry_put(at, &raw);
	counters_put(at + 1, at + 1);
}

static void devices(void **state)
{
	struct famfs_volume *vol;
	struct famfs_daxdev dev;
	struct famfs_info info;

	(void)state;
	make_dirs(0);
	add_device_entry(0, 1, 7, 32 * MIB);
	add_device_entry(1, 3, 8, 32 * MIB); /* not the next */
	add_device_entry(2, 2, 7, 32 * MIB); /* a UUID that exists */
	add_device_entry(3, 2, 9, 16 * MIB);
	vol = open_volume(false);
	famfs_info(vol, &info);
	assert_int_equal(info.bad_entries, 2);
	assert_int_equal(famfs_daxdev_count(vol), 3);
	assert_int_equal(famfs_daxdev(vol, 1, &dev), 0);
	assert_true(dev.size == 32 * MIB && dev.uuid[0] == 7 && dev.name[0] == '\0');
	assert_int_equal(famfs_daxdev(vol, 2, &dev), 0);
	assert_true(dev.size == 16 * MIB && dev.uuid[0] == 9);
	assert_int_equal(famfs_daxdev(vol, 3, &dev), -ENODEV);
	assert_int_equal(famfs_daxdev(vol, UINT32_MAX, &dev), -ENODEV);
	famfs_close(vol);
}

/* A file on a device that is not attached is visible, but its bytes cannot be read. */
static void file_elsewhere(void **state)
{
	const struct record rec = {
		.type = OMF_FILE,
		.mode = 0644,
		.path = "far",
		.path_length = 3,
		.fmap = { .nextents = 1, .size = 100, .extents = { { 1, 0, AU } } }
	};
	struct famfs_volume *vol;
	struct famfs_file *file;
	struct famfs_fmap fmap;
	struct famfs_error err;
	struct omf_entry raw;
	char byte;

	(void)state;
	make_dirs(0);
	add_device_entry(0, 1, 7, 32 * MIB);
	record_encode(&raw, &rec, 1);
	entry_put(1, &raw);
	counters_put(2, 2);
	vol = open_volume(true);
	assert_ok(famfs_fmap(vol, "far", &fmap, &err), &err);
	assert_true(fmap.extents[0].daxdev == 1 && fmap.extents[0].offset == 0);
	assert_ok(famfs_file_open(vol, "far", &file, &err), &err);
	assert_error(famfs_file_read(file, 0, &byte, 1, &err), -ENXIO, &err, "cannot read 'far'");
	assert_error(famfs_file_write(file, 0, "x", 1, &err), -ENXIO, &err, "cannot write 'far'");
	famfs_file_close(file);
	famfs_close(vol);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("a next index beyond the log hides no entry", nonsense_index),
		TEST("a next index beyond the log does not make a damaged entry the end",
		     nonsense_index_and_damage),
		TEST("a crashed publish is reset by the next append", crashed_publish),
		TEST("nothing is appended if the counters disagree", disagreeing_counters),
		TEST("nothing is appended to a log whose index decreased", log_goes_back),
		TEST("a damaged header leaves the files readable", header_damage),
		TEST("logs of any length are replayed whole", batches),
		TEST("a huge next_index makes a volume use no more memory", huge_next_index),
		TEST("a reader catches up with new entries", catching_up),
		TEST("every call notices another file system on the device", stale),
		TEST("a device that became smaller keeps the files that still fit", smaller_device),
		TEST("a device that became larger is used up to the recorded size", larger_device),
		TEST("a device too small for its log is refused", tiny_device),
		TEST("devices are added in order, with UUIDs of their own", devices),
		TEST("a file on a device that is not attached is listed but not read",
		     file_elsewhere),
	};

	return run_group(tests);
}
