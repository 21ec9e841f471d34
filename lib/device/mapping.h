/* SPDX-License-Identifier: Apache-2.0 */
/* Maps pieces of a device into one contiguous range of addresses. */
#ifndef DEVICE_MAPPING_H
#define DEVICE_MAPPING_H

#include "device/device.h"

struct map_piece {
	uint64_t offset; /* device offset */
	uint64_t length;
};

/* The pieces are mapped side by side, in order. Their offsets and lengths are multiples of
 * dev->align. */
struct map_request {
	const char *name;               /* of the file, for messages */
	const struct map_piece *pieces; /* for device_map() only */
	size_t count;
	uint64_t size; /* of the file in bytes; at most the length of all pieces */
	bool write;
};

/* Opens the node again, so that the mapping outlives `dev` and can be writable even if `dev` is
 * not, and takes the shared lock of byte 0. Errors: those of device_open(), where -ESTALE also
 * means that the path leads to another device than `dev`; -EBUSY while the device is formatted or
 * repaired; -E2BIG if the process may not have that many mappings. */
int device_map(const struct device *dev, const struct map_request *request,
	       struct famfs_mapping **out, struct famfs_error *err);

/* The same for a file of a mount that the kernel maps. `file` is an open descriptor, which the
 * caller keeps. Takes the shared lock of byte 0 if the process can open the node of `dev`; else the
 * lock of the mount's server protects the mapping. */
int device_map_file(const struct device *dev, int file, const struct map_request *request,
		    struct famfs_mapping **out, struct famfs_error *err);

#endif
