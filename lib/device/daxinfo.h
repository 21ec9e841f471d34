/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the properties of a DAX device from sysfs, without access to its memory. */
#ifndef DEVICE_DAXINFO_H
#define DEVICE_DAXINFO_H

#include "famfs.h"

#include <sys/types.h>

/* Returns 0, -ENOTTY if `number` is not that of a DAX device, or -errno. `root` is put before
 * "/sys": "" except in tests. */
int daxinfo_read(const char *root, dev_t number, struct famfs_dax_info *out);

/* The same by name, such as "dax0.0". -ENODEV if there is no such device. */
int daxinfo_find(const char *root, const char *name, struct famfs_dax_info *out);

/* Calls `visit` for every DAX device, in the order of their numbers; nonzero ends the walk and is
 * returned. -errno; 0 on a host without the dax bus. */
int daxinfo_scan(const char *root, famfs_dax_visit_fn visit, void *arg);

/* Checks that the mode of the device allows mapping it; an error has a remedy. -EOPNOTSUPP in famfs
 * mode, -ENODEV without a driver or with an unknown one, -EBUSY as system memory. */
int daxinfo_check_mappable(const struct famfs_dax_info *info, const char *path,
			   struct famfs_error *err);

#endif
