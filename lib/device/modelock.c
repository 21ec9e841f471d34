/* SPDX-License-Identifier: Apache-2.0 */
#include "device/modelock.h"

#include "base/error.h"
#include "device/backend.h"
#include "device/daxinfo.h"
#include "device/holders.h"
#include "device/rundir.h"
#include "shared/cleanup.h"
#include "shared/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/xattr.h>

/* A switch inspects every process of the host, more than once. */
static const struct lock_wait share_wait = { .patience_ns = DEVICE_LOCK_PATIENCE_S * NS_PER_S };

/* Users who can open the node can read the lock file. An ACL or an owner other than root is not
 * copied: every user may then read the lock file. */
static mode_t wanted_mode(const struct dax_node *node, const struct stat *st)
{
	bool named =
		st->st_uid != 0 || getxattr(node->path, "system.posix_acl_access", NULL, 0) > 0;

	return S_IRUSR | S_IWUSR | (st->st_mode & (S_IRGRP | S_IROTH)) |
	       (named ? S_IRGRP | S_IROTH : 0);
}

/* Gives users access to the lock file. Errors are ignored: the lock works for root without it. */
static void adopt_access(int fd, const struct dax_node *node)
{
	struct stat wanted, st;
	mode_t mode;

	if (stat(node->path, &wanted) < 0 || fstat(fd, &st) < 0)
		return;
	mode = wanted_mode(node, &wanted);
	if (st.st_gid != wanted.st_gid && fchown(fd, (uid_t)-1, wanted.st_gid) < 0)
		return;
	if ((st.st_mode & 07777) != mode)
		(void)!fchmod(fd, mode);
}

static int open_file(const struct dax_node *node, const char *name, bool write)
{
	int fd = rundir_open(node->root, name, ".lock", write ? O_RDWR | O_CREAT : O_RDONLY,
			     S_IRUSR | S_IWUSR);

	if (fd >= 0 && write)
		adopt_access(fd, node);
	return fd;
}

/* No lock is taken if the file is missing, belongs to another host's /run, or this user may not
 * open it. */
static bool is_absent(int ret)
{
	return ret == -ENOENT || ret == -EACCES || ret == -EPERM || ret == -EROFS;
}

static int cannot_lock(const struct dax_node *node, const char *name, int ret,
		       struct famfs_error *err)
{
	return error_errno(err, ret, "cannot lock '%s': " RUN_DIR "/%s.lock", node->path, name);
}

int modelock_share(const struct dax_node *node, int *out, struct famfs_error *err)
{
	struct usage_text holder = { .text = "another process" };
	struct famfs_dax_info info;
	cleanup_fd int fd = -1;
	int ret;

	*out = -1;
	if (daxinfo_read(node->root, node->number, &info) < 0)
		return 0;
	fd = open_file(node, info.name, geteuid() == 0);
	if (is_absent(fd))
		fd = open_file(node, info.name, false);
	if (is_absent(fd))
		return 0;
	ret = fd < 0 ? fd : fd_lock_wait(fd, DEVICE_SHARED, 0, 0, &share_wait);
	if (ret == -ETIMEDOUT) {
		(void)holders_of_lock(fd, &holder);
		return error_set(err, -EBUSY, "'%s' is being switched to another mode by %s",
				 node->path, holder.text);
	}
	if (ret < 0)
		return cannot_lock(node, info.name, ret, err);
	*out = steal_fd(&fd);
	return 0;
}

int modelock_share_path(const char *path, dev_t *number, int *fd, struct famfs_error *err)
{
	struct dax_node node = { .root = "", .path = path };
	struct stat st;

	*number = 0;
	*fd = -1;
	if (stat(path, &st) < 0 || !S_ISCHR(st.st_mode))
		return 0;
	*number = node.number = st.st_rdev;
	return modelock_share(&node, fd, err);
}

/* Another process holds the shared lock. */
static int refuse_shared(const struct dax_node *node, const char *name, int fd,
			 struct famfs_error *err)
{
	struct usage_text holder = { .text = "another process" };
	char path[96];

	(void)holders_of_lock(fd, &holder);
	error_refuse(err, -EBUSY, "cannot switch the mode of '%s': it is in use by %s", node->path,
		     holder.text);
	snprintf(path, sizeof(path), RUN_DIR "/%s.lock", name);
	error_remedy(err, FAMFS_REMEDY_END_PROCESS, path);
	return -EBUSY;
}

static int exclude(const struct dax_node *node, bool only_look, int *out, struct famfs_error *err)
{
	/* Wait, since udev opens a device for a moment after each change. Ignore signals, since a
	 * server that is ended while it waits must still switch the device back. */
	const struct lock_wait wait = { .patience_ns = 500 * NS_PER_MS,
					.only_look = only_look,
					.ignore_signals = true };
	struct famfs_dax_info info;
	cleanup_fd int fd = -1;
	int ret = daxinfo_read(node->root, node->number, &info);

	if (ret < 0)
		return error_errno(err, ret, "cannot read what sysfs says of '%s'", node->path);
	fd = open_file(node, info.name, !only_look);
	if (fd == -ENOENT && only_look)
		return 0;
	ret = fd < 0 ? fd : fd_lock_wait(fd, DEVICE_EXCLUSIVE, 0, 0, &wait);
	if (ret == -ETIMEDOUT)
		return refuse_shared(node, info.name, fd, err);
	if (ret < 0)
		return cannot_lock(node, info.name, ret, err);
	if (!only_look)
		*out = steal_fd(&fd);
	return 0;
}

int modelock_check(const struct dax_node *node, struct famfs_error *err)
{
	return exclude(node, true, NULL, err);
}

int modelock_exclude(const struct dax_node *node, int *out, struct famfs_error *err)
{
	return exclude(node, false, out, err);
}
