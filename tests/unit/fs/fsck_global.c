/* SPDX-License-Identifier: Apache-2.0 */
/* Check and repair of superblock, log header and size; and which hosts may repair. */
#include "support.h"

#include "base/crc.h"

#include <errno.h>
#include <string.h>

static void make_sample(void)
{
	struct famfs_volume *vol;
	struct famfs_error err;
	char path[16];

	make_image(64 * MIB);
	vol = open_volume(true);
	for (int i = 0; i < 6; i++) {
		snprintf(path, sizeof(path), "f%d", i);
		assert_ok(add_file(vol, path, 100, (uint32_t)i, &err), &err);
	}
	famfs_close(vol);
}

struct seen {
	int count;
	uint64_t entry;
	char code[16], message[200], remedy[80];
};

static void on_problem(void *arg, const struct famfs_problem *problem)
{
	struct seen *seen = arg;

	seen->count++;
	seen->entry = problem->entry;
	snprintf(seen->code, sizeof(seen->code), "%s", famfs_fault_name(problem->fault));
	snprintf(seen->message, sizeof(seen->message), "%s", problem->message);
	snprintf(seen->remedy, sizeof(seen->remedy), "%s", problem->repair ? problem->repair : "");
}

static int run(bool repair, struct seen *seen, struct famfs_fsck_result *result,
	       struct famfs_error *err)
{
	const struct famfs_target target = image_target();
	const struct famfs_fsck_params params = { .repair = repair,
						  .report = on_problem,
						  .arg = seen };

	memset(seen, 0, sizeof(*seen));
	return famfs_fsck(&target, &params, result, err);
}

static void assert_files(int count)
{
	struct famfs_volume *vol = open_volume(false);
	char path[16];

	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "f%d", i);
		assert_null(file_fault(vol, path, 100, (uint32_t)i));
	}
	famfs_close(vol);
}

/* The problem is found and repaired without a question; then every file is there. */
static void assert_repaired(const char *code, const char *message)
{
	struct famfs_fsck_result result;
	struct seen seen;
	struct famfs_error err;

	assert_ok(run(false, &seen, &result, &err), &err);
	assert_int_equal(seen.count, 1);
	assert_true(seen.entry == FAMFS_NO_ENTRY);
	assert_string_equal(seen.code, code);
	assert_text(seen.message, message);
	assert_string_not_equal(seen.remedy, "");
	assert_ok(run(true, &seen, &result, &err), &err);
	assert_int_equal(result.problems, 1);
	assert_int_equal(result.repaired, 1);
	assert_ok(run(false, &seen, &result, &err), &err);
	assert_int_equal(result.problems, 0);
	assert_int_equal(result.log_entries, 6);
	assert_files(6);
}

/* The same, and no file was missing before the repair. */
static void assert_mended(const char *code, const char *message)
{
	assert_files(6);
	assert_repaired(code, message);
}

static void counters(void **state)
{
	(void)state;
	make_sample();
	counters_put(7, 6);
	assert_mended("header", "next sequence number is 7, next index is 6");
	counters_put(6, UINT64_C(1) << 40);
	assert_mended("header", "next index is 1099511627776, the log has 15420 entries");
	counters_put(0, 6);
	assert_mended("header", "next sequence number is 0, next index is 6");
	counters_put(UINT64_MAX, UINT64_MAX);
	assert_mended("header", "the log has 15420 entries");
}

/* The other counter and sound entries show that more was published: nothing may be lost. */
static void smaller_index(void **state)
{
	struct famfs_fsck_result result;
	struct seen seen;
	struct famfs_error err;

	(void)state;
	for (uint64_t index = 0; index < 5; index++) {
		make_sample();
		counters_put(6, index);
		assert_ok(run(false, &seen, &result, &err), &err);
		assert_int_equal(result.problems, 1);
		assert_string_equal(seen.code, "header");
		assert_ok(run(true, &seen, &result, &err), &err);
		assert_int_equal(result.repaired, 1);
		assert_ok(run(false, &seen, &result, &err), &err);
		assert_int_equal(result.problems, 0);
		assert_files(6);
	}
}

/* Entries after the end that are not all sound do not confirm a sequence number. */
static void larger_seqnum(void **state)
{
	(void)state;
	make_sample();
	counters_put(60, 6);
	assert_mended("header", "next sequence number is 60");
}

static void header(void **state)
{
	struct omf_log_header raw;

	(void)state;
	make_sample();
	image_get(OMF_LOG_OFFSET, &raw, sizeof(raw));
	raw.magic = le64_make(0);
	image_put(OMF_LOG_OFFSET, &raw, sizeof(raw));
	assert_mended("header", "magic is 0");
	raw.magic = le64_make(OMF_LOG_MAGIC);
	raw.last_index = le64_make(99);
	raw.crc = le64_make(crc32_of(&raw, OMF_HEADER_CRC_BYTES));
	image_put(OMF_LOG_OFFSET, &raw, sizeof(raw));
	assert_mended("header", "last log index is 99");
}

