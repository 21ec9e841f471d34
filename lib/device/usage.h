/* SPDX-License-Identifier: Apache-2.0 */
/* Who uses a device: mounts, and processes that have it mapped. */
#ifndef DEVICE_USAGE_H
#define DEVICE_USAGE_H

#include "device/device.h"

/* Room for "mounted at '/mnt/x'" or "mapped by process 123 (name)". */
struct usage_text {
	char text[320];
	char end[320]; /* the command that ends it, where it is a mount; else empty */
};

/* 1 and a description when this host has the device mounted or mapped, else 0. Other users'
 * processes can only be seen by root. */
int device_usage(const struct device *dev, struct usage_text *out);

/* How many mounts have this device as their source, and the first one's mountpoint (may be NULL).
 */
int device_mounts(const char *path, struct usage_text *first);

/* The same, of mounts that this program's server did not make: the reference implementation's. */
int device_foreign_mounts(const char *path, struct usage_text *first);

/* 1 and a description when a process of this host, this one included, has the DAX device open or
 * mapped, or maps a file whose st_dev is `files` (0: none), else 0. Touches no file system. */
int device_holders(const char *path, dev_t number, dev_t files, struct usage_text *out);

/* The same when the kernel still has the FUSE connection of files with that st_dev, although it may
 * be unmounted: for those who have some open. `root` is put before /sys. */
int device_files_in_use(const char *root, dev_t files, struct usage_text *out);

#endif
