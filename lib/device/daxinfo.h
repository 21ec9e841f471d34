/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the facts of a DAX device from sysfs, without touching its memory. */
#ifndef DEVICE_DAXINFO_H
#define DEVICE_DAXINFO_H

#include "famfs.h"

#include <sys/types.h>

/* 0, -ENOTTY when the device number is not a DAX device's, -errno. `root` is put before "/sys". */
int daxinfo_read(const char *root, dev_t number, struct famfs_dax_info *out);

/* The same by name, such as "dax0.0". -ENODEV when there is none. */
int daxinfo_find(const char *root, const char *name, struct famfs_dax_info *out);

/* Calls `visit` for every DAX device, in the order of their numbers; nonzero ends the walk and is
 * returned. -errno; a host without the dax bus has none. */
int daxinfo_scan(const char *root, famfs_dax_visit_fn visit, void *arg);

/* Why the device cannot be mapped, with the command that changes it; 0 when it can. -EOPNOTSUPP in
 * famfs mode, -ENODEV without a driver, -EBUSY as system memory. */
int daxinfo_check_mappable(const struct famfs_dax_info *info, const char *path,
			   struct famfs_error *err);

#endif
