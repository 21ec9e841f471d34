/* SPDX-License-Identifier: Apache-2.0 */
/* Formatting an image: the bytes that are written, the refusals, and that a refusal changes
 * nothing. */
#include "support.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uuid.h>

static void new_image(void **state)
{
	struct famfs_mkfs_result result;
	struct famfs_volume *vol;
	struct famfs_info info;
	struct famfs_error err;

	(void)state;
	unlink(IMAGE);
	assert_ok(
		format_image((struct famfs_mkfs_params){ .size = 65 * MIB + 4096 }, &result, &err),
		&err);
	assert_true(result.device_size == 65 * MIB + 4096);
	assert_true(result.log_length == 8 * MIB && result.log_entries == 15420);
	assert_true(result.data_offset == 10 * MIB && result.data_length == 54 * MIB);
	assert_int_equal(result.system_uuid_source, FAMFS_SYSTEM_UUID_ENV);
	assert_string_equal(result.replaced, "");
	vol = open_volume(false);
	famfs_info(vol, &info);
	assert_memory_equal(info.uuid, result.uuid, 16);
	assert_memory_equal(info.master_uuid, result.system_uuid, 16);
	assert_int_equal(info.role, FAMFS_ROLE_MASTER);
	assert_int_equal(info.version, 48);
	assert_true(info.omf_major == 2 && info.omf_minor == 2 && info.alloc_unit == AU);
	assert_true(info.data_length == result.data_length && info.free_bytes == 54 * MIB);
	assert_string_equal(info.recorded_name, IMAGE);
	assert_true(info.log_entries == 0 && info.files == 0 && info.directories == 0);
	famfs_close(vol);
}

static void given_values(void **state)
{
	struct famfs_mkfs_params params = { .size = 64 * MIB, .log_length = 16 * MIB };
	struct famfs_mkfs_result result;
	struct famfs_error err;

	(void)state;
	unlink(IMAGE);
	assert_int_equal(uuid_parse("12345678-9abc-4ef0-8123-456789abcdef", params.uuid), 0);
	assert_ok(format_image(params, &result, &err), &err);
	assert_memory_equal(result.uuid, params.uuid, 16);
	assert_true(result.log_entries == 30840 && result.data_offset == 18 * MIB);
	assert_ok(famfs_mkfs(IMAGE, &(struct famfs_mkfs_params){ .size = 72 * MIB, .force = true },
			     NULL, &err),
		  &err);
}

static void sizes(void **state)
{
	struct famfs_error err;
	struct stat st;

	(void)state;
	unlink(IMAGE);
	assert_error(format_image((struct famfs_mkfs_params){ .size = 0 }, NULL, &err), -ENOENT,
		     &err, "cannot open");
	assert_int_equal(err.remedy, FAMFS_REMEDY_SET_SIZE);
	assert_error(format_image((struct famfs_mkfs_params){ .size = 12 * MIB - 1 }, NULL, &err),
		     -ENOSPC, &err, "at least 12582912");
	assert_error(
		format_image((struct famfs_mkfs_params){ .size = 64 * MIB, .log_length = 64 * MIB },
			     NULL, &err),
		-ENOSPC, &err, "log of 67108864");
	assert_error(format_image((struct famfs_mkfs_params){ .size = 64 * MIB,
							      .log_length = UINT64_C(1) << 63 },
				  NULL, &err),
		     -EINVAL, &err, "from 8 MiB to 16 GiB");
	assert_error(
		format_image((struct famfs_mkfs_params){ .size = 64 * MIB, .log_length = 4 * MIB },
			     NULL, &err),
		-EINVAL, &err, "power of two from 8 MiB");
	assert_error(
		format_image((struct famfs_mkfs_params){ .size = 64 * MIB, .log_length = 24 * MIB },
			     NULL, &err),
		-EINVAL, &err, "power of two");
	assert_error(format_image((struct famfs_mkfs_params){ .size = 64 * MIB, .reserved = { 1 } },
				  NULL, &err),
		     -EINVAL, &err, "reserved");
	/* None of them leaves a file behind. */
	assert_int_equal(stat(IMAGE, &st), -1);
	assert_ok(format_image((struct famfs_mkfs_params){ .size = 12 * MIB }, NULL, &err), &err);
}

