/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_REMOUNT_H
#define SERVER_REMOUNT_H

#include "server/options.h"

/*
 * Changes the options of the famfs mounted at `mountpoint`, which must be of `device`; its server
 * is not involved. Returns -EINVAL if there is no such mount, -EROFS if a read-only mount would
 * have to become writable, or an error of mount(2).
 */
int remount(const char *device, const char *mountpoint, const struct mount_options *options,
	    struct famfs_error *err);

#endif
