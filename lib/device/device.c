/* SPDX-License-Identifier: Apache-2.0 */
#include "device/device.h"

#include "base/error.h"
#include "device/backend.h"
#include "device/daxinfo.h"
#include "device/modelock.h"
#include "shared/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char *type_name(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR: return "directory";
	case S_IFBLK: return "block device";
	case S_IFIFO: return "fifo";
	case S_IFSOCK: return "socket";
	}
	return "special file";
}

static int check_type(const char *path, const struct stat *st, struct famfs_error *err)
{
	struct famfs_dax_info info;

	if (S_ISREG(st->st_mode))
		return 0;
	if (!S_ISCHR(st->st_mode))
		return error_set(err, -ENOTSUP,
				 "'%s' is a %s, neither an image file nor a DAX device", path,
				 type_name(st->st_mode));
	if (daxinfo_read("", st->st_rdev, &info) == -ENOTTY)
		return error_set(err, -ENOTSUP, "'%s' is a character device, but not a DAX device",
				 path);
	return 0;
}

/* open(2) of a DAX device's node fails with ENXIO if no driver serves it. */
static int open_error(const char *path, const char *absolute, int ret, bool write,
		      struct famfs_error *err)
{
	struct famfs_dax_info info;
	struct stat st;

	if (ret == -ENXIO && stat(absolute, &st) == 0 && S_ISCHR(st.st_mode) &&
	    daxinfo_read("", st.st_rdev, &info) == 0 && info.mode != FAMFS_DAX_DEVDAX)
		return daxinfo_check_mappable(&info, path, err);
	error_errno(err, ret, "cannot open '%s'%s", path, write ? " for writing" : "");
	if (ret == -EACCES)
		error_remedy(err, write ? FAMFS_REMEDY_BE_A_WRITER : FAMFS_REMEDY_BE_A_READER,
			     path);
	return ret;
}

static int open_checked(const char *path, const char *name, enum device_access access,
			bool *writable, struct famfs_error *err)
{
	char link[32];
	struct stat st;
	int fd = -1, ret;
	cleanup_fd int node = open(path, O_PATH | O_CLOEXEC);

	if (node < 0 || fstat(node, &st) < 0)
		return open_error(name, path, -errno, access == DEVICE_WRITE, err);
	ret = check_type(name, &st, err);
	if (ret < 0)
		return ret;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", node);
	if (access != DEVICE_READ)
		fd = open(link, O_RDWR | O_CLOEXEC);
	*writable = fd >= 0;
	if (fd < 0 && (access == DEVICE_READ ||
		       (access == DEVICE_WRITE_MAY && (errno == EACCES || errno == EROFS))))
		fd = open(link, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? open_error(name, path, -errno, access == DEVICE_WRITE, err) : fd;
}

int device_open_node(const char *path, const char *name, enum device_access access,
		     struct opened_node *out, struct famfs_error *err)
{
	dev_t number;
	int ret;

	*out = (struct opened_node){ .fd = -1, .modelock = -1 };
	ret = modelock_share_path(path, &number, &out->modelock, err);
	if (ret < 0)
		return ret;
	ret = open_checked(path, name, access, &out->writable, err);
	if (ret < 0)
		return ret;
	out->fd = ret;
	if (fstat(out->fd, &out->st) < 0)
		return error_errno(err, -errno, "cannot stat '%s'", name);
	if (S_ISCHR(out->st.st_mode) && out->st.st_rdev != number)
		return error_set(err, -ESTALE, "'%s' is another file now", name);
	return 0;
}

int device_open(const char *path, enum device_access access, struct device **out,
		struct famfs_error *err)
{
	cleanup_node struct opened_node node = { .fd = -1, .modelock = -1 };
	char absolute[PATH_MAX];
	int ret;

	if (!realpath(path, absolute))
		return error_errno(err, -errno, "cannot open '%s'", path);
	ret = device_open_node(absolute, path, access, &node, err);
	if (ret < 0)
		return ret;
	if (S_ISCHR(node.st.st_mode))
		return devdax_open(absolute, &node, access, out, err);
	return image_open(absolute, steal_fd(&node.fd), (uint64_t)node.st.st_size, node.writable,
			  out, err);
}

int device_adopt(const char *path, int fd, struct device **out, struct famfs_error *err)
{
	cleanup_fd int own = fd;
	char absolute[PATH_MAX];
	struct stat st;

	if (!realpath(path, absolute))
		return error_errno(err, -errno, "cannot open '%s'", path);
	if (fstat(fd, &st) < 0)
		return error_errno(err, -errno, "cannot stat '%s'", path);
	return image_open(absolute, steal_fd(&own), (uint64_t)st.st_size, true, out, err);
}

int device_explain(const struct device *dev, int code, struct famfs_error *err)
{
	bool memory = dev && dev->ops->dax && !dev->served;

	if (code == -EHWPOISON)
		error_remedy(err, FAMFS_REMEDY_REMOUNT_POISONED, NULL);
	else if (code == -EIO && memory && dev->ops->open_file)
		error_remedy(err, FAMFS_REMEDY_REMOUNT_BROKEN, NULL);
	else if (code == -EIO && memory)
		error_remedy(err, FAMFS_REMEDY_READ_KERNEL_LOG, NULL);
	return code;
}

int device_failed(const struct device *dev, int code, const char *what, struct famfs_error *err)
{
	return device_explain(dev, error_errno(err, code, "%s '%s'", what, dev->path), err);
}
