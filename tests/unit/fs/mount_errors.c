/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A famfs that is reached through the files of its mount, in famfs mode: they are plain files here,
 * and every system call on them fails once, is interrupted or does less than was asked for. The
 * node is IMAGE, which is the file of the whole device as well.
 */
#include "pagecache.h"

#include "device/backend.h"
#include "device/daxinfo.h"
#include "fs/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEVICE_SIZE (34 * MIB)
#define MODELOCK    "modelock"

static const struct plan_entry entries[] = {
	{ .path = "d" },
	{ .path = "d/a", .size = 5000 },
	{ .path = "unfilled", .size = 100, .unfilled = true },
	{ .path = "large", .size = AU + 4097 },
};

static const struct plan plan = { entries, ARRAY_SIZE(entries) };

static const enum trouble troubles[] = { TROUBLE_EIO, TROUBLE_ENOSPC, TROUBLE_EINTR, TROUBLE_SHORT,
					 TROUBLE_POISON };

/* ---- a node in famfs mode -------------------------------------------------------------------- */

int __wrap_device_open_node(const char *path, const char *name, enum device_access access,
			    struct opened_node *out, struct famfs_error *err);
int __wrap_device_check_node(const char *path, const struct stat *st, struct famfs_error *err);
int __wrap_daxinfo_read(const char *root, dev_t number, struct famfs_dax_info *info);
int __real_famfs_invalidate(const struct famfs_mapping *mapping, uint64_t offset, uint64_t length);
int __wrap_famfs_invalidate(const struct famfs_mapping *mapping, uint64_t offset, uint64_t length);

static uint64_t dropped[2]; /* the last range of a file whose lines were dropped */

int __wrap_device_open_node(const char *path, const char *name, enum device_access access,
			    struct opened_node *out, struct famfs_error *err)
{
	(void)path, (void)name, (void)err;
	*out = (struct opened_node){ .fd = open(IMAGE, O_RDWR | O_CLOEXEC),
				     .modelock = open(MODELOCK, O_RDWR | O_CREAT | O_CLOEXEC, 0600),
				     .writable = access != DEVICE_READ };
	assert_int_equal(fstat(out->fd, &out->st), 0);
	out->st.st_mode = S_IFCHR | 0600;
	return fd_lock(out->modelock, DEVICE_SHARED, 0, 0);
}

int __wrap_device_check_node(const char *path, const struct stat *st, struct famfs_error *err)
{
	(void)path, (void)st, (void)err;
	return 0;
}

int __wrap_daxinfo_read(const char *root, dev_t number, struct famfs_dax_info *info)
{
	(void)root, (void)number;
	*info = (struct famfs_dax_info){ .mode = FAMFS_DAX_FAMFS, .size = DEVICE_SIZE };
	return 0;
}

int __wrap_famfs_invalidate(const struct famfs_mapping *mapping, uint64_t offset, uint64_t length)
{
	dropped[0] = offset;
	dropped[1] = length;
	return __real_famfs_invalidate(mapping, offset, length);
}

/* ---- the mount ------------------------------------------------------------------------------- */

static void show(uint64_t offset, size_t length, const char *path)
{
	char *bytes = malloc(length);
	FILE *f = fopen(path, "we");

	assert_non_null(bytes);
	assert_non_null(f);
	image_get(offset, bytes, length);
	assert_int_equal(fwrite(bytes, 1, length, f), length);
	fclose(f);
	free(bytes);
}

/* Of a file, only the size counts: its bytes are those of the device. */
static void show_file(const struct plan_entry *entry)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "mount/%s", entry->path);
	if (!entry->size) {
		mkdir(path, 0755);
		return;
	}
	f = fopen(path, "we");
	assert_non_null(f);
	fclose(f);
	assert_int_equal(truncate(path, (off_t)entry->size), 0);
}

