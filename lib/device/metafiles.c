/* SPDX-License-Identifier: Apache-2.0 */
/* A mounted famfs through its .meta files. The superblock's file holds the first 2 MiB of the
 * device, the log's file the log after it, and the device's file the whole device. */
#include "device/backend.h"

#include "base/error.h"
#include "base/io.h"
#include "base/minmax.h"
#include "device/daxinfo.h"
#include "device/mapped.h"
#include "device/modelock.h"
#include "shared/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define SUPERBLOCK ".superblock"
#define LOG        ".log"
#define DEVICE     ".device"

/* One file: either mapped (`base`), or read through `fd`. */
struct window {
	int fd;
	unsigned char *base;
	uint64_t length;
};

struct metafiles {
	struct device dev;
	const struct persist *persist; /* NULL if nothing is mapped */
	struct window super;
	struct window log;
	int data;     /* the file of the whole device; -1: not open */
	int why;      /* -errno: the reason that `data` is not open */
	int mount;    /* the root of the mount; -1: open_file() is not used */
	int modelock; /* of the node, which is open for its locks; -1: none */
};

static struct metafiles *to_meta(struct device *dev)
{
	return (struct metafiles *)dev;
}

/* Opens a file inside the mount. The server of the mount is not trusted, so symbolic links and
 * other mounts are not followed. Returns a descriptor or -errno. */
static int open_within(int dir, const char *path, int flags)
{
	const struct open_how how = { .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
				      .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
						 RESOLVE_NO_XDEV };
	long fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));

	return fd < 0 ? -errno : (int)fd;
}

/* A file with direct I/O cannot be mapped; then it is read from the server. If the file is mapped,
 * its descriptor is closed. */
static int window_open(struct window *window, int dir, const char *name, bool write)
{
	cleanup_fd int fd = open_within(dir, name, write ? O_RDWR : O_RDONLY);
	int prot = write ? PROT_READ | PROT_WRITE : PROT_READ;
	struct stat st;
	void *p;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	window->length = (uint64_t)st.st_size;
	p = mmap(NULL, (size_t)st.st_size, prot, MAP_SHARED, fd, 0);
	if (p != MAP_FAILED) {
		(void)madvise(p, (size_t)st.st_size, MADV_DONTDUMP);
		window->base = p;
		return 0;
	}
	/* An empty file cannot be mapped either: the reader reports it. */
	if ((errno != ENODEV && errno != EINVAL) || write)
		return -errno;
	window->fd = steal_fd(&fd);
	return 0;
}

static void window_close(struct window *window)
{
	if (window->base)
		munmap(window->base, window->length);
	if (window->fd >= 0)
		close(window->fd);
	*window = (struct window){ .fd = -1 };
}

static int attach(struct metafiles *meta, struct window *window, int dir, const char *name,
		  bool write)
{
	int ret = window_open(window, dir, name, write);

	if (ret == 0 && window->base)
		meta->persist = persist_for_cpu();
	meta->dev.served |= ret == 0 && !window->base;
	return ret;
}

/* Returns the window with the range, and the range's offset in it; NULL for file data. */
static const struct window *window_at(const struct metafiles *meta, uint64_t offset,
				      uint64_t length, uint64_t *at)
{
	const struct window *window = offset < FAMFS_ALLOC_UNIT ? &meta->super : &meta->log;

	*at = offset < FAMFS_ALLOC_UNIT ? offset : offset - FAMFS_ALLOC_UNIT;
	return *at <= window->length && length <= window->length - *at ? window : NULL;
}

static unsigned char *mapped_at(const struct metafiles *meta, uint64_t offset, uint64_t length)
{
	uint64_t at;
	const struct window *window = window_at(meta, offset, length, &at);

	return window && window->base ? window->base + at : NULL;
}

static int metafiles_read(struct device *dev, uint64_t offset, void *buf, size_t length)
{
	const struct metafiles *meta = to_meta(dev);
	uint64_t at;
	const struct window *window = window_at(meta, offset, length, &at);

	if (window && window->base)
		return mapped_copy(buf, window->base + at, length);
	if (window && window->fd >= 0)
		return io_read_at(window->fd, at, buf, length);
	return meta->data < 0 ? meta->why : io_read_at(meta->data, offset, buf, length);
}

