/* SPDX-License-Identifier: Apache-2.0 */
/* Identifies the famfs on a device from its superblock alone. */
#include "base/error.h"
#include "device/daxinfo.h"
#include "device/device.h"
#include "media/superblock.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* Checked before the node is opened: a descriptor that is open during a mode change breaks the
 * node, and memory that the kernel uses must not be read. */
static int check_mode(const char *path, struct famfs_error *err)
{
	struct famfs_dax_info info;
	struct stat st;

	if (stat(path, &st) < 0)
		return error_errno(err, -errno, "cannot open '%s'", path);
	if (!S_ISCHR(st.st_mode) || daxinfo_read("", st.st_rdev, &info) < 0)
		return 0;
	return daxinfo_check_mappable(&info, path, err);
}

static int read_superblock(struct device *dev, struct superblock *sb, struct famfs_error *err)
{
	struct omf_super raw;
	struct famfs_error why;
	int ret;

	device_invalidate(dev, 0, sizeof(raw));
	device_fence(dev);
	ret = device_read(dev, 0, &raw, sizeof(raw));
	if (ret < 0)
		return error_errno(err, ret, "cannot read '%s'", dev->path);
	ret = superblock_decode(&raw, dev->size, sb, &why);
	if (ret == -EMEDIUMTYPE)
		return error_set(err, ret, "'%s' does not hold a famfs file system", dev->path);
	if (ret < 0)
		return error_set(err, ret, "the famfs on '%s' cannot be used: %s", dev->path,
				 why.message);
	return 0;
}

int famfs_identify(const char *device, struct famfs_identification *out, struct famfs_error *err)
{
	cleanup_device struct device *dev = NULL;
	struct superblock sb;
	int ret = check_mode(device, err);

	if (ret == 0)
		ret = device_open(device, DEVICE_READ, &dev, err);
	if (ret == 0)
		ret = read_superblock(dev, &sb, err);
	if (ret < 0)
		return ret;
	memset(out, 0, sizeof(*out));
	memcpy(out->uuid, sb.uuid, sizeof(out->uuid));
	memcpy(out->device_uuid, sb.dev_uuid, sizeof(out->device_uuid));
	memcpy(out->master_uuid, sb.system_uuid, sizeof(out->master_uuid));
	out->omf_major = sb.major;
	out->omf_minor = sb.minor;
	return 0;
}
