/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A simulated DAX device: the node of a device that can be opened but not mapped, and a private
 * /sys that describes it, in private namespaces. preload_device.c does the rest.
 */
#ifndef FUSEKERNEL_SANDBOX_H
#define FUSEKERNEL_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

#define SANDBOX_MAJOR   1 /* device number of /dev/full */
#define SANDBOX_MINOR   7
#define SANDBOX_DEVICE  "/sys/devices/dax0.0"
#define SANDBOX_DRIVERS "/sys/bus/dax/drivers/"
#define SANDBOX_CLAIM   "/run/famfsctl/dax0.0"
#define SANDBOX_LOCK    "/run/famfsctl/dax0.0.lock"

/* Returns NULL, or the name of a missing requirement. `node` is the path for the node, which is
 * removed when the program ends. */
const char *sandbox_enter(const char *node, uint64_t size);

/* Sets the driver of the device: "device_dax", "fsdev_dax". */
void sandbox_bind(const char *driver);
bool sandbox_bound(const char *driver);

#endif