static int metafiles_write(struct device *dev, uint64_t offset, const void *buf, size_t length)
{
	const struct metafiles *meta = to_meta(dev);
	unsigned char *mapped = mapped_at(meta, offset, length);

	if (!dev->writable)
		return -EROFS;
	/* The superblock is mapped for reading only: it does not change while it is mounted. */
	if (mapped && offset >= FAMFS_ALLOC_UNIT)
		return mapped_copy(mapped, buf, length);
	return io_write_at(meta->data, offset, buf, length);
}

static int metafiles_zero(struct device *dev, uint64_t offset, uint64_t length)
{
	enum { BLOCK = 1 << 20 };
	cleanup_free char *zeros = NULL;
	int ret = dev->writable ? 0 : -EROFS;

	if (ret == 0 && length && !(zeros = calloc(1, BLOCK)))
		ret = -ENOMEM;
	while (ret == 0 && length) {
		size_t n = (size_t)min_u64(length, BLOCK);

		ret = metafiles_write(dev, offset, zeros, n);
		offset += n;
		length -= n;
	}
	return ret;
}

/* File data needs no flush: write(2) has written it back when it returns. */
static void metafiles_flush(struct device *dev, uint64_t offset, uint64_t length)
{
	const struct metafiles *meta = to_meta(dev);
	const unsigned char *mapped = mapped_at(meta, offset, length);

	if (mapped)
		mapped_operate(meta->persist->flush, mapped, length);
}

static void metafiles_invalidate(struct device *dev, uint64_t offset, uint64_t length)
{
	const struct metafiles *meta = to_meta(dev);
	const unsigned char *mapped = mapped_at(meta, offset, length);

	if (mapped)
		mapped_operate(meta->persist->invalidate, mapped, length);
}

static void metafiles_fence(struct device *dev)
{
	if (to_meta(dev)->persist)
		to_meta(dev)->persist->fence();
}

/* Without kernel support, a mapping would show the page cache, not the device's memory. */
static int metafiles_open_file(struct device *dev, const char *path, bool write)
{
	const struct metafiles *meta = to_meta(dev);

	if (!meta->persist || meta->mount < 0)
		return -EOPNOTSUPP;
	return open_within(meta->mount, path, write ? O_RDWR : O_RDONLY);
}

static void metafiles_close(struct device *dev)
{
	struct metafiles *meta = to_meta(dev);

	window_close(&meta->super);
	window_close(&meta->log);
	if (meta->data >= 0)
		close(meta->data);
	if (meta->mount >= 0)
		close(meta->mount);
	/* Last: from now on the driver may be removed. */
	if (meta->modelock >= 0)
		close(meta->modelock);
	free(meta);
}

static const struct device_ops metafiles_ops = {
	.kind = "the files of a mount",
	.dax = true,
	.read = metafiles_read,
	.write = metafiles_write,
	.zero = metafiles_zero,
	.flush = metafiles_flush,
	.fence = metafiles_fence,
	.invalidate = metafiles_invalidate,
	.open_file = metafiles_open_file,
	.lock = device_fd_lock,
	.lock_find = device_fd_lock_find,
	.close = metafiles_close,
};

static struct metafiles *create(const char *path)
{
	struct metafiles *meta = calloc(1, sizeof(*meta));

	if (!meta)
		return NULL;
	meta->dev.ops = &metafiles_ops;
	meta->dev.fd = -1;
	meta->super.fd = meta->log.fd = meta->data = meta->mount = meta->modelock = -1;
	meta->why = -EIO;
	meta->dev.path = strdup(path);
	if (meta->dev.path)
		return meta;
	free(meta);
	return NULL;
}

static int check_mode(struct device *dev, const struct stat *st, struct famfs_error *err)
{
	struct famfs_dax_info info;
	int ret = S_ISCHR(st->st_mode) ? daxinfo_read("", st->st_rdev, &info) : -ENOTTY;

	if (ret < 0)
		return error_errno(err, ret, "cannot read what sysfs says of '%s'", dev->path);
	if (info.mode != FAMFS_DAX_FAMFS)
		return error_set(err, -EOPNOTSUPP, "'%s' is in %s mode, not in famfs mode",
				 dev->path, famfs_dax_mode_name(info.mode));
	dev->size = info.size / FAMFS_ALLOC_UNIT * FAMFS_ALLOC_UNIT;
	return 0;
}