static void assert_untouched(const struct omf_super *before)
{
	struct omf_super after;

	image_get(0, &after, sizeof(after));
	assert_memory_equal(&after, before, sizeof(after));
}

static void our_own(void **state)
{
	struct famfs_mkfs_result result;
	struct famfs_volume *vol;
	struct omf_super before;
	struct famfs_error err;

	(void)state;
	make_image(64 * MIB);
	vol = open_volume(true);
	assert_ok(add_file(vol, "f", 5000, 1, &err), &err);
	famfs_close(vol);
	image_get(0, &before, sizeof(before));
	assert_error(format_image((struct famfs_mkfs_params){ .size = 0 }, &result, &err), -EEXIST,
		     &err, "already holds a famfs");
	assert_true(err.refused);
	assert_text(err.message, "1 files, 5000 bytes");
	assert_int_equal(err.remedy, FAMFS_REMEDY_FORCE);
	assert_untouched(&before);
	assert_ok(format_image((struct famfs_mkfs_params){ .force = true }, &result, &err), &err);
	assert_text(result.replaced, "1 files, 5000 bytes");
	vol = open_volume(false);
	assert_string_equal(file_fault(vol, "f", 5000, 1), "is not there");
	famfs_close(vol);
}

static void foreign_famfs(void **state)
{
	struct omf_super before;
	struct famfs_error err;

	(void)state;
	make_image(64 * MIB);
	image_get(0, &before, sizeof(before));
	be_client();
	assert_error(format_image((struct famfs_mkfs_params){ .force = true }, NULL, &err), -EEXIST,
		     &err, "another master");
	assert_text(err.message, MASTER_UUID);
	assert_int_equal(err.remedy, FAMFS_REMEDY_FORCE_FOREIGN);
	assert_error(format_image((struct famfs_mkfs_params){ .force_foreign = true }, NULL, &err),
		     -EEXIST, &err, "another master");
	assert_untouched(&before);
	assert_ok(format_image((struct famfs_mkfs_params){ .force = true, .force_foreign = true },
			       NULL, &err),
		  &err);
	be_master();
}

static void something_else(void **state)
{
	struct omf_super before;
	struct famfs_error err;

	(void)state;
	put_image("LUKS\xba\xbe\0\1", 8, 64 * MIB);
	image_get(0, &before, sizeof(before));
	assert_error(format_image((struct famfs_mkfs_params){ .size = 0 }, NULL, &err), -EEXIST,
		     &err, "a signature of crypto_LUKS");
	assert_true(err.refused);
	assert_untouched(&before);
	assert_ok(format_image((struct famfs_mkfs_params){ .force = true }, NULL, &err), &err);
}

/* Data that is neither a famfs nor a signature of libblkid. */
static void unknown_data(void **state)
{
	static const struct {
		uint64_t size, offset;
		const char *bytes, *text;
	} cases[] = {
		{ 64 * MIB, 0, "SQLite format 3",
		  "already holds data of an unknown kind (at offset 0: 53 51 4c 69 74 65 20 66 6f "
		  "72 6d 61 74 20 33 00 \"SQLite format 3.\")" },
		{ 64 * MIB, 4, "ftypisom", "(at offset 4: 66 74 79 70 69 73 6f 6d " },
		{ 64 * MIB, MIB - 1, "x", "(at offset 1048575: 78 00" },
		{ 64 * MIB, 63 * MIB, "x", "(at offset 66060288: 78 00" },
		{ 64 * MIB, 64 * MIB - 2, "\"\\", "(at offset 67108862: 22 5c \"\"\\\")" },
		{ 100, 99, "\n", "(at offset 99: 0a \".\")" },
		{ 3 * MIB / 2, 3 * MIB / 2 - 1, "x", "(at offset 1572863: 78 \"x\")" },
	};
	const struct famfs_mkfs_params plain = { .size = 64 * MIB };
	const struct famfs_mkfs_params dry = { .size = 64 * MIB, .dry_run = true };
	const struct famfs_mkfs_params force = { .size = 64 * MIB, .force = true };
	struct famfs_mkfs_result result;
	struct famfs_error err;
	struct stat st;
	char byte;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put_image("", 0, cases[i].size);
		image_put(cases[i].offset, cases[i].bytes, strlen(cases[i].bytes));
		assert_error(format_image(dry, &result, &err), -EEXIST, &err, cases[i].text);
		assert_error(format_image(plain, &result, &err), -EEXIST, &err, cases[i].text);
		assert_true(err.refused);
		assert_int_equal(err.remedy, FAMFS_REMEDY_FORCE);
		assert_text(result.replaced, "data of an unknown kind");
		assert_int_equal(stat(IMAGE, &st), 0);
		assert_true(st.st_size == (off_t)cases[i].size);
		image_get(cases[i].offset, &byte, 1);
		assert_int_equal(byte, cases[i].bytes[0]);
		assert_ok(format_image(force, &result, &err), &err);
		assert_text(result.replaced, "data of an unknown kind");
	}
}

