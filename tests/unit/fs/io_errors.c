/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every operation on a device fails once: the call that needed it reports that and changes nothing,
 * and the same call succeeds the next time.
 */
#include "memdev.h"

#include "fs/volume.h"

#include <errno.h>
#include <string.h>

static const struct plan_entry entries[] = {
	{ .path = "d" },
	{ .path = "d/a", .size = 5000 },
	{ .path = "unfilled", .size = 100, .unfilled = true },
	{ .path = "d/e" },
	{ .path = "large", .size = AU + 4097 },
};

static const struct plan plan = { entries, ARRAY_SIZE(entries) };

static struct memory *start(void)
{
	struct memory *mem = memory_new(34 * MIB);

	memory_format(mem);
	memory_litter(mem);
	plug_memory(mem);
	return mem;
}

static void end(struct memory *mem)
{
	plain_fail_after(-1);
	plug(NULL, NULL);
	memory_free(mem);
}

static void assert_whole(size_t count)
{
	const struct famfs_target target = memory_target();
	const struct famfs_fsck_params params = { .repair = false };
	struct famfs_fsck_result result;
	struct famfs_volume *vol;
	struct famfs_info info;
	struct famfs_error err;

	assert_ok(open_plugged(false, &vol, &err), &err);
	famfs_info(vol, &info);
	assert_true(info.log_entries == count);
	assert_null(plan_fault(vol, &plan));
	famfs_close(vol);
	assert_ok(famfs_fsck(&target, &params, &result, &err), &err);
	assert_int_equal(result.problems, 0);
}

/* Adds entry `i` with the `n`th operation failing. False when there are fewer operations. */
static bool add_failing(struct famfs_volume *vol, size_t i, int n)
{
	struct famfs_info before, after;
	struct famfs_error err;
	int ret;

	famfs_info(vol, &before);
	plain_fail_after(n);
	ret = plan_add(vol, &plan, i, &err);
	if (plain_fails_in() >= 0) {
		plain_fail_after(-1);
		assert_ok(ret, &err);
		return false;
	}
	assert_int_equal(ret, -EIO);
	assert_int_equal(err.code, -EIO);
	assert_text(err.message, "Input/output error");
	famfs_info(vol, &after);
	assert_memory_equal(&before, &after, sizeof(before));
	return true;
}

static void additions(void **state)
{
	struct memory *mem = start();
	struct famfs_volume *vol;
	struct famfs_error err;
	int failures = 0;

	(void)state;
	assert_ok(open_plugged(true, &vol, &err), &err);
	for (size_t i = 0; i < plan.count; i++)
		for (int n = 0; add_failing(vol, i, n); n++)
			failures++;
	assert_true(failures > 30);
	assert_null(plan_fault(vol, &plan));
	assert_null(plan_slack_fault(vol, &plan, mem));
	famfs_close(vol);
	assert_whole(plan.count);
	end(mem);
}

static void fill(void)
{
	struct famfs_volume *vol;
	struct famfs_error err;

	assert_ok(open_plugged(true, &vol, &err), &err);
	for (size_t i = 0; i < plan.count; i++)
		assert_ok(plan_add(vol, &plan, i, &err), &err);
	famfs_close(vol);
}

static void opening(void **state)
{
	struct memory *mem = start();
	struct famfs_volume *vol;
	struct famfs_error err;
	int n;

	(void)state;
	fill();
	for (n = 0;; n++) {
		int ret;

		plain_fail_after(n);
		ret = open_plugged(false, &vol, &err);
		if (plain_fails_in() >= 0)
			break;
		if (ret == 0) { /* a failure that the call can survive */
			famfs_close(vol);
			continue;
		}
		assert_int_equal(ret, -EIO);
		assert_text(err.message, "cannot read");
	}
	plain_fail_after(-1);
	famfs_close(vol);
	assert_true(n > 3);
	assert_whole(plan.count);
	end(mem);
}