/* Opens the node only for its locks, which work in famfs mode, too. */
static int open_node(struct device *dev, enum device_access access, struct famfs_error *err)
{
	cleanup_node struct opened_node node = { .fd = -1, .modelock = -1 };
	int ret = device_open_node(dev->path, dev->path, access, &node, err);

	if (ret < 0)
		return ret;
	dev->fd = steal_fd(&node.fd);
	dev->writable = node.writable;
	to_meta(dev)->modelock = steal_fd(&node.modelock);
	ret = check_mode(dev, &node.st, err);
	if (ret == 0 && dev->writable) {
		ret = device_check_node(dev->path, &node.st, access == DEVICE_WRITE ? err : NULL);
		dev->writable = ret == 0;
		if (access == DEVICE_WRITE_MAY)
			ret = 0;
	}
	return ret;
}

int device_open_famfs_mode(const char *path, enum device_access access, struct device **out,
			   struct famfs_error *err)
{
	char absolute[PATH_MAX];
	cleanup_device struct device *dev = NULL;
	struct metafiles *meta;
	int ret;

	if (!realpath(path, absolute))
		return error_errno(err, -errno, "cannot open '%s'", path);
	meta = create(absolute);
	if (!meta)
		return error_set(err, -ENOMEM, "out of memory");
	dev = &meta->dev;
	ret = open_node(dev, access, err);
	if (ret < 0)
		return ret;
	*out = steal_ptr(&dev);
	return 0;
}

int device_attach_superblock(struct device *dev, int dir)
{
	return attach(to_meta(dev), &to_meta(dev)->super, dir, SUPERBLOCK, false);
}

int device_attach_log(struct device *dev, int dir)
{
	return attach(to_meta(dev), &to_meta(dev)->log, dir, LOG, false);
}

void device_detach(struct device *dev)
{
	window_close(&to_meta(dev)->super);
	window_close(&to_meta(dev)->log);
	dev->served = false;
}

static int unreadable(const struct metafiles *meta, const char *mountpoint, int code,
		      struct famfs_error *err)
{
	error_errno(err, code, "cannot read the metadata of the mount '%s'", mountpoint);
	device_explain(&meta->dev, code, err);
	if (code == -ENOTCONN)
		error_remedy(err, FAMFS_REMEDY_UNMOUNT_DEAD, mountpoint);
	if (code == -EACCES)
		error_remedy(err, FAMFS_REMEDY_BE_THE_MOUNTER, NULL);
	return code;
}

static int unwritable(const struct metafiles *meta, const char *mountpoint, int code,
		      struct famfs_error *err)
{
	error_errno(err, code, "cannot write through the mount '%s'", mountpoint);
	device_explain(&meta->dev, code, err);
	if (code == -EPERM || code == -EACCES)
		error_remedy(err, FAMFS_REMEDY_BE_THE_SERVER, NULL);
	return code;
}

static int open_files(struct metafiles *meta, const char *mountpoint, bool write,
		      struct famfs_error *err)
{
	cleanup_fd int dir = open_within(meta->mount, ".meta", O_PATH | O_DIRECTORY);
	int ret = dir < 0 ? dir : attach(meta, &meta->super, dir, SUPERBLOCK, false);

	if (ret == 0 && !write)
		ret = attach(meta, &meta->log, dir, LOG, false);
	if (ret < 0)
		return unreadable(meta, mountpoint, ret, err);
	if (write)
		ret = attach(meta, &meta->log, dir, LOG, true);
	meta->data = open_within(dir, DEVICE, write ? O_RDWR : O_RDONLY);
	/* The file exists only if the kernel maps files. */
	meta->why = meta->data >= 0 ? 0 : meta->data == -ENOENT ? -EIO : meta->data;
	/* Metadata may be enough for a reader. */
	if (write && ret == 0)
		ret = meta->why;
	return ret < 0 ? unwritable(meta, mountpoint, ret, err) : 0;
}

int device_open_metafiles(const char *mountpoint, const char *name, enum device_access access,
			  struct device **out, struct famfs_error *err)
{
	bool write = access == DEVICE_WRITE;
	struct metafiles *meta = create(name);
	cleanup_device struct device *dev = NULL;
	int ret;

	if (!meta)
		return error_set(err, -ENOMEM, "out of memory");
	dev = &meta->dev;
	meta->mount = open(mountpoint, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (meta->mount < 0)
		return unreadable(meta, mountpoint, -errno, err);
	ret = write ? open_node(dev, access, err) : 0;
	if (ret == 0)
		ret = open_files(meta, mountpoint, write, err);
	if (ret < 0)
		return ret;
	*out = steal_ptr(&dev);
	return 0;
}
