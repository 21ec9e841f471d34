/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every system call on an image fails once, is interrupted, or transfers fewer bytes. A call that
 * cannot go on fails with the kernel's error and leaves nothing incomplete, and the same call
 * succeeds the next time.
 */
#include "pagecache.h"

#include "fs/volume.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct plan_entry entries[] = {
	{ .path = "d" },
	{ .path = "d/a", .size = 5000 },
	{ .path = "unfilled", .size = 100, .unfilled = true },
	{ .path = "large", .size = AU + 4097 },
};

static const struct plan plan = { entries, ARRAY_SIZE(entries) };

static const enum trouble troubles[] = { TROUBLE_EIO, TROUBLE_ENOSPC, TROUBLE_EINTR,
					 TROUBLE_SHORT };

/* After trouble a call returns success, or the error of the kernel, in the message too. A memory
 * error, which the system calls then explain, is an EIO. */
static void assert_told(int ret, enum trouble trouble, const struct famfs_error *err)
{
	if (ret == 0)
		return;
	assert_int_equal(ret, -trouble_errno(trouble));
	assert_int_equal(err->code, ret);
	assert_false(err->refused);
	assert_text(err->message, "cannot ");
	assert_text(err->message, strerror(-ret));
}

static void fill(void)
{
	struct famfs_volume *vol = open_volume(true);
	struct famfs_error err;

	for (size_t i = 0; i < plan.count; i++)
		assert_ok(plan_add(vol, &plan, i, &err), &err);
	famfs_close(vol);
}

static void assert_whole(size_t count)
{
	const struct famfs_target target = image_target();
	const struct famfs_fsck_params params = { .repair = false };
	struct famfs_fsck_result result;
	struct famfs_volume *vol = open_volume(false);
	struct famfs_info info;
	struct famfs_error err;

	famfs_info(vol, &info);
	assert_int_equal(info.log_entries, count);
	assert_null(plan_fault(vol, &plan));
	famfs_close(vol);
	assert_ok(famfs_fsck(&target, &params, &result, &err), &err);
	assert_int_equal(result.problems, 0);
}

/* After an mkfs over the files of the plan failed, either they or no file system are there. */
static void assert_old_or_none(void)
{
	const struct famfs_target target = image_target();
	const struct famfs_volume_params params = { 0 };
	struct famfs_volume *vol;
	struct famfs_info info;
	struct famfs_error err;

	if (famfs_open(&target, &params, &vol, &err) < 0) {
		assert_int_equal(err.code, -EMEDIUMTYPE);
		return;
	}
	famfs_info(vol, &info);
	/* If the last barrier failed, the new file system may be there. */
	assert_true(info.log_entries == 0 || info.log_entries == plan.count);
	assert_null(plan_fault(vol, &plan));
	famfs_close(vol);
}

static void formatting(void **state)
{
	const struct famfs_mkfs_params params = { .force = true, .log_length = 16 * MIB };
	struct famfs_error err;

	(void)state;
	for (size_t t = 0; t < ARRAY_SIZE(troubles); t++) {
		int failures = 0;

		for (int n = 0;; n++) {
			int ret;

			make_image(34 * MIB);
			fill();
			pagecache_trouble(troubles[t], n);
			ret = famfs_mkfs(IMAGE, &params, NULL, &err);
			if (pagecache_trouble_in() >= 0)
				break;
			assert_told(ret, troubles[t], &err);
			failures += ret < 0;
			if (ret < 0)
				assert_old_or_none();
		}
		pagecache_trouble(troubles[t], -1);
		assert_whole(0);
		note("%d failures\n", failures);
		assert_true(trouble_errno(troubles[t]) ? failures > 4 : failures == 0);
	}
}

