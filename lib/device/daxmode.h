/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads and switches the mode of a DAX device, devdax or famfs.
 *
 * The kernel does not protect itself: removing the driver of a mapped device crashes the host, and
 * closing a descriptor of the node after a switch breaks the node. So the device must not be
 * mounted, mapped or open, not even in this process. Users of the device are searched for in /proc
 * and in the mount tables, and once more right before the driver is removed, since the search takes
 * up to a second. modelock.h keeps processes of this library away meanwhile.
 *
 * The process that switches records it, so that another can switch back if it is killed: see
 * modeclaim.h.
 */
#ifndef DEVICE_DAXMODE_H
#define DEVICE_DAXMODE_H

#include "device/device.h"
#include "device/modelock.h"

/* -ENOTTY unless `path` is a character device; -errno. `path` must live as long as *out. */
int dax_node_at(const char *path, struct dax_node *out);

/* A switch to famfs mode, to be undone by daxmode_leave(). */
struct daxmode;

/*
 * Switches from devdax to famfs mode; loads the driver. After a failure the device is switched back
 * if possible. -EBUSY if the device is in use, and the message names the user; -ENODEV if it is not
 * in devdax mode, -ENOSYS without the driver.
 */
int daxmode_enter(const struct dax_node *node, struct daxmode **out, struct famfs_error *err);

/* Records that the device serves a mount whose files have this st_dev: as long as one of the files
 * is in use, the device is not switched back. */
void daxmode_mounted(struct daxmode *mode, dev_t files);

/* Switches back to devdax mode; frees `mode` in any case. Waits a moment for the users of the
 * device to end. -EBUSY if it is still in use, and the message names one user; the next
 * daxmode_settle() tries again. */
int daxmode_leave(struct daxmode *mode, struct famfs_error *err);

/*
 * Restores devdax mode if the process that switched the device has died. Returns 1 if the device
 * was switched, 0 if there was nothing to do, -EBUSY if that process lives or the device is in use;
 * the message names the process. Waits up to `patience_ms` for a process that lives and has no
 * mount any more.
 */
int daxmode_settle(const struct dax_node *node, unsigned int patience_ms, struct famfs_error *err);

#define DAXMODE_PATIENCE_MS 2000

/* Whether a living process has switched the device, and will switch it back. */
bool daxmode_is_claimed(const struct dax_node *node);

/*
 * Restores devdax mode of a device that was left in famfs mode or without a driver, with or without
 * a record: other programs may have left it so, or /run was cleared. A refusal changes nothing and
 * leaves no new record. Returns 1 if the device was switched, 0 if it is in devdax mode. With
 * `dry_run`, makes all checks, creates no file and holds no lock, and returns 1 if the device would
 * be switched. *was is the mode before the call. -EBUSY if the device is in use or in system-ram
 * mode, -ENODEV with another driver.
 */
int daxmode_reset(const struct dax_node *node, bool dry_run, enum famfs_dax_mode *was,
		  struct famfs_error *err);

/* Checks that the kernel's famfs can use the device: 0 for a DAX device with the driver fsdev_dax,
 * and for an image, which the kernel checks itself; -EOPNOTSUPP for another driver, -ENODEV without
 * one. */
int device_check_famfs_mode(const struct device *dev);

#endif
