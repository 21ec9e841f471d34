/* SPDX-License-Identifier: Apache-2.0 */
/* Adding files and directories, and failures, which leave no trace. */
#include "support.h"

#include "fs/volume.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct famfs_volume *new_volume(uint64_t size)
{
	make_image(size);
	return open_volume(true);
}

/* Nothing changed: entries, space and locks are as they were. */
struct before {
	uint64_t entries, allocated, free, largest;
};

static struct before look(struct famfs_volume *vol)
{
	struct famfs_info info;

	famfs_info(vol, &info);
	return (struct before){ info.log_entries, info.allocated_bytes, info.free_bytes,
				info.largest_free };
}

static void assert_no_trace(struct famfs_volume *vol, const struct before *before)
{
	struct before now = look(vol);
	uint64_t seqnum, index, start, end;
	struct device *dev;

	assert_memory_equal(&now, before, sizeof(now));
	counters_get(&seqnum, &index);
	assert_true(seqnum == before->entries && index == before->entries);
	assert_int_equal(device_open(IMAGE, DEVICE_WRITE, &dev, NULL), 0);
	assert_int_equal(device_lock_find(dev, OMF_LOG_OFFSET, dev->size, &start, &end), 0);
	device_close(dev);
}

static int create(struct famfs_volume *vol, const char *path, struct famfs_create_params params,
		  struct famfs_file **file, struct famfs_error *err)
{
	params.no_zero = true;
	return famfs_create(vol, path, &params, file, err);
}

static void assert_refused(struct famfs_volume *vol, const char *path,
			   struct famfs_create_params params, int code, const char *text)
{
	struct before before = look(vol);
	struct famfs_file *file;
	struct famfs_error err;

	assert_error(create(vol, path, params, &file, &err), code, &err, text);
	params.no_zero = true;
	assert_error(famfs_create_unfilled(vol, path, &params, &err), code, &err, text);
	assert_no_trace(vol, &before);
}

static const struct famfs_create_params plain = { .size = 100, .mode = 0644 };

static void names(void **state)
{
	struct famfs_volume *vol = new_volume(64 * MIB);
	struct famfs_error err;
	char longest[80];

	(void)state;
	memset(longest, 'n', 79);
	longest[79] = '\0';
	assert_ok(add_dir(vol, "d", &err), &err);
	assert_ok(add_unfilled(vol, "f", 1, &err), &err);
	assert_refused(vol, "d", plain, -EEXIST, "'d' exists");
	assert_refused(vol, "f", plain, -EEXIST, "'f' exists");
	assert_refused(vol, "f/x", plain, -ENOTDIR, "'f' is not a directory");
	assert_refused(vol, "f/x/y", plain, -ENOTDIR, "'f/x' is not a directory");
	assert_refused(vol, "x/y", plain, -ENOENT, "no directory 'x'");
	assert_refused(vol, "", plain, -EINVAL, "is empty");
	assert_refused(vol, "/x", plain, -EINVAL, "absolute");
	assert_refused(vol, "d/../x", plain, -EINVAL, "'..'");
	assert_refused(vol, ".meta/x", plain, -EINVAL, ".meta");
	assert_refused(vol, longest, plain, -ENAMETOOLONG, "the limit is 78");
	longest[78] = '\0';
	assert_ok(add_unfilled(vol, longest, 1, &err), &err);
	famfs_close(vol);
}

static void params(void **state)
{
	struct famfs_volume *vol = new_volume(64 * MIB);
	struct famfs_create_params bad = plain;
	struct famfs_error err;

	(void)state;
	bad.size = 0;
	assert_refused(vol, "f", bad, -EINVAL, "empty");
	bad = plain;
	bad.mode = 010644;
	assert_refused(vol, "f", bad, -EINVAL, "permission bits");
	bad = plain;
	bad.reserved[3] = 1;
	assert_refused(vol, "f", bad, -EINVAL, "reserved");
	bad = plain;
	bad.nstrips = 2;
	bad.nbuckets = 2;
	bad.chunk_size = AU;
	assert_refused(vol, "f", bad, -EINVAL, "at least 1024 MiB");
	assert_error(famfs_create_unfilled(vol, "f", &plain, &err), -EINVAL, &err, "unfilled");
	famfs_close(vol);
}