static void start(bool filled)
{
	struct famfs_volume *vol;
	struct famfs_error err;

	pagecache_trouble(TROUBLE_EIO, -1);
	pagecache_refuse_mappings(false);
	make_image(DEVICE_SIZE);
	vol = open_volume(true);
	for (size_t i = 0; filled && i < plan.count; i++)
		assert_ok(plan_add(vol, &plan, i, &err), &err);
	famfs_close(vol);
	mkdir("mount", 0755);
	mkdir("mount/.meta", 0755);
	show(0, AU, "mount/.meta/.superblock");
	show(OMF_LOG_OFFSET, OMF_LOG_LENGTH_MIN, "mount/.meta/.log");
	unlink("mount/.meta/.device");
	assert_int_equal(link(IMAGE, "mount/.meta/.device"), 0);
	for (size_t i = 0; i < plan.count; i++)
		show_file(&entries[i]);
}

static int open_mount(enum device_access access, struct famfs_volume **out, struct famfs_error *err)
{
	const struct volume_params params = { .access = access };
	struct device *dev;
	int ret = device_open_metafiles("mount", "/dev/some", access, &dev, err);

	return ret < 0 ? ret : volume_open(dev, &params, out, err);
}

/* Whether the call may fail with that: a mapping knows memory errors only. */
static void assert_told(int ret, enum trouble trouble, bool mapped, const struct famfs_error *err)
{
	if (!mapped || ret != -EIO)
		assert_int_equal(ret, -trouble_errno(trouble));
	assert_int_equal(err->code, ret);
	assert_text(err->message, "cannot ");
	if (mapped && (ret == -EIO || ret == -EHWPOISON))
		assert_int_equal(err->remedy, ret == -EIO ? FAMFS_REMEDY_REMOUNT_BROKEN
							  : FAMFS_REMEDY_REMOUNT_POISONED);
	else
		assert_int_equal(err->remedy, FAMFS_REMEDY_NONE);
}

/* Mapped, as the kernel has them, and where the server answers, read. */
static void metadata(void **state)
{
	(void)state;
	start(true);
	for (size_t t = 0; t < 2 * ARRAY_SIZE(troubles); t++) {
		enum trouble trouble = troubles[t / 2];
		int failures = 0;

		pagecache_refuse_mappings(t % 2);
		for (int n = 0;; n++) {
			struct famfs_volume *vol;
			struct famfs_info info;
			struct famfs_error err;
			int ret;

			pagecache_trouble(trouble, n);
			ret = open_mount(DEVICE_READ, &vol, &err);
			failures += ret < 0;
			if (ret == 0) {
				famfs_info(vol, &info);
				assert_int_equal(info.log_entries, plan.count);
				volume_close(vol);
			} else if (trouble_errno(trouble) != EHWPOISON) {
				assert_told(ret, trouble, t % 2 == 0, &err);
			} else {
				assert_true(ret == -EHWPOISON || ret == -EIO);
			}
			if (pagecache_trouble_in() >= 0)
				break;
		}
		assert_true(trouble_errno(trouble) ? failures > 1 : failures == 0);
	}
}

/* The whole of a file, read with trouble at call `n`. */
static int read_file(enum trouble trouble, int n, const struct plan_entry *entry,
		     struct famfs_error *err)
{
	unsigned char *got = malloc(entry->size), *want = malloc(entry->size);
	struct famfs_volume *vol;
	struct famfs_file *file = NULL;
	int ret;

	assert_ok(open_mount(DEVICE_READ, &vol, err), err);
	pagecache_trouble(trouble, n);
	ret = famfs_file_open(vol, entry->path, &file, err);
	if (ret == 0)
		ret = famfs_file_read(file, 0, got, entry->size, err);
	n = pagecache_trouble_in();
	pagecache_trouble(trouble, -1);
	if (ret == 0) {
		image_get(file->fmap.extents[0].offset, want, entry->size);
		assert_memory_equal(got, want, entry->size);
	}
	famfs_file_close(file);
	volume_close(vol);
	pagecache_trouble(trouble, n);
	free(got);
	free(want);
	return ret;
}

