/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FS_OPEN_H
#define FS_OPEN_H

#include "fs/volume.h"

/* Opens the device of a target, or for reading its mount's .meta files, and the famfs on it. */
int target_open(const struct famfs_target *target, const struct volume_params *params,
		struct famfs_volume **out, struct famfs_error *err);

/* The device of a target for reading, or its mount's .meta files; what is on it does not matter. */
int target_open_device(const struct famfs_target *target, struct device **out,
		       struct famfs_error *err);

#endif
