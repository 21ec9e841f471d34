/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVICE_SIGNATURE_H
#define DEVICE_SIGNATURE_H

#include "device/device.h"

/*
 * What else the device holds that libblkid knows: a file system, RAID member, partition table...
 * Writes its name ("ext4", "gpt partition table") to `name`. 1 when something was found, 0 when
 * nothing was, -errno.
 */
int device_find_signature(struct device *dev, char *name, size_t size);

/*
 * Of an image: the first byte that is not zero within 1 MiB of its start, or else of its end, which
 * is where a file that has no signature shows that it holds something. 1 and its offset, 0 when
 * there is none, -errno.
 */
int device_find_data(struct device *dev, uint64_t *offset);

#endif
