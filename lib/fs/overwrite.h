/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the data that mkfs would destroy, and decides whether it may. */
#ifndef FS_OVERWRITE_H
#define FS_OVERWRITE_H

#include "device/device.h"

struct overwrite {
	const char *name;           /* of the device, for messages */
	const uint8_t *system_uuid; /* of this host */
	bool force;
	bool force_foreign;
	bool famfs_only; /* nothing else may be destroyed: -EMEDIUMTYPE */
	char *found;     /* receives what is there, also when it may not be destroyed */
	size_t found_size;
};

/*
 * Looks for a famfs, for other signatures and, in an image, for data of any other kind, and refuses
 * what the flags do not cover: -EEXIST. `dev` is locked, so that what is judged is what will be
 * written, and stays the caller's. Other errors are those of reading it.
 */
int overwrite_check(const struct overwrite *overwrite, struct device *dev, struct famfs_error *err);

#endif