static void capacity(void **state)
{
	(void)state;
	make_sample();
	image_resize(80 * MIB);
	assert_mended("capacity", "records 67108864 bytes, the device has 83886080");
	image_resize(60 * MIB);
	assert_mended("capacity", "the device has 62914560");
}

/* The recorded size is outside the CRC: damage to it alone must not cost a file, even if the caller
 * agrees to a loss. */
static uint64_t recorded(void)
{
	le64 size;

	image_get(offsetof(struct omf_super, device_size), &size, sizeof(size));
	return le64_get(size);
}

static bool agree(void *arg, const struct famfs_problem *problem)
{
	(void)arg, (void)problem;
	return true;
}

/* The missing end of the device may come back, and the files there with it. */
static void lost_end(void **state)
{
	const struct famfs_target target = image_target();
	const struct famfs_fsck_params params = { .repair = true, .confirm = agree };
	struct famfs_fsck_result result;
	struct famfs_error err;
	struct seen seen;

	(void)state;
	make_sample();
	image_resize(16 * MIB);
	assert_ok(run(true, &seen, &result, &err), &err);
	assert_int_equal(result.problems, 4);
	assert_int_equal(result.repaired, 0);
	assert_true(recorded() == 64 * MIB);
	assert_ok(famfs_fsck(&target, &params, &result, &err), &err);
	assert_int_equal(result.repaired, 4);
	assert_true(recorded() == 16 * MIB);
	assert_files(3);
}

static void recorded_size(void **state)
{
	static const uint64_t sizes[] = { 14 * MIB, 10 * MIB, 1, 0, UINT64_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		le64 size = le64_make(sizes[i]);

		make_sample();
		image_put(offsetof(struct omf_super, device_size), &size, sizeof(size));
		assert_repaired("capacity", "the device has 67108864");
	}
}

/* Both counters went back: the entries after them must be found again before they are overwritten.
 */
static void index_went_back(void **state)
{
	struct famfs_volume *vol;
	struct famfs_error err;

	(void)state;
	make_sample();
	counters_put(2, 2);
	vol = open_volume(true);
	assert_error(add_file(vol, "new", 100, 1, &err), -EUCLEAN, &err, "whole entries follow");
	famfs_close(vol);
	assert_repaired("header", "next index is 2, but whole entries follow");
}

static void superblock(void **state)
{
	struct famfs_fsck_result result;
	struct seen seen;
	struct famfs_error err;

	(void)state;
	make_sample();
	image_put(48, "x", 1);
	assert_ok(run(false, &seen, &result, &err), &err);
	assert_int_equal(result.problems, 1);
	assert_string_equal(seen.code, "superblock");
	assert_text(seen.message, "CRC");
	image_put(0, "x", 1);
	assert_error(run(false, &seen, &result, &err), -EMEDIUMTYPE, &err, "does not hold");
}

static void in_use(void **state)
{
	struct famfs_fsck_result result;
	struct famfs_volume *vol;
	struct seen seen;
	struct famfs_error err;

	(void)state;
	make_sample();
	counters_put(7, 6);
	vol = open_volume(true);
	assert_error(run(true, &seen, &result, &err), -EBUSY, &err, "in use");
	assert_true(err.refused);
	/* A check without repair works while the device is in use. */
	assert_ok(run(false, &seen, &result, &err), &err);
	famfs_close(vol);
	assert_ok(run(true, &seen, &result, &err), &err);
	assert_int_equal(result.repaired, 1);
}

static void on_a_client(void **state)
{
	struct famfs_fsck_result result;
	struct seen seen;
	struct famfs_error err;
	uint64_t seqnum, index;

	(void)state;
	make_sample();
	counters_put(7, 6);
	be_client();
	assert_error(run(true, &seen, &result, &err), -EROFS, &err, "belongs to the master");
	counters_get(&seqnum, &index);
	assert_true(seqnum == 7);
	assert_ok(run(false, &seen, &result, &err), &err);
	assert_int_equal(result.problems, 1);
	be_master();
}

static void reserved_fields(void **state)
{
	const struct famfs_target target = image_target();
	const struct famfs_fsck_params params = { .reserved = { 0, 0, 1, 0 } };
	struct famfs_fsck_result result;
	struct famfs_error err;

	(void)state;
	make_sample();
	assert_error(famfs_fsck(&target, &params, &result, &err), -EINVAL, &err, "reserved");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("counters that disagree or are out of range are found and repaired", counters),
		TEST("a next index that is too small loses no file", smaller_index),
		TEST("a next sequence number that is too large adds no entries", larger_seqnum),
		TEST("a damaged log header is found and rewritten", header),
		TEST("a recorded size that differs from the real one is found and repaired",
		     capacity),
		TEST("files beyond the end of the device are given up only on consent", lost_end),
		TEST("damage to the recorded size alone loses no file", recorded_size),
		TEST("an index that decreased is found, and appends wait", index_went_back),
		TEST("a damaged superblock is a finding, and a missing one is an error",
		     superblock),
		TEST("a file system in use is checked but not repaired", in_use),
		TEST("a client checks but does not repair", on_a_client),
		TEST("reserved fields must be zero", reserved_fields),
	};

	return run_group(tests);
}
