/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVICE_UDEV_NOTIFY_H
#define DEVICE_UDEV_NOTIFY_H

#include <sys/types.h>

/*
 * Tells udev that what a DAX device holds has changed: it watches block devices by itself,
 * character devices not. Close the device first, since udev's rule will look at it. Does nothing
 * for what is no DAX device, and when the caller may not: nothing depends on it.
 */
void udev_notify(dev_t number);

#endif