/* Zeros, with and without allocated space, and data that is far from both ends. */
static void no_data(void **state)
{
	static const char zeros[8192];
	struct famfs_mkfs_result result;
	struct famfs_error err;

	(void)state;
	put_image("", 0, 64 * MIB);
	for (uint64_t at = 0; at < 64 * MIB; at += 32 * MIB - sizeof(zeros) / 2)
		image_put(at, zeros, sizeof(zeros) / 2);
	image_put(MIB, "x", 1);
	image_put(63 * MIB - 1, "x", 1);
	assert_ok(format_image((struct famfs_mkfs_params){ .size = 0 }, &result, &err), &err);
	assert_string_equal(result.replaced, "");
}

/* Its files could still be recovered by hand. */
static void log_alone(void **state)
{
	const struct famfs_mkfs_params plain = { .size = 0 };
	static const char zeros[4096];
	struct famfs_volume *vol;
	struct famfs_error err;
	uint64_t seqnum, index;

	(void)state;
	make_image(64 * MIB);
	vol = open_volume(true);
	assert_ok(add_dir(vol, "a", &err), &err);
	assert_ok(add_dir(vol, "b", &err), &err);
	famfs_close(vol);
	image_put(0, zeros, sizeof(zeros));
	assert_error(format_image(plain, NULL, &err), -EEXIST, &err,
		     "already holds a famfs log without its superblock (2 entries)");
	assert_true(err.refused);
	counters_get(&seqnum, &index);
	assert_true(seqnum == 2 && index == 2);
	assert_ok(format_image((struct famfs_mkfs_params){ .force = true }, NULL, &err), &err);
	/* An empty log describes nothing. */
	image_put(0, zeros, sizeof(zeros));
	assert_ok(format_image(plain, NULL, &err), &err);
}

static void damaged_famfs(void **state)
{
	struct omf_super raw;
	struct famfs_error err;

	(void)state;
	make_image(64 * MIB);
	image_get(0, &raw, sizeof(raw));
	raw.uuid[0] ^= 1;
	image_put(0, &raw, sizeof(raw));
	assert_error(format_image((struct famfs_mkfs_params){ .size = 0 }, NULL, &err), -EEXIST,
		     &err, "damaged");
	assert_untouched(&raw);
	/* Only its own host knows whether it is needed. */
	be_client();
	assert_error(format_image((struct famfs_mkfs_params){ .force = true }, NULL, &err), -EEXIST,
		     &err, "another master");
	assert_text(err.message, MASTER_UUID);
	assert_untouched(&raw);
	be_master();
	raw.version = le64_make(50);
	image_put(0, &raw, sizeof(raw));
	assert_error(format_image((struct famfs_mkfs_params){ .size = 0 }, NULL, &err), -EEXIST,
		     &err, "another format");
	assert_untouched(&raw);
}

static void in_use(void **state)
{
	const struct famfs_mkfs_params params = { .force = true };
	const struct famfs_mkfs_params dry = { .force = true, .dry_run = true };
	struct famfs_volume *vol;
	struct omf_super before;
	struct famfs_error err;

	(void)state;
	make_image(64 * MIB);
	image_get(0, &before, sizeof(before));
	vol = open_volume(true);
	assert_error(famfs_mkfs(IMAGE, &params, NULL, &err), -EBUSY, &err, "in use");
	assert_true(err.refused);
	assert_error(famfs_mkfs(IMAGE, &dry, NULL, &err), -EBUSY, &err, "in use");
	assert_untouched(&before);
	famfs_close(vol);
	assert_ok(famfs_mkfs(IMAGE, &params, NULL, &err), &err);
}

