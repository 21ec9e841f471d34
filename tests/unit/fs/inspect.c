/* SPDX-License-Identifier: Apache-2.0 */
/* Inspecting a device without trusting any of its fields. */
#include "support.h"

#include "famfs_inspect.h"

#include <errno.h>
#include <string.h>

static struct famfs_inspect *open_medium(void)
{
	const struct famfs_target target = image_target();
	struct famfs_inspect *inspect = NULL;
	struct famfs_error err;

	assert_ok(famfs_inspect_open(&target, &inspect, &err), &err);
	return inspect;
}

static struct famfs_inspect_info info_now(void)
{
	struct famfs_inspect *inspect = open_medium();
	struct famfs_inspect_info info;

	famfs_inspect_info(inspect, &info);
	famfs_inspect_close(inspect);
	return info;
}

static void start(void)
{
	struct famfs_volume *vol;
	struct famfs_error err;

	make_image(64 * MIB);
	vol = open_volume(true);
	assert_ok(add_dir(vol, "d", &err), &err);
	assert_ok(add_file(vol, "d/f", 5000, 1, &err), &err);
	assert_ok(add_file(vol, "g", 3 * MIB, 2, &err), &err);
	famfs_close(vol);
}

struct seen {
	unsigned count, published, empty, faults;
	char paths[64];
	enum famfs_fault fault;
};

static int see(void *arg, const struct famfs_log_entry *entry)
{
	struct seen *seen = arg;

	seen->count++;
	seen->published += entry->published;
	seen->empty += entry->empty;
	if (entry->raw->fault && !entry->empty) {
		seen->faults++;
		seen->fault = entry->raw->fault;
	}
	if (!entry->empty && strlen(seen->paths) < 32)
		snprintf(seen->paths + strlen(seen->paths), 32, "%.8s:%.8s ",
			 famfs_entry_type_name(entry->type), entry->path);
	return 0;
}

static struct seen entries(uint64_t first, uint64_t count)
{
	struct famfs_inspect *inspect = open_medium();
	struct seen seen = { 0 };
	struct famfs_error err;

	assert_ok(famfs_inspect_entries(inspect, first, count, see, &seen, &err), &err);
	famfs_inspect_close(inspect);
	return seen;
}

static void a_sound_medium(void **state)
{
	struct famfs_inspect_info info;
	struct seen seen;

	(void)state;
	start();
	info = info_now();
	assert_int_equal(info.size, 64 * MIB);
	assert_int_equal(info.usable_size, 64 * MIB);
	assert_int_equal(info.log_length, 8 * MIB);
	assert_int_equal(info.log_length_source, FAMFS_LOG_LENGTH_SUPERBLOCK);
	assert_int_equal(info.log_capacity, 15420);
	assert_int_equal(info.published, 3);
	assert_true(info.super_ok && info.header_ok && !info.counted);
	assert_int_equal(info.log_offset, 2 * MIB);
	assert_int_equal(info.log_end, 2 * MIB + 48 + 3 * 544);
	assert_int_equal(info.data_offset, 10 * MIB);
	assert_true(info.uuid_known);
	seen = entries(0, 10);
	assert_int_equal(seen.count, 10);
	assert_int_equal(seen.published, 3);
	assert_int_equal(seen.empty, 7);
	assert_int_equal(seen.faults, 0);
	assert_string_equal(seen.paths, "mkdir:d file:d/f file:g ");
	seen = entries(1, UINT64_MAX);
	assert_int_equal(seen.count, 15419);
}

static void put64(uint64_t offset, uint64_t value)
{
	le64 raw = le64_make(value);

	image_put(offset, &raw, sizeof(raw));
}

static void damage(void **state)
{
	const uint64_t next_seqnum = OMF_LOG_OFFSET + 32, next_index = OMF_LOG_OFFSET + 40;
	struct famfs_inspect_info info;

	(void)state;
	start();
	put64(0, 0);
	info = info_now();
	assert_false(info.super_ok || info.uuid_known);
	assert_int_equal(info.log_length_source, FAMFS_LOG_LENGTH_HEADER);
	assert_int_equal(info.published, 3);

	put64(OMF_LOG_OFFSET, 0);
	info = info_now();
	assert_false(info.header_ok);
	assert_int_equal(info.log_length_source, FAMFS_LOG_LENGTH_MINIMUM);
	assert_true(info.counted);
	assert_int_equal(info.published, 3);

	/* Impossible counters of the header are replaced by a count of the entries. */
	start();
	put64(next_index, UINT64_C(1) << 40);
	info = info_now();
	assert_true(info.counted && !info.header_ok);
	assert_int_equal(info.published, 3);
	put64(next_seqnum, UINT64_MAX);
	assert_int_equal(info_now().published, 3);
	put64(next_index, 2);
	put64(next_seqnum, 3);
	info = info_now();
	assert_true(info.header_ok);
	assert_int_equal(info.published, 2);
	assert_int_equal(entries(0, 4).published, 2);
}

