/* SPDX-License-Identifier: Apache-2.0 */
/* Bulk data between a file descriptor and a famfs file. */
#include "famfs.h"

#include "base/error.h"
#include "base/minmax.h"
#include "device/device.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Small enough to stay in the L2 cache between the read and the write. */
#define BLOCK (UINT64_C(256) << 10)

/* Bytes zeroed between two progress reports: a few milliseconds on a mapped device. */
#define ZERO_BLOCK (UINT64_C(32) << 20)

struct copy {
	struct famfs_file *file;
	int fd;
	char *block;
	char *other; /* for comparing */
	famfs_progress_fn progress;
	void *arg;
};

static int report(const struct copy *copy, uint64_t bytes, struct famfs_error *err)
{
	if (copy->progress && copy->progress(copy->arg, bytes))
		return error_set(err, -ECANCELED, "canceled");
	return 0;
}

/* Reads exactly `length` bytes, or fails: the new file has a fixed size. */
static int read_source(int fd, uint64_t offset, char *buf, size_t length, struct famfs_error *err)
{
	size_t done = 0;

	while (done < length) {
		ssize_t n = pread(fd, buf + done, length - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			/* The source may be a file of another famfs. */
			return device_explain(
				NULL, error_errno(err, -errno, "cannot read the source"), err);
		if (n == 0)
			return error_set(err, -ENODATA,
					 "source ended at offset %" PRIu64 " while being read",
					 offset + done);
		done += (size_t)n;
	}
	return 0;
}

static int copy_data(const struct copy *copy, uint64_t start, uint64_t end, struct famfs_error *err)
{
	int ret = 0;

	while (ret == 0 && start < end) {
		size_t n = (size_t)min_u64(end - start, BLOCK);

		ret = read_source(copy->fd, start, copy->block, n, err);
		if (ret == 0)
			ret = famfs_file_write(copy->file, start, copy->block, n, err);
		if (ret == 0)
			ret = report(copy, n, err);
		start += n;
	}
	return ret;
}

/* Reused memory holds old data, so holes have to be zeroed. */
static int zero_hole(const struct copy *copy, uint64_t start, uint64_t end, struct famfs_error *err)
{
	int ret = 0;

	while (ret == 0 && start < end) {
		uint64_t n = min_u64(end - start, ZERO_BLOCK);

		ret = famfs_file_zero(copy->file, start, n, err);
		if (ret == 0)
			ret = report(copy, n, err);
		start += n;
	}
	return ret;
}

/* The offset of the next data at or after `offset`; `size` if only a hole follows. File systems
 * without holes report data everywhere. */
static uint64_t next_data(int fd, uint64_t offset, uint64_t size)
{
	off_t data = lseek(fd, (off_t)offset, SEEK_DATA);

	if (data < 0)
		return errno == ENXIO ? size : offset;
	return min_u64((uint64_t)data, size);
}

static uint64_t next_hole(int fd, uint64_t offset, uint64_t size)
{
	off_t hole = lseek(fd, (off_t)offset, SEEK_HOLE);

	return hole < 0 ? size : min_u64((uint64_t)hole, size);
}

static int alloc_blocks(struct copy *copy, bool two, struct famfs_error *err)
{
	copy->block = aligned_alloc(4096, BLOCK);
	if (two)
		copy->other = aligned_alloc(4096, BLOCK);
	if (!copy->block || (two && !copy->other))
		return error_set(err, -ENOMEM, "out of memory");
	return 0;
}

/* Searching for holes visits every page on some file systems. A hole that is missed reads as
 * zeros. */
static bool may_have_holes(int fd, uint64_t size)
{
	struct stat st;

	return fstat(fd, &st) < 0 || (uint64_t)st.st_blocks * 512 < size;
}

static int copy_sparse(const struct copy *copy, uint64_t size, struct famfs_error *err)
{
	uint64_t at = 0;
	int ret = 0;

	while (ret == 0 && at < size) {
		uint64_t data = next_data(copy->fd, at, size);
		uint64_t hole = data < size ? next_hole(copy->fd, data, size) : size;

		ret = zero_hole(copy, at, data, err);
		if (ret == 0)
			ret = copy_data(copy, data, hole, err);
		at = hole;
	}
	/* next_data() cannot tell a trailing hole from a source that got shorter. */
	if (ret == 0 && lseek(copy->fd, 0, SEEK_END) < (off_t)size)
		ret = error_set(err, -ENODATA, "source got shorter while being read");
	return ret;
}

static int copy_all(const struct copy *copy, uint64_t size, struct famfs_error *err)
{
	if (may_have_holes(copy->fd, size))
		return copy_sparse(copy, size, err);
	return copy_data(copy, 0, size, err);
}

int famfs_file_copy(struct famfs_file *file, int fd, famfs_progress_fn progress, void *arg,
		    struct famfs_error *err)
{
	struct copy copy = { .file = file, .fd = fd, .progress = progress, .arg = arg };
	int ret = alloc_blocks(&copy, false, err);

	if (ret == 0)
		ret = copy_all(&copy, famfs_file_size(file), err);
	free(copy.block);
	return ret;
}

/* Reads the same range of the source and of the famfs file. */
static int read_both(const struct copy *copy, uint64_t at, size_t n, struct famfs_error *err)
{
	int ret = read_source(copy->fd, at, copy->block, n, err);

	return ret ? ret : famfs_file_read(copy->file, at, copy->other, n, err);
}

static int compare_block(const struct copy *copy, uint64_t at, size_t n, struct famfs_error *err)
{
	int ret = read_both(copy, at, n, err);

	if (ret < 0 || memcmp(copy->block, copy->other, n) == 0)
		return ret;
	for (size_t i = 0; i < n; i++)
		if (copy->block[i] != copy->other[i])
			return error_set(err, -EBADMSG, "contents differ at offset %" PRIu64,
					 at + i);
	return 0;
}

static int compare_all(const struct copy *copy, uint64_t size, struct famfs_error *err)
{
	int ret = 0;

	for (uint64_t at = 0; ret == 0 && at < size; at += BLOCK) {
		size_t n = (size_t)min_u64(size - at, BLOCK);

		ret = compare_block(copy, at, n, err);
		if (ret == 0)
			ret = report(copy, n, err);
	}
	return ret;
}

int famfs_file_compare(struct famfs_file *file, int fd, famfs_progress_fn progress, void *arg,
		       struct famfs_error *err)
{
	struct copy copy = { .file = file, .fd = fd, .progress = progress, .arg = arg };
	int ret = alloc_blocks(&copy, true, err);

	if (ret == 0)
		ret = compare_all(&copy, famfs_file_size(file), err);
	free(copy.block);
	free(copy.other);
	return ret;
}

static int update_all(const struct copy *copy, uint64_t size, uint64_t *written,
		      struct famfs_error *err)
{
	int ret = 0;

	for (uint64_t at = 0; ret == 0 && at < size; at += BLOCK) {
		size_t n = (size_t)min_u64(size - at, BLOCK);

		ret = read_both(copy, at, n, err);
		if (ret == 0 && memcmp(copy->block, copy->other, n) != 0) {
			ret = famfs_file_write(copy->file, at, copy->block, n, err);
			*written += ret == 0 ? n : 0;
		}
		if (ret == 0)
			ret = report(copy, n, err);
	}
	return ret;
}

int famfs_file_update(struct famfs_file *file, int fd, famfs_progress_fn progress, void *arg,
		      uint64_t *written, struct famfs_error *err)
{
	struct copy copy = { .file = file, .fd = fd, .progress = progress, .arg = arg };
	uint64_t unwanted;
	int ret = alloc_blocks(&copy, true, err);

	if (!written)
		written = &unwanted;
	*written = 0;
	if (ret == 0)
		ret = update_all(&copy, famfs_file_size(file), written, err);
	free(copy.block);
	free(copy.other);
	return ret;
}
