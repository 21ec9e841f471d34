/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces of a device in one contiguous range of addresses. */
#ifndef DEVICE_MAPPING_H
#define DEVICE_MAPPING_H

#include "device/device.h"

struct map_piece {
	uint64_t offset; /* device offset */
	uint64_t length;
};

/* Pieces that are to lie side by side, in order. Offsets and lengths are multiples of dev->align.
 */
struct map_request {
	const char *name;               /* of the file, for messages */
	const struct map_piece *pieces; /* of the device; not of a file */
	size_t count;
	uint64_t size; /* bytes that the caller is told of; not more than the pieces have */
	bool write;
};

/* Opens the node anew, so that the mapping outlives `dev` and can be writable where `dev` is not,
 * and shares byte 0. The errors of device_open(), where -ESTALE also means that the path leads to
 * another device than `dev`; -EBUSY while the device is formatted or repaired; -E2BIG, and nothing
 * was mapped. */
int device_map(const struct device *dev, const struct map_request *request,
	       struct famfs_mapping **out, struct famfs_error *err);

/* The same of a file of a mount, which the kernel maps: `file` is open, and stays the caller's. A
 * process that can open the node of `dev` shares byte 0; others rely on the mount's server. */
int device_map_file(const struct device *dev, int file, const struct map_request *request,
		    struct famfs_mapping **out, struct famfs_error *err);

#endif
