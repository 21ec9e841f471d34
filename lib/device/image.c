/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A regular file as the device. Data is read and written with pread and pwrite: filling a sparse
 * file through a mapping is many times slower, and a full file system would raise SIGBUS.
 *
 * Only two pages are mapped, those of the superblock and of the log header: a check for new entries
 * is then two loads, and a publish two stores, without the cost of system calls. Both ways use the
 * page cache, so they are coherent, also with other processes.
 */
#include "device/backend.h"

#include "base/error.h"
#include "base/io.h"
#include "device/mapped.h"
#include "shared/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define WINDOW_BYTES 4096u

static const uint64_t window_offsets[] = { 0, FAMFS_ALLOC_UNIT };

#define NWINDOWS (sizeof(window_offsets) / sizeof(window_offsets[0]))

struct image {
	struct device dev;
	unsigned char *windows[NWINDOWS]; /* NULL if the file was too short */
};

static struct image *to_image(struct device *dev)
{
	return (struct image *)dev;
}

/* Returns the mapped bytes of the range, or NULL if it is not inside a window. */
static unsigned char *window(struct device *dev, uint64_t offset, size_t length)
{
	for (size_t i = 0; i < NWINDOWS; i++) {
		uint64_t in = offset - window_offsets[i];

		if (offset >= window_offsets[i] && in < WINDOW_BYTES && length <= WINDOW_BYTES - in)
			return to_image(dev)->windows[i] ? to_image(dev)->windows[i] + in : NULL;
	}
	return NULL;
}

/* An access to a mapped page fails if the file has shrunk, or if its file system has no space for
 * the page. The system calls return the right error, and can read a hole without filling it. */
static int image_read(struct device *dev, uint64_t offset, void *buf, size_t length)
{
	const unsigned char *mapped = window(dev, offset, length);

	if (mapped && mapped_copy(buf, mapped, length) == 0)
		return 0;
	return io_read_at(dev->fd, offset, buf, length);
}

static int image_write(struct device *dev, uint64_t offset, const void *buf, size_t length)
{
	unsigned char *mapped = window(dev, offset, length);
	struct stat st;

	if (mapped && mapped_copy(mapped, buf, length) == 0)
		return 0;
	if (mapped && fstat(dev->fd, &st) < 0)
		return -errno;
	if (mapped && (uint64_t)st.st_size < offset + length)
		return -EIO;
	return io_write_at(dev->fd, offset, buf, length);
}

static int write_zeros(int fd, uint64_t offset, uint64_t length)
{
	enum { BLOCK = 1 << 18 };
	cleanup_free char *zeros = calloc(1, BLOCK);
	int ret = zeros ? 0 : -ENOMEM;

	while (ret == 0 && length) {
		size_t n = length < BLOCK ? (size_t)length : BLOCK;

		ret = io_write_at(fd, offset, zeros, n);
		offset += n;
		length -= n;
	}
	return ret;
}

static int punch_hole(int fd, uint64_t offset, uint64_t length)
{
	long ret = TEMP_FAILURE_RETRY(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
						(off_t)offset, (off_t)length));

	return ret < 0 ? -errno : 0;
}

/* Punches a hole, which reads as zeros and frees the space on the host. */
static int image_zero(struct device *dev, uint64_t offset, uint64_t length)
{
	int ret = length ? punch_hole(dev->fd, offset, length) : 0;

	return ret == -EOPNOTSUPP || ret == -ENOSYS ? write_zeros(dev->fd, offset, length) : ret;
}

/* On Linux, fdatasync() also syncs stores through a mapping. */
static int image_barrier(struct device *dev)
{
	return TEMP_FAILURE_RETRY(fdatasync(dev->fd)) < 0 ? -errno : 0;
}

/* Maps the windows inside the file, and unmaps those that are no longer inside. */
static int map_windows(struct image *image)
{
	int prot = image->dev.writable ? PROT_READ | PROT_WRITE : PROT_READ;

	for (size_t i = 0; i < NWINDOWS; i++) {
		bool inside = window_offsets[i] + WINDOW_BYTES <= image->dev.size;
		void *p;

		if (inside == (image->windows[i] != NULL))
			continue;
		if (!inside) {
			munmap(image->windows[i], WINDOW_BYTES);
			image->windows[i] = NULL;
			continue;
		}
		p = mmap(NULL, WINDOW_BYTES, prot, MAP_SHARED, image->dev.fd,
			 (off_t)window_offsets[i]);
		if (p == MAP_FAILED)
			return -errno;
		image->windows[i] = p;
	}
	return 0;
}

static int image_reload_size(struct device *dev)
{
	struct stat st;

	if (fstat(dev->fd, &st) < 0)
		return -errno;
	dev->size = (uint64_t)st.st_size;
	return map_windows(to_image(dev));
}

static int image_resize(struct device *dev, uint64_t size)
{
	return TEMP_FAILURE_RETRY(ftruncate(dev->fd, (off_t)size)) < 0 ? -errno
								       : image_reload_size(dev);
}

static void image_close(struct device *dev)
{
	for (size_t i = 0; i < NWINDOWS; i++)
		if (to_image(dev)->windows[i])
			munmap(to_image(dev)->windows[i], WINDOW_BYTES);
	free(to_image(dev));
}

static const struct device_ops image_ops = {
	.kind = "an image file",
	.read = image_read,
	.write = image_write,
	.zero = image_zero,
	.barrier = image_barrier,
	.reload_size = image_reload_size,
	.resize = image_resize,
	.lock = device_fd_lock,
	.lock_find = device_fd_lock_find,
	.close = image_close,
};

int image_open(const char *path, int fd, uint64_t size, bool writable, struct device **out,
	       struct famfs_error *err)
{
	struct image *image = calloc(1, sizeof(*image));
	cleanup_device struct device *dev = NULL;
	int ret;

	if (!image) {
		close(fd);
		return error_set(err, -ENOMEM, "out of memory");
	}
	dev = &image->dev;
	dev->ops = &image_ops;
	dev->fd = fd;
	dev->size = size;
	dev->align = (uint64_t)sysconf(_SC_PAGESIZE);
	dev->writable = writable;
	dev->path = strdup(path);
	if (!dev->path)
		return error_set(err, -ENOMEM, "out of memory");
	ret = map_windows(image);
	if (ret < 0)
		return error_errno(err, ret, "cannot map '%s'", path);
	*out = steal_ptr(&dev);
	return 0;
}
