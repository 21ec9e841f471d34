/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVICE_PROBE_H
#define DEVICE_PROBE_H

#include "device/device.h"

/*
 * What else the device holds that libblkid knows: a file system, RAID member, partition table...
 * Writes its name ("ext4", "gpt partition table") to `name`. 1 when something was found, 0 when
 * nothing was, -errno.
 */
int device_probe(struct device *dev, char *name, size_t size);

#endif
