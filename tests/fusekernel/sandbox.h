/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A DAX device that programs take for one: a node of a device that can be opened and not be mapped,
 * and a /sys of our own, in namespaces of our own, that says so. preload_device.c does the rest.
 */
#ifndef FUSEKERNEL_SANDBOX_H
#define FUSEKERNEL_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

#define SANDBOX_MAJOR   1 /* of /dev/full */
#define SANDBOX_MINOR   7
#define SANDBOX_DEVICE  "/sys/devices/dax0.0"
#define SANDBOX_DRIVERS "/sys/bus/dax/drivers/"
#define SANDBOX_CLAIM   "/run/famfsctl/dax0.0"
#define SANDBOX_LOCK    "/run/famfsctl/dax0.0.lock"

/* NULL, or what is missing. `node` is where the node goes; it is removed when the program ends. */
const char *sandbox_enter(const char *node, uint64_t size);

/* Which driver has the device: "device_dax", "fsdev_dax". */
void sandbox_bind(const char *driver);
bool sandbox_bound(const char *driver);

#endif
