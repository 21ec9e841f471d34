/* SPDX-License-Identifier: Apache-2.0 */
/* A famfs by its UUID, whatever device it is on at the moment. */
#ifndef FS_FIND_H
#define FS_FIND_H

#include "famfs.h"

/* Whether the argument has the form "famfs:UUID". */
bool find_is_name(const char *arg);

/*
 * The device that "famfs:UUID" names: what udev's link in /dev/famfs/by-uuid leads to, if that
 * holds the file system, else the DAX device that does. `root` is put before "/dev" and "/sys". The
 * caller frees *device. -ENODEV, -ENOTUNIQ when several hold it, -EINVAL, -ENOMEM.
 */
int find_device(const char *root, const char *arg, char **device, struct famfs_error *err);

#endif