static void full_device(void **state)
{
	struct famfs_volume *vol = new_volume(64 * MIB);
	struct famfs_create_params large = plain;
	struct famfs_error err;

	(void)state;
	large.size = 54 * MIB + 1;
	assert_refused(vol, "f", large, -ENOSPC, "cannot create 'f': need 56 MiB, 54 MiB free");
	large.size = UINT64_MAX;
	assert_refused(vol, "f", large, -ENOSPC, "54 MiB free");
	assert_ok(add_unfilled(vol, "a", 50 * MIB, &err), &err);
	large.size = 4 * MIB + 1;
	assert_refused(vol, "f", large, -ENOSPC, "need 6 MiB, 4 MiB free");
	assert_ok(add_unfilled(vol, "b", 4 * MIB, &err), &err);
	assert_refused(vol, "c", plain, -ENOSPC, "need 2 MiB, 0 MiB free");
	famfs_close(vol);
}

/* One entry is left, then none. */
static void full_log(void **state)
{
	struct famfs_volume *vol = new_volume(64 * MIB);
	const struct famfs_mkdir_params parents = { .mode = 0755, .parents = true };
	struct before before;
	struct famfs_file *file;
	struct famfs_error err;
	char path[16];

	(void)state;
	for (int i = 0; i < 15419; i++) {
		snprintf(path, sizeof(path), "d%d", i);
		assert_ok(add_dir(vol, path, &err), &err);
	}
	/* Making only a part of the request would be a trace. */
	before = look(vol);
	assert_error(famfs_mkdir(vol, "p/q", &parents, &err), -ENOSPC, &err, "15420");
	assert_no_trace(vol, &before);
	/* Another process takes the last entry while this file is being filled. */
	assert_ok(create(vol, "f", plain, &file, &err), &err);
	assert_ok(add_dir(vol, "last", &err), &err);
	before = look(vol);
	before.allocated -= AU;
	before.free += AU;
	before.largest += AU;
	assert_error(famfs_file_publish(file, &err), -ENOSPC, &err, "all 15420 entries");
	assert_no_trace(vol, &before);
	assert_refused(vol, "f", plain, -ENOSPC, "log is full: all 15420 entries are in use");
	assert_error(add_dir(vol, "x", &err), -ENOSPC, &err, "all 15420 entries");
	assert_no_trace(vol, &before);
	famfs_close(vol);
	vol = open_volume(false);
	assert_true(look(vol).entries == 15420);
	famfs_close(vol);
}

static void given_up(void **state)
{
	struct famfs_volume *vol = new_volume(64 * MIB);
	struct famfs_create_params all = { .size = 54 * MIB, .mode = 0644 };
	struct before before = look(vol);
	struct famfs_file *file;
	struct famfs_stat st;
	struct famfs_error err;

	(void)state;
	assert_ok(create(vol, "f", all, &file, &err), &err);
	assert_true(look(vol).free == 0);
	assert_error(famfs_stat(vol, "f", &st, &err), -ENOENT, &err, "does not exist");
	famfs_file_close(file);
	assert_no_trace(vol, &before);
	famfs_file_close(NULL);
	famfs_close(vol);
}

/* The path is taken by another while the file is being filled. */
static void lost_race(void **state)
{
	struct famfs_volume *vol = new_volume(64 * MIB), *other = open_volume(true);
	struct famfs_file *file;
	struct before before;
	struct famfs_error err;

	(void)state;
	assert_ok(create(vol, "f", plain, &file, &err), &err);
	assert_ok(add_file(other, "f", 5, 1, &err), &err);
	assert_error(famfs_file_publish(file, &err), -EEXIST, &err, "'f' exists");
	before = look(other);
	assert_no_trace(other, &before);
	assert_null(file_fault(vol, "f", 5, 1));
	famfs_close(other);
	famfs_close(vol);
}