static void contents(void **state)
{
	(void)state;
	start(true);
	for (size_t t = 0; t < ARRAY_SIZE(troubles); t++) {
		int failures = 0;

		for (int n = 0;; n++) {
			struct famfs_error err;
			int ret = read_file(troubles[t], n, &entries[3], &err);

			if (pagecache_trouble_in() >= 0)
				break;
			failures += ret < 0;
			if (ret < 0)
				assert_told(ret, troubles[t], true, &err);
		}
		pagecache_trouble(troubles[t], -1);
		/* Superblock, mapping and data. */
		assert_true(trouble_errno(troubles[t]) ? failures > 2 : failures == 0);
	}
}

/* What is read is dropped from this host's cache before, by the address of the file itself. */
static void lines_are_dropped(void **state)
{
	struct famfs_volume *vol;
	struct famfs_file *file;
	struct famfs_error err;
	char bytes[1000];

	(void)state;
	start(true);
	assert_ok(open_mount(DEVICE_READ, &vol, &err), &err);
	assert_ok(famfs_file_open(vol, "large", &file, &err), &err);
	assert_ok(famfs_file_read(file, AU - 7, bytes, sizeof(bytes), &err), &err);
	assert_true(dropped[0] == AU - 7 && dropped[1] == sizeof(bytes));
	famfs_file_close(file);
	/* A file that its mount does not open is not read past it. */
	assert_int_equal(unlink("mount/large"), 0);
	assert_error(famfs_file_open(vol, "large", &file, &err), -ENOENT, &err,
		     "cannot open 'large'");
	volume_close(vol);
}

/* Adds entry `i` with trouble at call `n`. */
static int add_troubled(struct famfs_volume *vol, size_t i, enum trouble trouble, int n)
{
	struct famfs_info before, after;
	struct famfs_error err;
	int ret;

	famfs_info(vol, &before);
	pagecache_trouble(trouble, n);
	ret = plan_add(vol, &plan, i, &err);
	n = pagecache_trouble_in();
	pagecache_trouble(trouble, -1);
	if (ret < 0) {
		assert_true(n < 0);
		assert_told(ret, trouble, true, &err);
		famfs_info(vol, &after);
		assert_memory_equal(&before, &after, sizeof(before));
	}
	return ret;
}

static void additions(void **state)
{
	(void)state;
	for (size_t t = 0; t < ARRAY_SIZE(troubles); t++) {
		struct famfs_volume *vol;
		struct famfs_error err;
		int failures = 0;

		start(false);
		assert_ok(open_mount(DEVICE_WRITE, &vol, &err), &err);
		for (size_t i = 0; i < plan.count; i++)
			for (int n = 0; add_troubled(vol, i, troubles[t], n) < 0; n++)
				failures++;
		assert_null(plan_fault(vol, &plan));
		volume_close(vol);
		assert_ok(open_mount(DEVICE_READ, &vol, &err), &err);
		assert_null(plan_fault(vol, &plan));
		volume_close(vol);
		note("%d failures\n", failures);
		assert_true(trouble_errno(troubles[t]) ? failures > 8 : failures == 0);
	}
}

/* The mount does not have the file, since nothing was stored. */
static void dry_run(void **state)
{
	const struct volume_params params = { .access = DEVICE_WRITE, .dry_run = true };
	struct famfs_volume *vol;
	struct famfs_file *file;
	struct famfs_error err;
	struct device *dev;

	(void)state;
	start(false);
	assert_ok(device_open_metafiles("mount", "/dev/some", DEVICE_WRITE, &dev, &err), &err);
	assert_ok(volume_open(dev, &params, &vol, &err), &err);
	assert_ok(add_file(vol, "added", 100, 1, &err), &err);
	assert_ok(famfs_file_open(vol, "added", &file, &err), &err);
	assert_int_equal(famfs_file_size(file), 100);
	famfs_file_close(file);
	volume_close(vol);
}

