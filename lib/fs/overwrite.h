/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the data that mkfs would destroy, and decides whether it may. */
#ifndef FS_OVERWRITE_H
#define FS_OVERWRITE_H

#include "device/device.h"

struct overwrite {
	const char *name;           /* the device's, for messages */
	const uint8_t *system_uuid; /* of this host */
	bool force;
	bool force_foreign;
	bool famfs_only; /* refuse other data with -EMEDIUMTYPE */
	char *found;     /* receives a description of the data, also if it is refused */
	size_t found_size;
};

/*
 * Searches for a famfs, for other signatures and, in an image, for any other data. Returns -EEXIST
 * if the flags do not allow overwriting it, or an error of reading the device. The caller keeps
 * `dev`, and has locked it, so that the data cannot change after the check.
 */
int overwrite_check(const struct overwrite *overwrite, struct device *dev, struct famfs_error *err);

#endif
