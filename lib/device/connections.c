/* SPDX-License-Identifier: Apache-2.0 */
#include "device/connections.h"

#include "device/holders.h"
#include "shared/cleanup.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define CONNECTIONS "/sys/fs/fuse/connections"

/* The names in CONNECTIONS are device numbers as the kernel stores them internally. */
#define KERNEL_MINOR_BITS 20

/* In fusectl, the files of a connection belong to the user who mounted it, in any user namespace.
 */
static bool is_own(const struct stat *st)
{
	return st->st_uid == geteuid();
}

bool connection_shown(const char *root, dev_t files, dev_t *fusectl)
{
	cleanup_free char *path = NULL;
	struct stat st;

	if (asprintf(&path, "%s" CONNECTIONS "/%u", root,
		     major(files) << KERNEL_MINOR_BITS | minor(files)) < 0 ||
	    stat(path, &st) < 0 || !is_own(&st))
		return false;
	*fusectl = st.st_dev;
	return true;
}

bool fusectl_still_mounted(const char *root, dev_t fusectl)
{
	cleanup_free char *path = NULL;
	struct stat st;

	return asprintf(&path, "%s" CONNECTIONS, root) >= 0 && stat(path, &st) == 0 &&
	       st.st_dev == fusectl;
}

static int is_unmounted(int dir, const char *name, dev_t *files)
{
	unsigned long number = strtoul(name, NULL, 10);
	struct stat st;
	int mounted;

	if (fstatat(dir, name, &st, 0) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!is_own(&st))
		return 0;
	*files = makedev((unsigned int)(number >> KERNEL_MINOR_BITS),
			 (unsigned int)(number & ((1u << KERNEL_MINOR_BITS) - 1)));
	mounted = holders_have_mount(*files);
	return mounted < 0 ? mounted : !mounted;
}

int connections_find_unmounted(const char *root, dev_t *files)
{
	cleanup_free char *path = NULL;
	struct dirent *entry;
	int ret = 0;
	DIR *dir;

	if (asprintf(&path, "%s" CONNECTIONS, root) < 0)
		return -ENOMEM;
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while (ret == 0 && (entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]))
			ret = is_unmounted(dirfd(dir), entry->d_name, files);
	closedir(dir);
	return ret;
}
