/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVICE_UDEV_NOTIFY_H
#define DEVICE_UDEV_NOTIFY_H

#include <sys/types.h>

/*
 * Tells udev that the contents of a DAX device have changed: udev watches block devices by itself,
 * but not character devices. Close the device first, since udev's rule will open it. Ignores
 * errors, and devices that are not DAX devices: nothing depends on the event.
 */
void udev_notify(dev_t number);

#endif