static void dry_run(void **state)
{
	const struct famfs_mkfs_params dry = { .size = 32 * MIB, .force = true, .dry_run = true };
	struct famfs_mkfs_result result;
	struct omf_super before;
	struct famfs_error err;
	struct stat st;

	(void)state;
	make_image(64 * MIB);
	image_get(0, &before, sizeof(before));
	assert_ok(famfs_mkfs(IMAGE, &dry, &result, &err), &err);
	assert_true(result.device_size == 32 * MIB);
	assert_text(result.replaced, "famfs");
	assert_untouched(&before);
	assert_int_equal(stat(IMAGE, &st), 0);
	assert_true(st.st_size == 64 * (off_t)MIB);
	unlink(IMAGE);
	assert_ok(famfs_mkfs(IMAGE, &dry, &result, &err), &err);
	assert_int_equal(stat(IMAGE, &st), -1);
}

/* A file system that is not made has no UUID. */
static void erased(void **state)
{
	const struct famfs_mkfs_params params = { .force = true, .erase = true };
	static const struct famfs_mkfs_result nothing;
	struct famfs_mkfs_result result;
	struct famfs_error err;

	(void)state;
	make_image(64 * MIB);
	memset(&result, 0x55, sizeof(result));
	assert_ok(format_image(params, &result, &err), &err);
	assert_text(result.replaced, "a famfs file system");
	memset(result.replaced, 0, sizeof(result.replaced));
	assert_memory_equal(&result, &nothing, sizeof(result));
	assert_ok(format_image(params, &result, &err), &err);
	assert_memory_equal(&result, &nothing, sizeof(result));
}

/* Old entries and old data of an image that held a file system before. */
static void no_old_log(void **state)
{
	struct famfs_volume *vol;
	struct famfs_error err;
	struct omf_entry raw, zero;

	(void)state;
	make_image(64 * MIB);
	vol = open_volume(true);
	assert_ok(add_dir(vol, "old", &err), &err);
	famfs_close(vol);
	assert_ok(format_image((struct famfs_mkfs_params){ .force = true }, NULL, &err), &err);
	memset(&zero, 0, sizeof(zero));
	entry_get(0, &raw);
	assert_memory_equal(&raw, &zero, sizeof(raw));
}

static void modes(void **state)
{
	static const mode_t masks[] = { 0, 022, 0277 };
	struct famfs_error err;
	struct stat st;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(masks); i++) {
		mode_t before = umask(masks[i]);
		int ret;

		unlink(IMAGE);
		ret = format_image((struct famfs_mkfs_params){ .size = 64 * MIB }, NULL, &err);
		umask(before);
		assert_ok(ret, &err);
		assert_int_equal(stat(IMAGE, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600 & ~masks[i]);
	}
	/* The owner of an existing image has chosen its mode. */
	assert_int_equal(chmod(IMAGE, 0664), 0);
	assert_ok(format_image((struct famfs_mkfs_params){ .force = true }, NULL, &err), &err);
	assert_int_equal(stat(IMAGE, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0664);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("a missing image is made, with the values of the format", new_image),
		TEST("mkfs uses the given UUID, size and log length", given_values),
		TEST("impossible sizes are refused, and no file is left", sizes),
		TEST("a famfs of this host is only replaced with force", our_own),
		TEST("another master's famfs needs two flags", foreign_famfs),
		TEST("any other signature is named, and only replaced with force", something_else),
		TEST("an image that holds data of any kind is only replaced with force",
		     unknown_data),
		TEST("zeros do not count as data", no_data),
		TEST("a famfs log without its superblock is only replaced with force", log_alone),
		TEST("a damaged or unknown famfs still has an owner", damaged_famfs),
		TEST("a device in use is not formatted, with any force", in_use),
		TEST("a dry run reports its results and changes nothing", dry_run),
		TEST("mkfs names the famfs that it erased, and no other", erased),
		TEST("nothing of an old log is left", no_old_log),
		TEST("only its owner can access a new image", modes),
	};

	return run_group(tests);
}