/* A mount that cannot be written through says so, and how to go on after a memory error. */
static void unwritable(void **state)
{
	static const enum trouble errors[] = { TROUBLE_EIO, TROUBLE_POISON };
	struct famfs_volume *vol;
	struct famfs_error err;

	(void)state;
	start(true);
	for (size_t t = 0; t < ARRAY_SIZE(errors); t++)
		for (int n = 0; n < 2; n++) {
			int code = -trouble_errno(errors[t]);

			pagecache_trouble(errors[t], n);
			assert_error(open_mount(DEVICE_WRITE, &vol, &err), code, &err,
				     n == 0 ? "cannot read the metadata of the mount 'mount'"
					    : "cannot write through the mount 'mount'");
			assert_int_equal(err.remedy, code == -EIO ? FAMFS_REMEDY_REMOUNT_BROKEN
								  : FAMFS_REMEDY_REMOUNT_POISONED);
		}
}

/* As a switch of the mode finds it. */
static int try_to_switch(void)
{
	int fd = open(MODELOCK, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int ret = fd_lock(fd, DEVICE_EXCLUSIVE, 0, 0);

	close(fd);
	return ret;
}

/* A driver that is taken away under a mapping ends the host. */
static void mapping_keeps_the_mode(void **state)
{
	const struct famfs_map_params params = { 0 };

	(void)state;
	start(true);
	for (int mounted = 0; mounted < 2; mounted++) {
		struct famfs_mapping *mapping;
		struct famfs_volume *vol;
		struct famfs_error err;

		if (mounted)
			assert_ok(open_mount(DEVICE_READ, &vol, &err), &err);
		else
			vol = open_volume(false);
		assert_ok(famfs_map(vol, "d/a", &params, &mapping, &err), &err);
		volume_close(vol);
		assert_int_equal(try_to_switch(), -EAGAIN);
		famfs_unmap(mapping);
		assert_int_equal(try_to_switch(), 0);
	}
}

/* A source that is a file of another famfs. */
static void source(void **state)
{
	struct famfs_volume *vol;
	struct famfs_file *file;
	struct famfs_error err;
	int fd = open("source", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	(void)state;
	start(true);
	assert_true(fd >= 0 && ftruncate(fd, 5000) == 0);
	assert_int_equal(pwrite(fd, "x", 1, 4999), 1);
	vol = open_volume(false);
	assert_ok(famfs_file_open(vol, "d/a", &file, &err), &err);
	pagecache_trouble(TROUBLE_POISON, 0);
	assert_error(famfs_file_compare(file, fd, NULL, NULL, &err), -EHWPOISON, &err,
		     "cannot read the source: Memory page has hardware error");
	assert_int_equal(err.remedy, FAMFS_REMEDY_REMOUNT_POISONED);
	/* Which any file may have, for many reasons. */
	pagecache_trouble(TROUBLE_EIO, 0);
	assert_error(famfs_file_compare(file, fd, NULL, NULL, &err), -EIO, &err,
		     "cannot read the source");
	assert_int_equal(err.remedy, FAMFS_REMEDY_NONE);
	famfs_file_close(file);
	famfs_close(vol);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("unreadable metadata is reported, and short reads are continued", metadata),
		TEST("unreadable contents are reported, and short reads are continued", contents),
		TEST("a read drops the cache lines of its range", lines_are_dropped),
		TEST("an entry that could not be added leaves no trace, and a retry succeeds",
		     additions),
		TEST("a dry run opens a file that it has added", dry_run),
		TEST("a mount that refuses writes reports why", unwritable),
		TEST("a mapping keeps the device's mode when its volume is closed",
		     mapping_keeps_the_mode),
		TEST("an unreadable source is reported", source),
	};

	return run_group(tests);
}
