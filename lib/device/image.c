/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A regular file as the device. Data goes through pread and pwrite: filling a sparse file through a
 * mapping is many times slower, and a full file system would raise SIGBUS.
 *
 * Two pages are mapped all the same: the superblock's and the log header's. Looking for new entries
 * is then two loads, and publishing one is two stores, where the system calls would cost more than
 * everything else. Both are coherent with the page cache that the other users of the file see.
 */
#include "device/backend.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/guard.h"
#include "base/io.h"

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
	unsigned char *windows[NWINDOWS]; /* NULL where the file was too short */
};

static struct image *to_image(struct device *dev)
{
	return (struct image *)dev;
}

/* The mapped bytes of the range, or NULL when it is not inside a window. */
static unsigned char *window(struct device *dev, uint64_t offset, size_t length)
{
	for (size_t i = 0; i < NWINDOWS; i++) {
		uint64_t in = offset - window_offsets[i];

		if (offset >= window_offsets[i] && in < WINDOW_BYTES && length <= WINDOW_BYTES - in)
			return to_image(dev)->windows[i] ? to_image(dev)->windows[i] + in : NULL;
	}
	return NULL;
}

/* Word by word, since another process may be storing: each aligned word is old or new, and they
 * are loaded and stored in the order of their addresses. -EIO when the page is gone. */
static int copy_words(void *to, const void *from, size_t words)
{
	uint64_t *dst = to;
	const uint64_t *src = from;
	struct guard guard;

	if (!guard_enter(&guard)) {
		guard_leave(&guard);
		return -EIO;
	}
	for (size_t i = 0; i < words; i++)
		__atomic_store_n(&dst[i], __atomic_load_n(&src[i], __ATOMIC_ACQUIRE),
				 __ATOMIC_RELEASE);
	guard_leave(&guard);
	return 0;
}

static bool in_words(const void *a, const void *b, size_t length)
{
	return (((uintptr_t)a | (uintptr_t)b | length) & 7) == 0;
}

static int image_read(struct device *dev, uint64_t offset, void *buf, size_t length)
{
	const unsigned char *mapped = window(dev, offset, length);

	if (mapped && in_words(mapped, buf, length))
		return copy_words(buf, mapped, length / 8);
	/* What a file that shrank has lost is a memory error. */
	return io_read_at(dev->fd, offset, buf, length);
}

static int image_write(struct device *dev, uint64_t offset, const void *buf, size_t length)
{
	unsigned char *mapped = window(dev, offset, length);

	if (mapped && in_words(mapped, buf, length))
		return copy_words(mapped, buf, length / 8);
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

/* A hole reads as zeros and gives the host's space back. */
static int image_zero(struct device *dev, uint64_t offset, uint64_t length)
{
	if (length == 0)
		return 0;
	if (fallocate(dev->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset,
		      (off_t)length) == 0)
		return 0;
	if (errno != EOPNOTSUPP && errno != ENOSYS)
		return -errno;
	return write_zeros(dev->fd, offset, length);
}

static int image_sync(struct device *dev)
{
	return fdatasync(dev->fd) < 0 ? -errno : 0;
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
	.sync = image_sync,
	.lock = device_fd_lock,
	.lock_find = device_fd_lock_find,
	.close = image_close,
};

static int map_windows(struct image *image)
{
	int prot = image->dev.writable ? PROT_READ | PROT_WRITE : PROT_READ;

	for (size_t i = 0; i < NWINDOWS; i++) {
		void *p;

		if (window_offsets[i] + WINDOW_BYTES > image->dev.size)
			continue;
		p = mmap(NULL, WINDOW_BYTES, prot, MAP_SHARED, image->dev.fd,
			 (off_t)window_offsets[i]);
		if (p == MAP_FAILED)
			return -errno;
		image->windows[i] = p;
	}
	return 0;
}

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