static void catching_up(void **state)
{
	struct memory *mem = start();
	struct famfs_volume *vol, *reader;
	struct famfs_error err;
	size_t i;

	(void)state;
	assert_ok(open_plugged(false, &reader, &err), &err);
	assert_ok(open_plugged(true, &vol, &err), &err);
	for (i = 0; i < plan.count; i++) {
		assert_ok(plan_add(vol, &plan, i, &err), &err);
		for (int n = 0;; n++) {
			int ret;

			plain_fail_after(n);
			ret = famfs_catch_up(reader, &err);
			if (plain_fails_in() >= 0)
				break;
			assert_error(ret, -EIO, &err, "cannot read");
		}
		plain_fail_after(-1);
		assert_null(plan_fault(reader, &plan));
	}
	famfs_close(vol);
	famfs_close(reader);
	end(mem);
}

static bool yes(void *arg, const struct famfs_problem *problem)
{
	(void)arg, (void)problem;
	return true;
}

/* Damage of several kinds, and a repair that is made again until nothing fails. */
static void repairs(void **state)
{
	const struct famfs_target target = memory_target();
	const struct famfs_fsck_params params = { .repair = true, .confirm = yes };
	struct famfs_fsck_result result;
	struct famfs_volume *vol;
	struct memory *mem = start();
	struct famfs_error err;
	int n, failures = 0;

	(void)state;
	fill();
	mem->base[omf_entry_offset(1) + 30] ^= 1;
	mem->base[omf_entry_offset(4) + 30] ^= 1;
	mem->base[OMF_LOG_OFFSET] ^= 1;
	mem->base[offsetof(struct omf_super, device_size)] ^= 1;
	for (n = 0;; n++) {
		int ret;

		plain_fail_after(n);
		ret = famfs_fsck(&target, &params, &result, &err);
		if (plain_fails_in() >= 0)
			break;
		assert_true(ret == 0 || ret == -EIO);
		failures += ret < 0;
	}
	plain_fail_after(-1);
	assert_true(failures > 5);
	assert_ok(famfs_fsck(&target, &params, &result, &err), &err);
	assert_int_equal(result.problems, 0);
	assert_ok(open_plugged(false, &vol, &err), &err);
	assert_null(plan_entry_fault(vol, &plan, 0));
	assert_null(plan_entry_fault(vol, &plan, 2));
	assert_null(plan_entry_fault(vol, &plan, 3));
	famfs_close(vol);
	end(mem);
}

static void formatting(void **state)
{
	const struct famfs_mkfs_params params = { .force = true };
	struct memory *mem = start();
	struct famfs_volume *vol;
	struct famfs_info info;
	struct famfs_error err;
	int failures = 0;

	(void)state;
	for (int n = 0;; n++) {
		int ret;

		memory_format(mem);
		plain_fail_after(n);
		ret = famfs_mkfs(MEMORY_NAME, &params, NULL, &err);
		if (plain_fails_in() >= 0)
			break;
		failures += ret < 0;
		if (ret < 0)
			assert_int_equal(ret, -EIO);
	}
	plain_fail_after(-1);
	assert_true(failures > 5);
	assert_ok(open_plugged(true, &vol, &err), &err);
	famfs_info(vol, &info);
	assert_true(info.log_entries == 0 && info.uuid[0] != 0xf0);
	famfs_close(vol);
	end(mem);
}

/* Memory with a stuck bit: it never holds the value that was stored. */
static struct {
	struct memory *mem;
	const struct device_ops *plain;
	struct device_ops ops;
	uint64_t offset;
} stuck;

static int stuck_write(struct device *dev, uint64_t offset, const void *buf, size_t length)
{
	int ret = stuck.plain->write(dev, offset, buf, length);

	if (stuck.offset >= offset && stuck.offset - offset < length)
		stuck.mem->base[stuck.offset] ^= 1;
	return ret;
}

static struct device *stuck_device(void *arg)
{
	struct device *dev = plain_device(arg);

	stuck.mem = arg;
	stuck.plain = dev->ops;
	stuck.ops = *dev->ops;
	stuck.ops.write = stuck_write;
	dev->ops = &stuck.ops;
	return dev;
}

