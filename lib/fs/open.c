/* SPDX-License-Identifier: Apache-2.0 */
/* From a target to an open volume. */
#include "fs/open.h"

#include "base/cleanup.h"
#include "base/error.h"

#include <errno.h>

/* A writer shares byte 0 with the mounts, so that nobody formats the device under it. */
static int open_for_writing(const char *path, struct device **out, struct famfs_error *err)
{
	cleanup_device struct device *dev = NULL;
	int ret = device_open(path, DEVICE_WRITE, &dev, err);

	if (ret < 0)
		return ret;
	ret = device_lock(dev, DEVICE_SHARED, 0, 1, false);
	if (ret == -EAGAIN)
		return error_set(err, -EBUSY, "'%s' is being formatted or repaired", path);
	if (ret < 0)
		return error_errno(err, ret, "cannot lock '%s'", path);
	*out = steal_ptr(&dev);
	return 0;
}

int target_open_device(const struct famfs_target *target, struct device **out,
		       struct famfs_error *err)
{
	struct famfs_error ignored;
	int ret = device_open(target->device, DEVICE_READ, out, err);

	if (ret == 0 || !target->mountpoint)
		return ret;
	/* A mount shows its metadata to whoever may look at it. */
	if (device_open_metafiles(target->mountpoint, target->device, out,
				  ret == -EACCES || ret == -ENOENT ? err : &ignored) == 0)
		return 0;
	return ret;
}

int target_open(const struct famfs_target *target, const struct volume_params *params,
		struct famfs_volume **out, struct famfs_error *err)
{
	struct device *dev;
	int ret = params->access == DEVICE_WRITE ? open_for_writing(target->device, &dev, err)
						 : target_open_device(target, &dev, err);

	return ret < 0 ? ret : volume_open(dev, params, out, err);
}

int famfs_open(const struct famfs_target *target, const struct famfs_volume_params *params,
	       struct famfs_volume **out, struct famfs_error *err)
{
	struct volume_params own = { .access = params->write ? DEVICE_WRITE : DEVICE_READ,
				     .log_fn = params->log,
				     .log_arg = params->log_arg };
	cleanup_volume struct famfs_volume *vol = NULL;
	int ret = error_if_reserved(params->reserved, 4, err);

	if (ret == 0)
		ret = target_open(target, &own, &vol, err);
	if (ret == 0 && params->write)
		ret = volume_check_master(vol, err);
	if (ret < 0)
		return ret;
	*out = steal_ptr(&vol);
	return 0;
}

void famfs_close(struct famfs_volume *vol)
{
	volume_close(vol);
}
