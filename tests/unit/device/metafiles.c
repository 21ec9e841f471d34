/* SPDX-License-Identifier: Apache-2.0 */
/* The metadata of a mount through its .meta files; plain files stand for them here. */
#include "support.h"

#include "device/device.h"
#include "device/mapping.h"
#include "fs/volume.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Makes the files that a mount of IMAGE would show, below "mount". */
static void show(uint64_t offset, size_t length, const char *path)
{
	char *bytes = malloc(length);
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	image_get(offset, bytes, length);
	assert_int_equal(fwrite(bytes, 1, length, f), length);
	fclose(f);
	free(bytes);
}

static void start(void)
{
	struct famfs_volume *vol;
	struct famfs_error err;

	make_image(64 * MIB);
	vol = open_volume(true);
	assert_ok(add_dir(vol, "d", &err), &err);
	assert_ok(add_file(vol, "d/f", 5000, 1, &err), &err);
	famfs_close(vol);
	mkdir("mount", 0755);
	mkdir("mount/.meta", 0755);
	show(0, AU, "mount/.meta/.superblock");
	show(OMF_LOG_OFFSET, OMF_LOG_LENGTH_MIN, "mount/.meta/.log");
}

static struct device *open_meta(void)
{
	struct device *dev = NULL;
	struct famfs_error err;

	assert_ok(device_open_metafiles("mount", "/dev/some", DEVICE_READ, &dev, &err), &err);
	return dev;
}

static void metadata(void **state)
{
	const struct volume_params params = { .access = DEVICE_READ };
	struct famfs_volume *vol;
	struct famfs_info info;
	struct famfs_fmap fmap;
	struct famfs_error err;

	(void)state;
	start();
	assert_ok(volume_open(open_meta(), &params, &vol, &err), &err);
	famfs_info(vol, &info);
	assert_true(info.files == 1 && info.directories == 1 && info.log_entries == 2);
	assert_true(info.device_size == 0 && info.usable_size == 64 * MIB);
	assert_ok(famfs_fmap(vol, "d/f", &fmap, &err), &err);
	assert_true(fmap.size == 5000 && fmap.extents[0].offset == 10 * MIB);
	assert_ok(famfs_catch_up(vol, &err), &err);
	volume_close(vol);
}

static void out_of_reach(void **state)
{
	struct device *dev;
	char bytes[16];

	(void)state;
	start();
	dev = open_meta();
	/* They hold no file data, and no range across the two. */
	assert_int_equal(device_read(dev, 10 * MIB, bytes, 16), -EIO);
	assert_int_equal(device_read(dev, AU - 8, bytes, 16), -EIO);
	assert_int_equal(device_write(dev, 0, bytes, 16), -EBADF);
	assert_int_equal(device_store(dev, 0, NULL, 16), -EBADF);
	assert_int_equal(device_lock(dev, DEVICE_EXCLUSIVE, 0, 1, false), 0);
	assert_string_equal(dev->path, "/dev/some");
	device_close(dev);
}

static void missing(void **state)
{
	struct device *dev;
	struct famfs_error err;

	(void)state;
	start();
	unlink("mount/.meta/.log");
	assert_error(device_open_metafiles("mount", "x", DEVICE_READ, &dev, &err), -ENOENT, &err,
		     "cannot read the metadata of the mount 'mount'");
	assert_error(device_open_metafiles("nowhere", "x", DEVICE_READ, &dev, &err), -ENOENT, &err,
		     "nowhere");
}

static int map_of(const char *node, struct famfs_mapping **out, struct famfs_error *err)
{
	const struct map_request request = { .name = "f", .size = 100 };
	int file = open(IMAGE, O_RDONLY | O_CLOEXEC), ret;
	struct device *dev = NULL;

	assert_true(file >= 0);
	*out = NULL;
	assert_ok(device_open_metafiles("mount", node, DEVICE_READ, &dev, err), err);
	ret = device_map_file(dev, file, &request, out, err);
	device_close(dev);
	close(file);
	return ret;
}

/* The path of the device may name any file of this mount namespace. */
static void mapping_locks_the_node(void **state)
{
	static const char *const others[] = { "no-such-node", "fifo", "." };
	struct famfs_mapping *mapping;
	struct famfs_error err;
	struct device *dev;

	(void)state;
	start();
	assert_ok(device_open(IMAGE, DEVICE_WRITE, &dev, &err), &err);
	assert_ok(map_of(IMAGE, &mapping, &err), &err);
	assert_int_equal(device_lock(dev, DEVICE_EXCLUSIVE, 0, 1, false), -EAGAIN);
	famfs_unmap(mapping);
	assert_int_equal(device_lock(dev, DEVICE_EXCLUSIVE, 0, 1, false), 0);
	assert_error(map_of(IMAGE, &mapping, &err), -EBUSY, &err, "is being formatted");
	device_close(dev);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		assert_ok(map_of(others[i], &mapping, &err), &err);
		famfs_unmap(mapping);
	}
}

/* The server of a mount could otherwise make other users write to any file by a link. */
static void led_astray(void **state)
{
	static const char *const links[] = { ".meta/.superblock", ".meta/.log", ".meta" };
	char path[64], kept[64];
	struct device *dev;
	struct famfs_error err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		assert_int_equal(system("rm -rf mount"), 0);
		start();
		snprintf(path, sizeof(path), "mount/%s", links[i]);
		snprintf(kept, sizeof(kept), "elsewhere%zu", i);
		assert_int_equal(rename(path, kept), 0);
		snprintf(kept, sizeof(kept), "%s/elsewhere%zu", i == 2 ? ".." : "../..", i);
		assert_int_equal(symlink(kept, path), 0);
		assert_error(device_open_metafiles("mount", "x", DEVICE_READ, &dev, &err), -ELOOP,
			     &err, "cannot read the metadata of the mount 'mount'");
	}
	assert_int_equal(unlink("mount/.meta"), 0);
}

static void cut_short(void **state)
{
	const struct volume_params params = { .access = DEVICE_READ };
	struct famfs_volume *vol;
	struct famfs_error err;

	(void)state;
	start();
	assert_int_equal(truncate("mount/.meta/.log", 20), 0);
	assert_error(volume_open(open_meta(), &params, &vol, &err), -EIO, &err, "cannot read");
	assert_int_equal(truncate("mount/.meta/.superblock", 0), 0);
	assert_error(volume_open(open_meta(), &params, &vol, &err), -EIO, &err, "cannot read");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("a mapping of a mount's file locks the device and nothing else",
		     mapping_locks_the_node),
		TEST("a mount's files show its metadata", metadata),
		TEST("a mount's files give no other data, and cannot be written", out_of_reach),
		TEST("a mount that lacks these files is reported", missing),
		TEST("files that are links to others are not opened", led_astray),
		TEST("truncated files are an error", cut_short),
	};

	return run_group(tests);
}
