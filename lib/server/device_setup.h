/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server opens its device in one of three ways, and releases it at the end:
 *
 * - an image, or a device in devdax mode, is opened and read.
 *
 * - a device in devdax mode whose files a famfs kernel will map is opened and read, closed, and
 *   switched; its node is opened again for the locks, and the rest is read through the mount (see
 *   follow.h).
 *
 * - a device that is in famfs mode already: its node is opened, all is read through the mount.
 */
#ifndef SERVER_DEVICE_SETUP_H
#define SERVER_DEVICE_SETUP_H

#include "server/options.h"

#include <sys/types.h>

struct daxmode;
struct server;

#define MAX_STAY_REASON 160

/* Zero-initialised; for device_setup.c alone. */
struct device_setup {
	struct daxmode *switched; /* NULL: the mode was not switched, and is not switched back */
	enum mount_access access;
	char stay[MAX_STAY_REASON];
};

struct device_setup_params {
	const char *device;
	const struct mount_options *options;
	/* Why the device must stay in devdax mode; "": the options and the kernel decide. */
	const char *stay;
	bool rehearse; /* a dry run: changes no mode */
};

/* Switches a device back to devdax mode if a dead process has left it in famfs mode and this
 * process may switch it. Returns -EBUSY if it is in use, or in famfs mode for another mount. */
int device_settle(const struct device_setup_params *params, struct famfs_error *err);

/*
 * Settles the device, opens it, and switches it to famfs mode if the kernel will map it. Sets vol,
 * device, famfs_mode, stage, read_only and metadata_public of *server, whose logging
 * members are set. After a success, call device_teardown().
 */
int device_setup(struct server *server, const struct device_setup_params *params,
		 struct famfs_error *err);

/* Call after the session is destroyed. Switches the device back to its former mode; returns an
 * error if that fails. */
int device_teardown(struct server *server, struct famfs_error *err);

/* Call once the log of a device that was in famfs mode before has been read through the mount: sets
 * the generation, and decides whether the mount is read-only, which depends on the role of this
 * host. */
int device_setup_finish(struct server *server, struct famfs_error *err);

/* Call in famfs mode, once the mount exists: from now on the mode is not switched under its
 * files. `dev` is the device number of the mount. */
void device_setup_mounted(struct server *server, dev_t dev);

/* Whether device_setup() has switched the mode. */
bool device_setup_has_switched(const struct server *server);

/* The reason why a DAX device stays in devdax mode, to follow "since"; "" if there is none. */
const char *device_setup_stay_reason(const struct server *server);

#endif
