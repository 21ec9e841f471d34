/* SPDX-License-Identifier: Apache-2.0 */
#include "device/daxmode.h"

#include "device/daxinfo.h"

#include <errno.h>
#include <sys/stat.h>

int device_check_famfs_mode(const struct device *dev)
{
	struct famfs_dax_info info;
	struct stat st;
	int ret;

	if (fstat(dev->fd, &st) < 0)
		return -errno;
	if (!S_ISCHR(st.st_mode))
		return 0;
	ret = daxinfo_read("", st.st_rdev, &info);
	if (ret < 0 || info.mode == FAMFS_DAX_NO_DRIVER)
		return -ENODEV;
	return info.mode == FAMFS_DAX_FAMFS ? 0 : -EOPNOTSUPP;
}