static void litter_device(void)
{
	char *junk = malloc(MIB);

	memset(junk, 0xdb, MIB);
	for (uint64_t at = 10 * MIB; at < 64 * MIB; at += MIB)
		image_put(at, junk, MIB);
	free(junk);
}

static bool all_bytes_are(const struct famfs_fmap *fmap, uint64_t from, uint64_t to, int byte)
{
	size_t length = to - from;
	unsigned char *bytes = malloc(length);
	bool same;

	assert_int_equal(fmap->nextents, 1);
	image_get(fmap->extents[0].offset + from, bytes, length);
	same = bytes[0] == byte && memcmp(bytes, bytes + 1, length - 1) == 0;
	free(bytes);
	return same;
}

/* Another host formats the device while the file is filled: the zeros of this file must not land on
 * the new data. */
static void formatted_meanwhile(void **state)
{
	struct famfs_volume *vol = new_volume(64 * MIB);
	struct famfs_file *file;
	struct omf_super raw;
	struct famfs_fmap fmap = { .nextents = 1, .extents = { { 0, 10 * MIB, AU } } };
	struct famfs_error err;

	(void)state;
	litter_device();
	assert_ok(create(vol, "f", plain, &file, &err), &err);
	image_get(0, &raw, sizeof(raw));
	raw.uuid[0] ^= 1;
	superblock_seal(&raw);
	image_put(0, &raw, sizeof(raw));
	assert_error(famfs_file_publish(file, &err), -ESTALE, &err, "another file system");
	assert_true(all_bytes_are(&fmap, 0, AU, 0xdb));
	famfs_close(vol);
	vol = open_volume(false);
	assert_true(look(vol).entries == 0);
	famfs_close(vol);
}

static void zeroing(void **state)
{
	struct famfs_volume *vol = new_volume(64 * MIB);
	const struct famfs_create_params zeroed = { .size = AU + 5000, .mode = 0644 };
	struct famfs_file *file;
	struct famfs_fmap fmap;
	struct famfs_error err;

	(void)state;
	litter_device();
	assert_ok(famfs_create(vol, "zeroed", &zeroed, &file, &err), &err);
	assert_ok(famfs_file_publish(file, &err), &err);
	assert_ok(famfs_fmap(vol, "zeroed", &fmap, &err), &err);
	assert_true(all_bytes_are(&fmap, 0, 2 * AU, 0));
	/* Without zeroing, old bytes stay, except in the slack after the end. */
	assert_ok(add_unfilled(vol, "old", AU + 5000, &err), &err);
	assert_ok(famfs_fmap(vol, "old", &fmap, &err), &err);
	assert_true(all_bytes_are(&fmap, 0, AU + 5000, 0xdb));
	assert_true(all_bytes_are(&fmap, AU + 5000, 2 * AU, 0));
	famfs_close(vol);
}

static void directories(void **state)
{
	struct famfs_volume *vol = new_volume(64 * MIB);
	const struct famfs_mkdir_params parents = { .mode = 0700, .uid = 5, .parents = true };
	struct famfs_mkdir_params bad = { .mode = 0755 };
	struct famfs_stat st;
	struct famfs_error err;
	struct before before;

	(void)state;
	assert_ok(famfs_mkdir(vol, "a/b/c", &parents, &err), &err);
	assert_ok(famfs_stat(vol, "a/b", &st, &err), &err);
	assert_true(st.mode == (S_IFDIR | 0755) && st.uid == 5);
	assert_ok(famfs_stat(vol, "a/b/c", &st, &err), &err);
	assert_true(st.mode == (S_IFDIR | 0700) && st.uid == 5);
	bad.parents = true;
	bad.parents_mode = 0711;
	assert_ok(famfs_mkdir(vol, "m/n", &bad, &err), &err);
	assert_ok(famfs_stat(vol, "m", &st, &err), &err);
	assert_true(st.mode == (S_IFDIR | 0711));
	assert_ok(famfs_stat(vol, "m/n", &st, &err), &err);
	assert_true(st.mode == (S_IFDIR | 0755));
	bad = (struct famfs_mkdir_params){ .mode = 0755 };
	before = look(vol);
	assert_ok(famfs_mkdir(vol, "a/b/c", &parents, &err), &err);
	assert_ok(famfs_mkdir(vol, "", &parents, &err), &err);
	assert_error(add_dir(vol, "a/b", &err), -EEXIST, &err, "exists");
	assert_error(add_dir(vol, "x/y", &err), -ENOENT, &err, "no directory 'x'");
	assert_error(add_dir(vol, "", &err), -EINVAL, &err, "empty");
	bad.mode = 0100755;
	assert_error(famfs_mkdir(vol, "x", &bad, &err), -EINVAL, &err, "permission bits");
	bad.mode = 0755;
	bad.reserved[0] = 1;
	assert_error(famfs_mkdir(vol, "x", &bad, &err), -EINVAL, &err, "reserved");
	assert_no_trace(vol, &before);
	famfs_close(vol);
}

