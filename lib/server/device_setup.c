/* SPDX-License-Identifier: Apache-2.0 */
#include "server/device_setup.h"

#include "base/error.h"
#include "device/daxinfo.h"
#include "device/daxmode.h"
#include "device/usage.h"
#include "server/kernel.h"
#include "server/server.h"
#include "shared/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <syslog.h>

#define MAX_OBJECTION 120

static const enum device_access accesses[] = {
	[MOUNT_BY_ROLE] = DEVICE_WRITE_MAY,
	[MOUNT_READ_ONLY] = DEVICE_READ,
	[MOUNT_READ_WRITE] = DEVICE_WRITE,
};

static struct volume_params volume_params(const struct server *server)
{
	/* A server adds no log entries. */
	return (struct volume_params){ .access = DEVICE_READ,
				       .log_fn = server->log_fn,
				       .log_arg = server->log_arg };
}

static uint64_t generation_of(const uint8_t uuid[OMF_UUID_SIZE])
{
	uint64_t halves[2];

	memcpy(halves, uuid, sizeof(halves));
	return (halves[0] ^ halves[1]) ? (halves[0] ^ halves[1]) : 1;
}

static bool decide_read_only(const struct server *server)
{
	struct famfs_volume *vol = server->vol;
	bool writable = volume_device(vol)->writable;

	if (server->device.access != MOUNT_BY_ROLE)
		return server->device.access == MOUNT_READ_ONLY;
	if (volume_role(vol) == FAMFS_ROLE_MASTER && !writable)
		volume_log(vol, LOG_NOTICE, "'%s' may not be written: mounting it read-only",
			   volume_device_path(vol));
	return volume_role(vol) == FAMFS_ROLE_CLIENT || !writable;
}

static void set_identity_and_access(struct server *server)
{
	server->generation = generation_of(volume_uuid(server->vol));
	server->read_only = decide_read_only(server);
	/* Prevents this process from writing the device by mistake. In famfs mode the kernel
	 * writes it. */
	if (server_in_famfs_mode(server) || (server->device.access == MOUNT_BY_ROLE &&
					     volume_role(server->vol) == FAMFS_ROLE_CLIENT))
		volume_device(server->vol)->writable = false;
}

int device_setup_finish(struct server *server, struct famfs_error *err)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };

	set_identity_and_access(server);
	if (!server->read_only || server->device.access == MOUNT_READ_ONLY)
		return 0;
	/* The mount was made read-write, before the role was known. */
	if (mount_setattr(AT_FDCWD, server->mountpoint, 0, &attr, sizeof(attr)) < 0)
		return error_errno(err, -errno, "cannot make '%s' read-only", server->mountpoint);
	return 0;
}

/* ---- choosing the mode ---- */

/* Some push kernels take any units: a user who asks for push by name may try. */
static const char *units_objection(const struct mount_options *options, char text[MAX_OBJECTION])
{
	if (options->forced && options->forced->generation == FAMFS_PROFILE_PUSH)
		return NULL;
	return kernel_units_too_large(0, text, MAX_OBJECTION) ? text : NULL;
}

/* Returns NULL if the kernel should map the device in famfs mode. */
static const char *kernel_objection(const struct mount_options *options, char text[MAX_OBJECTION])
{
	struct kernel_detection detection = { .root = "" };
	struct famfs_kernel_info info;

	if (options->forced)
		return options->forced->generation == FAMFS_PROFILE_OFF
			       ? "fmap=off was asked for"
			       : units_objection(options, text);
	kernel_predict(&detection, &info);
	switch (info.support) {
	case FAMFS_KERNEL_FAMFS: return units_objection(options, text);
	case FAMFS_KERNEL_NONE: return "the kernel has no famfs support";
	case FAMFS_KERNEL_OTHER: return "the kernel maps files in another way";
	case FAMFS_KERNEL_UNKNOWN: break;
	}
	return "the kernel does not show whether it has famfs support";
}

static const char *objection(const struct device_setup_params *params, char text[MAX_OBJECTION])
{
	if (*params->stay)
		return params->stay;
	if (params->options->no_mode_switch)
		return "nomodeswitch was asked for";
	if (geteuid() != 0)
		return "only root can switch it";
	if (device_mounts(params->device, NULL) > 0)
		return "it is mounted";
	return kernel_objection(params->options, text);
}

static void keep_devdax(struct server *server, const char *why)
{
	snprintf(server->device.stay, MAX_STAY_REASON, "%.*s", MAX_STAY_REASON - 1, why);
}

/* ---- opening ---- */

static int lock(struct device *dev, struct famfs_error *err)
{
	/* Held as long as the mount exists; mkfs takes it exclusively. */
	int ret = device_lock(dev, DEVICE_SHARED, 0, 1, false);

	if (ret == -EAGAIN)
		return error_set(err, -EBUSY, "'%s' is being formatted", dev->path);
	if (ret < 0)
		return error_errno(err, ret, "cannot lock '%s'", dev->path);
	/* An mkfs may have changed the size between the open and the lock. */
	ret = device_reload_size(dev);
	return ret < 0 ? error_errno(err, ret, "cannot read '%s'", dev->path) : 0;
}

/* The device itself, or in famfs mode its node. */
static int open_device(const struct server *server, const char *path, struct device **out,
		       struct famfs_error *err)
{
	enum device_access access = accesses[server->device.access];
	cleanup_device struct device *dev = NULL;
	int ret = server_in_famfs_mode(server) ? device_open_famfs_mode(path, access, &dev, err)
					       : device_open(path, access, &dev, err);

	if (ret == 0)
		ret = lock(dev, err);
	if (ret < 0)
		return ret;
	*out = steal_ptr(&dev);
	return 0;
}

