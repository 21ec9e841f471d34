/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the users of a device: mounts, and processes that have it mapped. */
#ifndef DEVICE_USAGE_H
#define DEVICE_USAGE_H

#include "device/device.h"

#include <limits.h>

/* Room for "mounted at '/mnt/x'" or "mapped by process 123 (name)". */
struct usage_text {
	char text[320];
	bool foreign;              /* a mount that this program's server did not make */
	char mountpoint[PATH_MAX]; /* of a mount; else empty */
};

/* 1 and "WHAT by process PID (NAME)" when a process can be seen to hold a lock on a part of the
 * range, by another descriptor than this device's; else 0 and "WHAT by another process". */
int device_lock_holder(const struct device *dev, uint64_t offset, uint64_t length, const char *what,
		       struct usage_text *out);

/* Adds the remedy: end that use. */
void usage_remedy(const struct usage_text *user, struct famfs_error *err);

/* 1 and a description when this host has the device mounted or mapped, 0 when it has not, -errno
 * when that cannot be found out. Other users' processes can only be seen by root. */
int device_usage(const struct device *dev, struct usage_text *out);

/* How many mounts that are believed have this device as their source, and the first one's
 * mountpoint (may be NULL). -errno when the mount table cannot be read. */
int device_mounts(const char *path, struct usage_text *first);

/* The same, of mounts that this program's server did not make: the reference implementation's. */
int device_foreign_mounts(const char *path, struct usage_text *first);

#endif
