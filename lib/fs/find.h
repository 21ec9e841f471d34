/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the device of a famfs by the UUID. */
#ifndef FS_FIND_H
#define FS_FIND_H

#include "famfs.h"

/* Whether the argument has the form "famfs:UUID". */
bool find_is_name(const char *arg);

/*
 * Finds the device that "famfs:UUID" names: the target of udev's link in /dev/famfs/by-uuid if it
 * holds the file system, else the DAX device that does. `root` is prefixed to "/dev" and "/sys".
 * The caller frees *device. Returns -ENODEV, -ENOTUNIQ if several devices hold it, -EINVAL or
 * -ENOMEM.
 */
int find_device(const char *root, const char *arg, char **device, struct famfs_error *err);

#endif