static void entries_with_faults(void **state)
{
	struct omf_entry raw;
	struct seen seen;

	(void)state;
	start();
	entry_get(1, &raw);
	raw.file.mode = le32_make(0777777);
	entry_put(1, &raw);
	seen = entries(0, 3);
	assert_int_equal(seen.faults, 1);
	assert_int_equal(seen.fault, FAMFS_FAULT_CRC);
	entry_seal(&raw);
	entry_put(1, &raw);
	assert_int_equal(entries(1, 1).fault, FAMFS_FAULT_MODE);
}

static void images_of_any_size(void **state)
{
	static const uint64_t sizes[] = { 200,          201,          2 * MIB - 1,   2 * MIB,
					  2 * MIB + 47, 2 * MIB + 48, 2 * MIB + 591, 2 * MIB + 592,
					  9 * MIB,      10 * MIB,     11 * MIB };
	const struct famfs_target target = image_target();
	struct famfs_inspect *inspect;
	struct famfs_raw raw;
	struct famfs_error err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct famfs_inspect_info info;
		struct seen seen = { 0 };

		start();
		image_resize(sizes[i]);
		inspect = open_medium();
		famfs_inspect_info(inspect, &info);
		assert_true(info.published <= info.log_capacity);
		assert_true(
			sizes[i] <= 2 * MIB + 48 ||
			info.log_capacity ==
				(sizes[i] < 10 * MIB ? (sizes[i] - 2 * MIB - 48) / 544 : 15420));
		assert_ok(famfs_inspect_super(inspect, &raw, &err), &err);
		if (sizes[i] < 2 * MIB + 48)
			assert_error(famfs_inspect_log_header(inspect, &raw, &err), -EMEDIUMTYPE,
				     &err, "ends before its log");
		if (info.log_capacity)
			assert_ok(famfs_inspect_entries(inspect, 0, UINT64_MAX, see, &seen, &err),
				  &err);
		assert_int_equal(seen.count, info.log_capacity);
		famfs_inspect_close(inspect);
	}
	image_resize(199);
	assert_error(famfs_inspect_open(&target, &inspect, &err), -EMEDIUMTYPE, &err,
		     "199 bytes, too few");
	/* An image of size 0 is not a device of unknown size. */
	image_resize(0);
	assert_error(famfs_inspect_open(&target, &inspect, &err), -EMEDIUMTYPE, &err,
		     "0 bytes, too few");
}

static int stop(void *arg, const struct famfs_log_entry *entry)
{
	(void)arg;
	return entry->raw->entry == 2 ? 55 : 0;
}

static void walks(void **state)
{
	struct famfs_inspect *inspect;
	struct famfs_error err;

	(void)state;
	start();
	inspect = open_medium();
	assert_int_equal(famfs_inspect_entries(inspect, 0, 100, stop, NULL, &err), 55);
	assert_error(famfs_inspect_entries(inspect, 15420, 1, stop, NULL, &err), -EINVAL, &err,
		     "no log entry 15420");
	assert_error(famfs_inspect_entries(inspect, UINT64_MAX, UINT64_MAX, stop, NULL, &err),
		     -EINVAL, &err, "no log entry");
	assert_ok(famfs_inspect_entries(inspect, 0, 0, stop, NULL, &err), &err);
	famfs_inspect_close(inspect);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("the dump of a sound medium shows no fault", a_sound_medium),
		TEST("a damaged length or index is replaced by its other source", damage),
		TEST("the dump names the faults of entries", entries_with_faults),
		TEST("images of any size are dumped", images_of_any_size),
		TEST("a visitor can stop a walk, and slots beyond the log are refused", walks),
	};

	return run_group(tests);
}