static void reading_back(void **state)
{
	static const struct {
		uint64_t offset;
		const char *text;
	} places[] = {
		{ 0, "does not hold the superblock that was written" },
		{ offsetof(struct omf_super, uuid) + 15, "does not hold the superblock" },
		{ offsetof(struct omf_super, device_size) + 3, "does not hold the superblock" },
		{ OMF_LOG_OFFSET, "does not hold the log that was written: log header magic" },
		{ OMF_LOG_OFFSET + 24, "does not hold the log that was written: log header CRC" },
	};
	const struct famfs_mkfs_params params = { .force = true };
	struct memory *mem = memory_new(34 * MIB);
	struct famfs_error err;

	(void)state;
	be_master();
	plug(stuck_device, mem);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		memory_format(mem);
		stuck.offset = places[i].offset;
		assert_error(famfs_mkfs(MEMORY_NAME, &params, NULL, &err), -EIO, &err,
			     places[i].text);
	}
	end(mem);
}

static const struct device_ops *real_ops;

/* A kernel with famfs returns this for every file of a mount after one had a memory error. */
static int poison = -EHWPOISON;

static int poisoned_read(struct device *dev, uint64_t offset, void *buf, size_t length)
{
	if (offset < OMF_LOG_OFFSET + OMF_LOG_LENGTH_MIN)
		return real_ops->read(dev, offset, buf, length);
	return poison;
}

static int poisoned_store(struct device *dev, uint64_t offset, const void *buf, uint64_t length)
{
	(void)dev, (void)offset, (void)buf, (void)length;
	return poison;
}

static void memory_error(void **state)
{
	struct memory *mem = start();
	struct device_ops poisoned;
	struct famfs_volume *vol;
	struct famfs_file *file;
	struct famfs_error err;
	char byte = 'x';

	(void)state;
	be_master();
	assert_ok(open_plugged(true, &vol, &err), &err);
	assert_ok(add_file(vol, "f", 5000, 1, &err), &err);
	assert_ok(famfs_file_open(vol, "f", &file, &err), &err);
	real_ops = vol->dev->ops;
	poisoned = *real_ops;
	poisoned.read = poisoned_read;
	poisoned.store = poisoned_store;
	vol->dev->ops = &poisoned;
	assert_error(famfs_file_write(file, 0, &byte, 1, &err), -EHWPOISON, &err,
		     "cannot write 'f': Memory page has hardware error");
	assert_int_equal(err.remedy, FAMFS_REMEDY_REMOUNT_POISONED);
	assert_error(famfs_file_zero(file, 0, 1, &err), -EHWPOISON, &err, "cannot write 'f'");
	assert_int_equal(err.remedy, FAMFS_REMEDY_REMOUNT_POISONED);
	assert_error(famfs_file_read(file, 0, &byte, 1, &err), -EHWPOISON, &err,
		     "cannot read 'f': Memory page has hardware error");
	assert_int_equal(err.remedy, FAMFS_REMEDY_REMOUNT_POISONED);
	/* Memory that is mapped from the device has EIO for it, and an image has other reasons. */
	poison = -EIO;
	poisoned.dax = true;
	assert_error(famfs_file_read(file, 0, &byte, 1, &err), -EIO, &err, "cannot read 'f'");
	assert_int_equal(err.remedy, FAMFS_REMEDY_READ_KERNEL_LOG);
	poisoned.dax = false;
	assert_error(famfs_file_read(file, 0, &byte, 1, &err), -EIO, &err, "cannot read 'f'");
	assert_int_equal(err.remedy, FAMFS_REMEDY_NONE);
	vol->dev->ops = real_ops;
	famfs_file_close(file);
	famfs_close(vol);
	end(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("an entry that could not be added leaves no trace, and a retry succeeds",
		     additions),
		TEST("a volume that cannot be read is not opened", opening),
		TEST("a reader that could not catch up succeeds the next time", catching_up),
		TEST("a repair that failed at any point can be repeated", repairs),
		TEST("a memory error in a file has a remedy", memory_error),
		TEST("a device that cannot be written is not formatted", formatting),
		TEST("a device that does not keep written bytes is not formatted", reading_back),
	};

	return run_group(tests);
}
