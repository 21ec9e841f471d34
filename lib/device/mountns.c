/* SPDX-License-Identifier: Apache-2.0 */
#include "device/mountns.h"

#include "shared/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

static bool same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Whether the mount namespace belongs to this process's user namespace: 1, 0, -errno. */
static int is_owned(int fd)
{
	cleanup_fd int owner = ioctl(fd, NS_GET_USERNS);
	struct stat theirs, ours;

	/* EPERM: the owner is neither our user namespace nor one below it. */
	if (owner < 0)
		return errno == EPERM || errno == ENOTTY ? 0 : -errno;
	if (fstat(owner, &theirs) < 0 || stat("/proc/self/ns/user", &ours) < 0)
		return -errno;
	return same(&theirs, &ours);
}

int mount_namespace_of(const char *pid, struct mount_namespace *out)
{
	struct stat theirs, ours;
	cleanup_fd int fd = -1;
	char path[64];
	int ret;

	snprintf(path, sizeof(path), "/proc/%.20s/ns/mnt", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &theirs) < 0 || stat("/proc/self/ns/mnt", &ours) < 0)
		return -errno;
	ret = same(&theirs, &ours) ? 1 : is_owned(fd);
	*out = (struct mount_namespace){ .id = theirs.st_ino, .believed = ret > 0 };
	return ret < 0 ? ret : 0;
}