static int open_volume(struct server *server, const char *path, struct famfs_error *err)
{
	const struct volume_params params = volume_params(server);
	struct device *dev = NULL;
	int ret = open_device(server, path, &dev, err);

	if (ret == 0)
		ret = volume_open(dev, &params, &server->vol, err);
	if (ret == 0)
		server->stage = SERVER_READY;
	return ret;
}

/* Opens the device again, in its new mode. */
static int reopen(struct server *server, const char *path, struct famfs_error *err)
{
	struct device *dev = NULL;
	int ret = open_device(server, path, &dev, err);

	if (ret == 0)
		volume_replace_device(server->vol, dev);
	return ret;
}

/* Locks show processes that /proc does not, such as those of other namespaces. */
static bool is_shared(struct device *dev)
{
	uint64_t end;

	return device_lock_conflict(dev, 0, dev->size, &end) != 0;
}

/* The volume is open. If the mode cannot be switched, the device is served in devdax mode. */
static int switch_mode(struct server *server, const char *path, struct famfs_error *err)
{
	struct famfs_error why = { 0 };
	struct dax_node node;
	int ret;

	if (is_shared(volume_device(server->vol))) {
		keep_devdax(server, "another process uses it");
		return 0;
	}
	/* No descriptor of the node may be open while its driver changes. */
	volume_replace_device(server->vol, NULL);
	ret = dax_node_at(path, &node);
	if (ret == 0)
		ret = daxmode_enter(&node, &server->device.switched, &why);
	server->famfs_mode = ret == 0;
	if (ret < 0) {
		server_log(server, LOG_WARNING, "%s", why.message);
		keep_devdax(server, why.message);
	}
	return reopen(server, path, err);
}

static int setup_devdax(struct server *server, const struct device_setup_params *params, bool dax,
			struct famfs_error *err)
{
	char text[MAX_OBJECTION];
	const char *why = dax ? objection(params, text) : NULL;
	int ret = open_volume(server, params->device, err);

	if (ret == 0 && why)
		keep_devdax(server, why);
	else if (ret == 0 && dax && !params->rehearse)
		ret = switch_mode(server, params->device, err);
	if (ret == 0)
		set_identity_and_access(server);
	return ret;
}

/* Opens a device that is in famfs mode already, which cannot be read before the mount exists. */
static int setup_famfs(struct server *server, const struct device_setup_params *params,
		       struct famfs_error *err)
{
	const struct volume_params volume = volume_params(server);
	struct device *dev = NULL;
	int ret;

	server->famfs_mode = true;
	server->stage = SERVER_MOUNTED;
	ret = open_device(server, params->device, &dev, err);
	if (ret < 0)
		return ret;
	server->read_only = server->device.access == MOUNT_READ_ONLY || !dev->writable;
	server->vol = volume_create(dev, &volume);
	if (server->vol)
		return 0;
	device_close(dev);
	return error_set(err, -ENOMEM, "out of memory");
}

/* In famfs mode a device can be mounted once. A mount whose server is dead counts. */
static int refuse_second(const struct dax_node *node, struct famfs_error *err)
{
	struct famfs_dax_info info;
	struct usage_text user;
	int ret;

	if (daxinfo_read(node->root, node->number, &info) < 0 || info.mode != FAMFS_DAX_FAMFS)
		return 0;
	ret = device_mounts(node->path, &user);
	if (ret <= 0)
		return ret < 0 ? error_errno(err, ret, "cannot read the mount table") : 0;
	error_refuse(err, -EBUSY,
		     "'%s' is in famfs mode, in which it can be mounted once, and is %s",
		     node->path, user.text);
	usage_remedy(&user, err);
	return -EBUSY;
}

int device_settle(const struct device_setup_params *params, struct famfs_error *err)
{
	struct dax_node node;
	int ret;

	if (dax_node_at(params->device, &node) < 0)
		return 0;
	ret = refuse_second(&node, err);
	if (ret < 0)
		return ret;
	if (geteuid() != 0 || params->options->no_mode_switch || params->rehearse)
		return 0;
	ret = daxmode_settle(&node, DAXMODE_PATIENCE_MS, err);
	return ret < 0 ? ret : 0;
}

int device_setup(struct server *server, const struct device_setup_params *params,
		 struct famfs_error *err)
{
	struct famfs_dax_info info;
	char text[MAX_OBJECTION];
	struct dax_node node;
	bool dax;
	int ret = device_settle(params, err);

	if (ret < 0)
		return ret;
	server->device.access = params->options->access;
	server->metadata_public = params->options->metadata_public;
	dax = dax_node_at(params->device, &node) == 0 &&
	      daxinfo_read(node.root, node.number, &info) == 0;
	if (dax && info.mode == FAMFS_DAX_FAMFS && geteuid() == 0 &&
	    !kernel_objection(params->options, text))
		ret = setup_famfs(server, params, err);
	else
		ret = setup_devdax(server, params, dax, err);
	if (ret < 0)
		(void)device_teardown(server, NULL);
	return ret;
}

int device_teardown(struct server *server, struct famfs_error *err)
{
	struct daxmode *mode = server->device.switched;

	volume_close(server->vol);
	server->vol = NULL;
	server->device.switched = NULL;
	return mode ? daxmode_leave(mode, err) : 0;
}

void device_setup_mounted(struct server *server, dev_t dev)
{
	if (server->device.switched)
		daxmode_mounted(server->device.switched, dev);
}

bool device_setup_has_switched(const struct server *server)
{
	return server->device.switched != NULL;
}

const char *device_setup_stay_reason(const struct server *server)
{
	return server->device.stay;
}
