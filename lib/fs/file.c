/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/file.h"

#include "base/error.h"
#include "base/minmax.h"
#include "device/mapping.h"
#include "fs/append.h"
#include "fs/extents.h"
#include "fs/reservation.h"
#include "fs/volume_io.h"
#include "shared/cleanup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes written between two checks of the target: a few milliseconds on a mapped device. */
#define WRITE_BLOCK (UINT64_C(32) << 20)

/* In famfs mode the bytes are read through the .meta file of the whole device, which cannot be
 * mapped, but cache instructions need an address. So the file itself is mapped for them. No page is
 * mapped through two files, since the kernel opens no file that shares space. */
static int map_lines(struct famfs_file *file, struct famfs_error *err)
{
	const struct map_request request = { .name = file->path, .size = file->fmap.size };
	struct device *dev = file->vol->dev;
	cleanup_fd int fd = -EOPNOTSUPP;

	if (dev->ops->open_file)
		fd = dev->ops->open_file(dev, file->path, false);
	/* A file that shares space is not opened, and its contents can still be saved. */
	if (fd == -EOPNOTSUPP || fd == -EUCLEAN)
		return 0;
	/* The mount does not have the files that a dry run has added. */
	if (fd == -ENOENT && file->vol->simulated)
		return 0;
	if (fd < 0)
		return device_explain(dev, error_errno(err, fd, "cannot open '%s'", file->path),
				      err);
	return device_map_file(dev, fd, &request, &file->lines, err);
}

int famfs_file_open(struct famfs_volume *vol, const char *path, struct famfs_file **out,
		    struct famfs_error *err)
{
	struct famfs_file *file;
	int ret;

	file = calloc(1, sizeof(*file));
	if (!file)
		return error_set(err, -ENOMEM, "out of memory");
	file->vol = vol;
	snprintf(file->path, sizeof(file->path), "%s", path);
	ret = famfs_fmap(vol, path, &file->fmap, err);
	if (ret == 0)
		ret = map_lines(file, err);
	if (ret < 0) {
		famfs_file_close(file);
		return ret;
	}
	*out = file;
	return 0;
}

void famfs_file_close(struct famfs_file *file)
{
	if (!file)
		return;
	if (file->pending)
		reservation_drop(file->vol, &file->fmap);
	famfs_unmap(file->lines);
	free(file);
}

uint64_t famfs_file_size(const struct famfs_file *file)
{
	return file->fmap.size;
}

static int check_range(const struct famfs_file *file, uint64_t offset, uint64_t length,
		       struct famfs_error *err)
{
	if (offset <= file->fmap.size && length <= file->fmap.size - offset)
		return 0;
	return error_set(err, -EINVAL,
			 "%" PRIu64 " bytes at offset %" PRIu64 " are not all in '%s' of %" PRIu64
			 " bytes",
			 length, offset, file->path, file->fmap.size);
}

/* Writing to a file system that was created meanwhile would destroy it. Space that is reserved
 * here may belong to another file if another host became the master. */
static int check_target(struct famfs_file *file, struct famfs_error *err)
{
	return file->pending ? volume_check_owner(file->vol, err)
			     : volume_check_stale(file->vol, err);
}

/* Writing terabytes takes minutes, so the target is checked again before each block. */
static int write_blocks(struct famfs_file *file, uint64_t offset, const char *buf, uint64_t length,
			struct famfs_error *err)
{
	do {
		uint64_t n = min_u64(length, WRITE_BLOCK);
		int ret = check_target(file, err);

		if (ret < 0)
			return ret;
		ret = buf ? volume_write_map(file->vol, &file->fmap, offset, buf, n)
			  : volume_zero_map(file->vol, &file->fmap, offset, n);
		if (ret < 0)
			return device_explain(
				file->vol->dev,
				error_errno(err, ret, "cannot write '%s'", file->path), err);
		offset += n;
		length -= n;
		buf = buf ? buf + n : NULL;
	} while (length);
	return 0;
}

static int check_write(struct famfs_file *file, uint64_t offset, uint64_t length,
		       struct famfs_error *err)
{
	int ret = check_range(file, offset, length, err);

	if (ret == 0 && !file->vol->write)
		ret = error_set(err, -EBADF, "'%s' is open for reading only", file->vol->dev->path);
	return ret;
}

int famfs_file_write(struct famfs_file *file, uint64_t offset, const void *buf, size_t length,
		     struct famfs_error *err)
{
	int ret = check_write(file, offset, length, err);

	return ret < 0 ? ret : write_blocks(file, offset, buf, length, err);
}

int famfs_file_zero(struct famfs_file *file, uint64_t offset, uint64_t length,
		    struct famfs_error *err)
{
	int ret = check_write(file, offset, length, err);

	return ret < 0 ? ret : write_blocks(file, offset, NULL, length, err);
}

int file_zero_slack(struct famfs_file *file, struct famfs_error *err)
{
	return write_blocks(file, file->fmap.size, NULL,
			    fmap_capacity(&file->fmap) - file->fmap.size, err);
}

int famfs_file_read(struct famfs_file *file, uint64_t offset, void *buf, size_t length,
		    struct famfs_error *err)
{
	int ret = check_range(file, offset, length, err);

	if (ret == 0)
		ret = volume_check_stale(file->vol, err);
	if (ret < 0)
		return ret;
	if (file->lines)
		ret = famfs_invalidate(file->lines, offset, length);
	if (ret == 0)
		ret = volume_read_map(file->vol, &file->fmap, offset, buf, length);
	if (ret < 0)
		error_errno(err, ret, "cannot read '%s'", file->path);
	return device_explain(file->vol->dev, ret, err);
}
