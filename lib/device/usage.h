/* SPDX-License-Identifier: Apache-2.0 */
/* Who uses a device: mounts, and processes that have it mapped. */
#ifndef DEVICE_USAGE_H
#define DEVICE_USAGE_H

#include "device/device.h"

/* Room for "mounted at '/mnt/x'" or "mapped by process 123 (name)". */
struct usage_text {
	char text[320];
};

/* 1 and a description when this host has the device mounted or mapped, else 0. Other users'
 * processes can only be seen by root. */
int device_usage(const struct device *dev, struct usage_text *out);

/* How many mounts have this device as their source, and the first one's mountpoint (may be NULL).
 */
int device_mounts(const char *path, struct usage_text *first);

#endif
