/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVICE_DAXMODE_H
#define DEVICE_DAXMODE_H

#include "device/device.h"

/* Whether the kernel's famfs can use the device: 0 for a DAX device whose driver is fsdev_dax, and
 * for an image, of which the kernel is to judge; -EOPNOTSUPP for another driver, -ENODEV for none.
 */
int device_check_famfs_mode(const struct device *dev);

#endif
