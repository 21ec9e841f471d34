/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the facts of files and trees. */
#include "support.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static struct famfs_volume *sample(void)
{
	struct famfs_volume *vol;
	struct famfs_error err;

	make_image(64 * MIB);
	vol = open_volume(true);
	assert_ok(add_dir(vol, "z", &err), &err);
	assert_ok(add_unfilled(vol, "b", 1, &err), &err);
	assert_ok(add_unfilled(vol, "z/2", 1, &err), &err);
	assert_ok(add_dir(vol, "z/d", &err), &err);
	assert_ok(add_dir(vol, "a", &err), &err);
	assert_ok(add_unfilled(vol, "z/d/x", 1, &err), &err);
	assert_ok(add_unfilled(vol, "z/1", 1, &err), &err);
	return vol;
}

struct trail {
	char text[256];
	const char *stop;
};

static int visit(void *arg, const char *path, const struct famfs_stat *st)
{
	struct trail *trail = arg;
	size_t used = strlen(trail->text);

	snprintf(trail->text + used, sizeof(trail->text) - used, "%s%s ", path,
		 S_ISDIR(st->mode) ? "/" : "");
	return trail->stop && strcmp(path, trail->stop) == 0 ? 77 : 0;
}

static void assert_walk(struct famfs_volume *vol, const char *path, bool recursive,
			const char *want)
{
	struct trail trail = { "" };
	struct famfs_error err;

	assert_ok(famfs_walk(vol, path, recursive, visit, &trail, &err), &err);
	assert_string_equal(trail.text, want);
}

static void walks(void **state)
{
	struct famfs_volume *vol = sample();

	(void)state;
	assert_walk(vol, "", false, "/ z/ b a/ ");
	assert_walk(vol, "", true, "/ z/ z/2 z/d/ z/d/x z/1 b a/ ");
	assert_walk(vol, "z", false, "z/ z/2 z/d/ z/1 ");
	assert_walk(vol, "z/d", true, "z/d/ z/d/x ");
	assert_walk(vol, "a", true, "a/ ");
	assert_walk(vol, "b", true, "b ");
	famfs_close(vol);
}

static void stops(void **state)
{
	struct famfs_volume *vol = sample();
	struct trail trail = { .stop = "z/d/x" };
	struct famfs_error err;

	(void)state;
	assert_int_equal(famfs_walk(vol, "", true, visit, &trail, &err), 77);
	assert_string_equal(trail.text, "/ z/ z/2 z/d/ z/d/x ");
	assert_error(famfs_walk(vol, "q", true, visit, &trail, &err), -ENOENT, &err, "'q'");
	famfs_close(vol);
}

static void questions(void **state)
{
	struct famfs_volume *vol = sample();
	char longest[200];
	struct famfs_stat st;
	struct famfs_fmap fmap;
	struct famfs_error err;

	(void)state;
	assert_ok(famfs_stat(vol, "", &st, &err), &err);
	assert_true(st.inode == 1 && st.entry == FAMFS_NO_ENTRY && S_ISDIR(st.mode));
	assert_ok(famfs_stat(vol, "z/d/x", &st, &err), &err);
	assert_true(st.entry == 5 && st.inode == 7 && st.size == 1);
	assert_error(famfs_stat(vol, "b/x", &st, &err), -ENOTDIR, &err, "b/x");
	assert_error(famfs_stat(vol, "z/q", &st, &err), -ENOENT, &err, "'z/q' does not exist");
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_error(famfs_stat(vol, longest, &st, &err), -ENAMETOOLONG, &err, "199 bytes");
	assert_error(famfs_fmap(vol, "z", &fmap, &err), -EISDIR, &err, "'z' is a directory");
	assert_error(famfs_fmap(vol, "", &fmap, &err), -EISDIR, &err, "is a directory");
	assert_ok(famfs_fmap(vol, "b", &fmap, &err), &err);
	assert_true(fmap.type == FAMFS_FMAP_SIMPLE && fmap.nextents == 1 && fmap.size == 1);
	assert_true(fmap.extents[0].offset == 10 * MIB && fmap.extents[0].length == AU);
	famfs_close(vol);
}

static void totals(void **state)
{
	struct famfs_volume *vol = sample();
	struct famfs_daxdev dev;
	struct famfs_info info;

	(void)state;
	famfs_info(vol, &info);
	assert_true(info.files == 4 && info.directories == 3 && info.file_bytes == 4);
	assert_true(info.allocated_bytes == 4 * AU && info.free_bytes == 23 * AU);
	assert_true(info.largest_free == 23 * AU && info.data_length == 27 * AU);
	assert_true(info.log_entries == 7 && info.log_capacity == 15420);
	assert_true(info.device_size == 64 * MIB && info.usable_size == 64 * MIB);
	assert_int_equal(famfs_daxdev_count(vol), 1);
	assert_int_equal(famfs_daxdev(vol, 0, &dev), 0);
	assert_true(dev.size == 64 * MIB);
	assert_text(dev.name, "/" IMAGE);
	assert_memory_equal(dev.uuid, info.device_uuid, 16);
	famfs_close(vol);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("parents come before children, children in the order of the log", walks),
		TEST("a visitor ends the walk with its own return value", stops),
		TEST("a lookup returns the node of a path, or why there is none", questions),
		TEST("the totals of a walk add up", totals),
	};

	return run_group(tests);
}