static void below_a_file(void **state)
{
	struct famfs_volume *vol = new_volume(64 * MIB);
	const struct famfs_mkdir_params parents = { .mode = 0700, .parents = true };
	struct before before;
	struct famfs_error err;

	(void)state;
	assert_ok(add_unfilled(vol, "f", 1, &err), &err);
	before = look(vol);
	assert_true(famfs_mkdir(vol, "f/x", &parents, &err) < 0);
	assert_true(famfs_mkdir(vol, "f", &parents, &err) < 0);
	/* Parent directories must not be made for it. */
	assert_true(famfs_mkdir(vol, "new/../f", &parents, &err) < 0);
	assert_no_trace(vol, &before);
	famfs_close(vol);
}

static void clients_and_readers(void **state)
{
	const struct famfs_target target = image_target();
	const struct famfs_volume_params writing = { .write = true };
	struct famfs_volume *vol;
	struct famfs_error err;

	(void)state;
	famfs_close(new_volume(64 * MIB));
	vol = open_volume(false);
	assert_error(add_dir(vol, "d", &err), -EBADF, &err, "reading only");
	famfs_close(vol);
	be_client();
	assert_error(famfs_open(&target, &writing, &vol, &err), -EROFS, &err, MASTER_UUID);
	assert_text(err.message, CLIENT_UUID);
	assert_int_equal(err.remedy, FAMFS_REMEDY_USE_MASTER);
	vol = open_volume(false);
	assert_error(add_dir(vol, "d", &err), -EROFS, &err, "client");
	famfs_close(vol);
	be_master();
}

static void newer_format(void **state)
{
	struct famfs_volume *vol = new_volume(64 * MIB);
	struct omf_super raw;
	struct famfs_error err;

	(void)state;
	famfs_close(vol);
	image_get(0, &raw, sizeof(raw));
	raw.minor = le32_make(3);
	superblock_seal(&raw);
	image_put(0, &raw, sizeof(raw));
	vol = open_volume(true);
	assert_error(add_dir(vol, "d", &err), -ENOTSUP, &err, "2.3; this program can only read");
	famfs_close(vol);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("invalid names are refused and leave no trace", names),
		TEST("invalid parameters are refused and leave no trace", params),
		TEST("a full device is reported with numbers and leaves no trace", full_device),
		TEST("a full log is reported with numbers and leaves no trace", full_log),
		TEST("an abandoned file leaves no trace", given_up),
		TEST("the first published file of a name wins", lost_race),
		TEST("nothing is written to a file system that was formatted meanwhile",
		     formatted_meanwhile),
		TEST("old data is visible only if no_zero requests it", zeroing),
		TEST("directories are made once, with their parents", directories),
		TEST("no directory is made below a file", below_a_file),
		TEST("clients and readers cannot add, and the error names the master",
		     clients_and_readers),
		TEST("a file system of a newer minor format can be read but not appended to",
		     newer_format),
	};

	return run_group(tests);
}
