/* SPDX-License-Identifier: Apache-2.0 */
/* The metadata of a mounted famfs as its .meta files show it: for callers that may not open the
 * device, or where only the mount can reach it. */
#include "device/device.h"

#include "base/cleanup.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

struct metafiles {
	struct device dev;
	int super;
	int log;
};

static int read_all(int fd, uint64_t offset, void *buf, size_t length)
{
	char *p = buf;

	while (length) {
		ssize_t n = pread(fd, p, length, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		p += n;
		offset += (uint64_t)n;
		length -= (size_t)n;
	}
	return 0;
}

/* The superblock's file holds the first 2 MiB of the device, the log's what follows. */
static int metafiles_read(struct device *dev, uint64_t offset, void *buf, size_t length)
{
	const struct metafiles *meta = (const struct metafiles *)dev;

	if (offset >= FAMFS_ALLOC_UNIT)
		return read_all(meta->log, offset - FAMFS_ALLOC_UNIT, buf, length);
	if (length > FAMFS_ALLOC_UNIT - offset)
		return -EFAULT;
	return read_all(meta->super, offset, buf, length);
}

static int metafiles_write(struct device *dev, uint64_t offset, const void *buf, size_t length)
{
	(void)dev, (void)offset, (void)buf, (void)length;
	return -EROFS;
}

static int metafiles_zero(struct device *dev, uint64_t offset, uint64_t length)
{
	(void)dev, (void)offset, (void)length;
	return -EROFS;
}

static void metafiles_close(struct device *dev)
{
	struct metafiles *meta = (struct metafiles *)dev;

	if (meta->super >= 0)
		close(meta->super);
	if (meta->log >= 0)
		close(meta->log);
	free(meta);
}

static const struct device_ops metafiles_ops = {
	.kind = "the files of a mount",
	.read = metafiles_read,
	.write = metafiles_write,
	.zero = metafiles_zero,
	.close = metafiles_close,
};

static int open_meta(const char *mountpoint, const char *name)
{
	cleanup_free char *path = NULL;
	int fd;

	if (asprintf(&path, "%s/.meta/%s", mountpoint, name) < 0)
		return -ENOMEM;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int device_open_metafiles(const char *mountpoint, const char *name, struct device **out,
			  struct famfs_error *err)
{
	struct metafiles *meta = calloc(1, sizeof(*meta));
	cleanup_device struct device *dev = NULL;

	if (!meta)
		return error_set(err, -ENOMEM, "out of memory");
	dev = &meta->dev;
	dev->ops = &metafiles_ops;
	dev->fd = -1;
	meta->log = -1;
	meta->super = open_meta(mountpoint, ".superblock");
	if (meta->super >= 0)
		meta->log = open_meta(mountpoint, ".log");
	if (meta->super < 0 || meta->log < 0) {
		int code = meta->super < 0 ? meta->super : meta->log;

		error_errno(err, code, "cannot read the metadata of the mount '%s'", mountpoint);
		if (code == -ENOTCONN)
			error_hint(err, "its server is gone; run: famfsctl umount '%s'",
				   mountpoint);
		return code;
	}
	dev->path = strdup(name);
	if (!dev->path)
		return error_set(err, -ENOMEM, "out of memory");
	*out = steal_ptr(&dev);
	return 0;
}