static void creation(void **state)
{
	const struct famfs_mkfs_params params = { .size = 34 * MIB };
	struct famfs_error err;
	struct stat st;

	(void)state;
	for (size_t t = 0; t < ARRAY_SIZE(troubles); t++) {
		int failures = 0;

		for (int n = 0;; n++) {
			int ret;

			unlink(IMAGE);
			pagecache_trouble(troubles[t], n);
			ret = famfs_mkfs(IMAGE, &params, NULL, &err);
			if (pagecache_trouble_in() >= 0)
				break;
			assert_told(ret, troubles[t], &err);
			failures += ret < 0;
			assert_int_equal(stat(IMAGE, &st), ret < 0 ? -1 : 0);
		}
		pagecache_trouble(troubles[t], -1);
		assert_whole(0);
		assert_true(trouble_errno(troubles[t]) ? failures > 6 : failures == 0);
	}
}

/* Adds entry `i` with trouble at call `n`. False when there are fewer calls. */
static bool add_troubled(struct famfs_volume *vol, size_t i, enum trouble trouble, int n,
			 bool *added)
{
	struct famfs_info before, after;
	struct famfs_error err;
	int ret;

	famfs_info(vol, &before);
	pagecache_trouble(trouble, n);
	ret = plan_add(vol, &plan, i, &err);
	*added = ret == 0;
	if (pagecache_trouble_in() >= 0) {
		pagecache_trouble(trouble, -1);
		assert_ok(ret, &err);
		return false;
	}
	if (ret == 0)
		return true;
	assert_int_equal(ret, -trouble_errno(trouble));
	assert_text(err.message, strerror(-ret));
	famfs_info(vol, &after);
	assert_memory_equal(&before, &after, sizeof(before));
	return true;
}

static void additions(void **state)
{
	(void)state;
	for (size_t t = 0; t < ARRAY_SIZE(troubles); t++) {
		struct famfs_volume *vol;
		bool added, more;

		make_image(34 * MIB);
		vol = open_volume(true);
		for (size_t i = 0; i < plan.count; i++) {
			int n = 0;

			do
				more = add_troubled(vol, i, troubles[t], n++, &added);
			while (more && !added);
		}
		assert_null(plan_fault(vol, &plan));
		famfs_close(vol);
		assert_whole(plan.count);
	}
}

/* The barrier is the last call of both. */
static void last_barrier(void **state)
{
	const struct famfs_takeover_params takeover = { .dry_run = false };
	const struct famfs_fsck_params repair = { .repair = true };
	const struct famfs_target target = image_target();
	struct famfs_fsck_result result;
	struct famfs_error err;
	int failures = 0;

	(void)state;
	for (int n = 0;; n++) {
		int ret;

		make_image(34 * MIB);
		be_client();
		pagecache_trouble(TROUBLE_EIO, n);
		ret = famfs_takeover(IMAGE, &takeover, NULL, &err);
		be_master();
		if (pagecache_trouble_in() >= 0)
			break;
		assert_told(ret, TROUBLE_EIO, &err);
		failures += ret < 0 && strstr(err.message, "cannot write '") != NULL;
	}
	assert_true(failures > 0);
	failures = 0;
	for (int n = 0;; n++) {
		int ret;

		pagecache_trouble(TROUBLE_EIO, -1);
		make_image(34 * MIB);
		image_put(offsetof(struct omf_super, device_size), "\xff", 1);
		pagecache_trouble(TROUBLE_EIO, n);
		ret = famfs_fsck(&target, &repair, &result, &err);
		if (pagecache_trouble_in() >= 0)
			break;
		assert_told(ret, TROUBLE_EIO, &err);
		failures += ret < 0 && strstr(err.message, "cannot write '") != NULL;
	}
	pagecache_trouble(TROUBLE_EIO, -1);
	assert_true(failures > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("an mkfs that fails reports why, and leaves the old files or none",
		     formatting),
		TEST("an image that cannot be formatted is not left behind", creation),
		TEST("an entry that could not be added leaves no trace, and a retry succeeds",
		     additions),
		TEST("a takeover or repair fails if it cannot be written back", last_barrier),
	};

	return run_group(tests);
}
