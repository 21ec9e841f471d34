/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a server comes by its device, and gives it back:
 *
 * - an image, or a device in devdax mode: opened and read
 * - a device in devdax mode that a kernel with famfs is to map: opened and read, closed, switched,
 *   its node opened again for the locks; the rest is read through the mount, see follow.h
 * - a device that is in famfs mode already: its node is opened, all is read through the mount
 */
#ifndef SERVER_DEVICE_SETUP_H
#define SERVER_DEVICE_SETUP_H

#include "server/options.h"

struct server;

struct device_setup_params {
	const char *device;
	const struct mount_options *options;
	/* Why the device is to stay in devdax mode; "": as all else has it. */
	const char *stay;
	bool rehearse; /* changes no mode, whatever it finds */
};

/* Takes a device back to devdax mode that a process which is gone has left in famfs mode, if that
 * is for us to do. -EBUSY when it is in use, and when it is in famfs mode for another mount. */
int device_settle(const struct device_setup_params *params, struct famfs_error *err);

/*
 * Sets vol, daxmode, follow.used, stage, read_only, access and stay of *server, whose log_fn is
 * set. What others have left is settled first. device_teardown() is due after a success.
 */
int device_setup(struct server *server, const struct device_setup_params *params,
		 struct famfs_error *err);

/* After the session is destroyed. The device goes back to the mode that it was in; an error when it
 * does not. */
int device_teardown(struct server *server, struct famfs_error *err);

/* When the log has been read through the mount: what the server is to this file system. */
int device_setup_finish(struct server *server, struct famfs_error *err);

#endif
