/* SPDX-License-Identifier: Apache-2.0 */
/* Opens the volume of a target. */
#include "fs/open.h"

#include "base/error.h"
#include "device/mountinfo.h"
#include "device/usage.h"
#include "fs/append.h"
#include "shared/cleanup.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/statfs.h>
#include <syslog.h>

static int refuse_foreign_mount(const struct device *dev, struct famfs_error *err)
{
	struct usage_text usage;
	int ret = device_foreign_mounts(dev->path, &usage);

	if (ret < 0)
		return error_errno(err, ret, "cannot read the mount table");
	if (ret == 0)
		return 0;
	error_refuse(err, -EBUSY,
		     "'%s' is %s by another implementation, which does not know our locks",
		     dev->path, usage.text);
	usage_remedy(&usage, err);
	return -EBUSY;
}

/* Since the mount, the path may have been replaced by another file. The server of the mount
 * holds a lock on the file that it serves. */
static bool is_served(struct device *dev)
{
	uint64_t end;

	return device_lock_conflict(dev, 0, 1, &end) > 0;
}

/* A mount without its server, where statfs() fails, is no reason to refuse the device. */
static int check_served(const struct famfs_target *target, struct device *dev,
			struct famfs_error *err)
{
	struct statfs st;

	if (!target->mountpoint || is_served(dev) || statfs(target->mountpoint, &st) < 0)
		return 0;
	return error_set(err, -ESTALE, "'%s' is not what is mounted at '%s': it was replaced",
			 target->device, target->mountpoint);
}

int target_check_writer(const struct famfs_target *target, struct device *dev,
			struct famfs_error *err)
{
	int ret = refuse_foreign_mount(dev, err);

	return ret < 0 ? ret : check_served(target, dev, err);
}

/* A writer takes the same shared lock of byte 0 as the mounts, so that the device cannot be
 * formatted meanwhile. */
static int share(struct device *dev, struct famfs_error *err)
{
	int ret = device_lock(dev, DEVICE_SHARED, 0, 1, false);

	if (ret == -EAGAIN)
		return error_set(err, -EBUSY, "'%s' is being formatted or repaired", dev->path);
	if (ret < 0)
		return error_errno(err, ret, "cannot lock '%s'", dev->path);
	/* An mkfs may have changed the size before the lock was taken. */
	ret = device_reload_size(dev);
	return ret < 0 ? error_errno(err, ret, "cannot read '%s'", dev->path) : 0;
}

static int visit_mount(void *arg, const struct mount_entry *entry)
{
	struct famfs_target *target = arg;

	/* In famfs mode the server runs as root. Another user could mount a fake to receive the
	 * data. */
	if (!mount_is_famfs(entry) || !mount_is_of_root(entry) ||
	    strcmp(entry->source, target->device) != 0 || strcmp(entry->root, "/") != 0)
		return 0;
	target->mountpoint = strdup(entry->mountpoint);
	return 1;
}

/* Opens the .meta files of a mount, for users who may not open the device, and in famfs mode for
 * all users. Uses the mount of the target, or one of the device. */
static int open_mount(const struct famfs_target *target, enum device_access access, int code,
		      struct device **out, struct famfs_error *err)
{
	struct famfs_target found = { .device = target->device };
	struct famfs_error ignored;
	bool tell = code == -EACCES || code == -ENOENT || code == -EOPNOTSUPP;
	int ret;

	if (!target->mountpoint && code == -EOPNOTSUPP)
		(void)mountinfo_walk(visit_mount, &found);
	if (!target->mountpoint && !found.mountpoint)
		return code;
	ret = device_open_metafiles(target->mountpoint ? target->mountpoint : found.mountpoint,
				    target->device, access, out, tell ? err : &ignored);
	free(found.mountpoint);
	return tell || ret == 0 ? ret : code;
}

static int open_for_writing(const struct famfs_target *target, struct device **out,
			    struct famfs_error *err)
{
	cleanup_device struct device *dev = NULL;
	int ret = device_open(target->device, DEVICE_WRITE, &dev, err);

	if (ret == -EOPNOTSUPP)
		ret = open_mount(target, DEVICE_WRITE, ret, &dev, err);
	if (ret == 0)
		ret = target_check_writer(target, dev, err);
	if (ret == 0)
		ret = share(dev, err);
	if (ret < 0)
		return ret;
	*out = steal_ptr(&dev);
	return 0;
}

int target_open_device(const struct famfs_target *target, struct device **out,
		       struct famfs_error *err)
{
	struct device *dev = NULL;
	int ret = device_open(target->device, DEVICE_READ, &dev, err);

	*out = dev;
	if (ret < 0)
		return open_mount(target, DEVICE_READ, ret, out, err);
	if (!target->mountpoint || is_served(dev))
		return 0;
	/* The device is not the one that is mounted, so prefer the mount. */
	if (open_mount(target, DEVICE_READ, 0, out, err) == 0 && *out != dev)
		device_close(dev);
	return 0;
}

int target_open(const struct famfs_target *target, const struct volume_params *params,
		struct famfs_volume **out, struct famfs_error *err)
{
	struct device *dev;
	int ret = params->access == DEVICE_WRITE ? open_for_writing(target, &dev, err)
						 : target_open_device(target, &dev, err);

	return ret < 0 ? ret : volume_open(dev, params, out, err);
}

int famfs_open(const struct famfs_target *target, const struct famfs_volume_params *params,
	       struct famfs_volume **out, struct famfs_error *err)
{
	struct volume_params own = { .access = params->write ? DEVICE_WRITE : DEVICE_READ,
				     .dry_run = params->dry_run,
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
	vol->dev->cancelled = params->cancelled;
	vol->dev->cancel_arg = params->cancel_arg;
	volume_log(vol, LOG_DEBUG,
		   "'%s': %s of %" PRIu64 " bytes, of which %" PRIu64
		   " are usable; this host's identity is from %s",
		   vol->dev->path, vol->dev->ops->kind, vol->dev->size, vol->usable,
		   famfs_system_uuid_source_name(vol->identity.source));
	volume_log(vol, LOG_INFO,
		   "'%s': %" PRIu64 " of %" PRIu64 " log entries in use, this host is %s",
		   vol->dev->path, vol->applied, vol->log.capacity,
		   vol->role == FAMFS_ROLE_MASTER ? "the master" : "a client");
	*out = steal_ptr(&vol);
	return 0;
}

void famfs_close(struct famfs_volume *vol)
{
	volume_close(vol);
}
