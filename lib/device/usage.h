/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the users of a device: mounts, and processes that have it mapped. */
#ifndef DEVICE_USAGE_H
#define DEVICE_USAGE_H

#include "device/device.h"

#include <limits.h>

/* Room for "mounted at '/mnt/x'" or "mapped by process 123 (name)". */
struct usage_text {
	char text[320];
	bool foreign;              /* a mount of another implementation */
	char mountpoint[PATH_MAX]; /* of a mount; else empty */
};

/* Finds the process that holds a lock on a part of the range through another descriptor than this
 * device's. Returns 1 and "WHAT by process PID (NAME)", or 0 and "WHAT by another process" if none
 * can be seen. */
int device_lock_holder(const struct device *dev, uint64_t offset, uint64_t length, const char *what,
		       struct usage_text *out);

/* Adds the remedy to end that use: unmount, or end the process. */
void usage_remedy(const struct usage_text *user, struct famfs_error *err);

/* Returns 1 and a description if this host has the device mounted or mapped, 0 if not, -errno if
 * the search failed. Only root can see the processes of other users. */
int device_usage(const struct device *dev, struct usage_text *out);

/* Returns the number of believed mounts (mountinfo.h) whose source is `path`, or -errno if the
 * mount table cannot be read. `first`, which may be NULL, receives the first one. */
int device_mounts(const char *path, struct usage_text *first);

/* The same for mounts of another implementation, such as the reference implementation. */
int device_foreign_mounts(const char *path, struct usage_text *first);

#endif
