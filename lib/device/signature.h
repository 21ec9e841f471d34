/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVICE_SIGNATURE_H
#define DEVICE_SIGNATURE_H

#include "device/device.h"

/*
 * Finds the signature of another format on the device: of a file system, RAID member, partition
 * table or PMDK pool. Writes its name ("ext4", "gpt partition table") to `name`. Returns 1 if one
 * was found, 0 if not, or -errno.
 */
int device_find_signature(struct device *dev, char *name, size_t size);

/*
 * Finds the first byte of an image that is not zero within 1 MiB of its start, else of its end: it
 * shows that a file without a signature holds data. Returns 1 and the offset, 0 if there is none,
 * or -errno.
 */
int device_find_data(struct device *dev, uint64_t *offset);

#endif
