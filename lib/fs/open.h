/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FS_OPEN_H
#define FS_OPEN_H

#include "fs/volume.h"

/* Opens the device of a target, or its mount's .meta files, and the famfs on it. */
int target_open(const struct famfs_target *target, const struct volume_params *params,
		struct famfs_volume **out, struct famfs_error *err);

/* Opens the device of a target for reading, or its mount's .meta files, whatever its contents. */
int target_open_device(const struct famfs_target *target, struct device **out,
		       struct famfs_error *err);

/*
 * Checks that the target's device, opened for writing, may be written. Returns -EBUSY while another
 * implementation has it mounted: that does not know our locks, and two appends at once would damage
 * the log. Returns -ESTALE if the target's mount serves another file than the path leads to now.
 */
int target_check_writer(const struct famfs_target *target, struct device *dev,
			struct famfs_error *err);

#endif
