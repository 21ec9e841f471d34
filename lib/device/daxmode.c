/* SPDX-License-Identifier: Apache-2.0 */
#include "device/daxmode.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int device_check_famfs_mode(const struct device *dev)
{
	char link[64], driver[PATH_MAX];
	const char *name;
	struct stat st;
	ssize_t n;

	if (fstat(dev->fd, &st) < 0)
		return -errno;
	if (!S_ISCHR(st.st_mode))
		return 0;
	snprintf(link, sizeof(link), "/sys/dev/char/%u:%u/driver", major(st.st_rdev),
		 minor(st.st_rdev));
	n = readlink(link, driver, sizeof(driver) - 1);
	if (n < 0)
		return -ENODEV;
	driver[n] = '\0';
	name = strrchr(driver, '/');
	return name && strcmp(name + 1, "fsdev_dax") == 0 ? 0 : -EOPNOTSUPP;
}
