/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mode of a DAX device, devdax or famfs: which it is, and switching it. The only place that
 * changes anything in sysfs.
 *
 * The kernel does not protect itself: a driver that is taken away under a mapping brings the host
 * down, and a descriptor of the node that is closed after a switch breaks the node. So nothing may
 * be mounted, mapped or open, in this process either: what uses the device is looked for in /proc
 * and in the mount tables, and once more right before the driver is taken away, since the look
 * takes up to a second. Processes of ours are kept away meanwhile: see modelock.h.
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

/* A switch that is to be undone. */
struct daxmode;

/*
 * From devdax to famfs mode; loads the driver. After a failure the device is in the mode that it
 * was in, as far as the kernel lets it. -EBUSY when the device is in use; the message names the
 * user; -ENODEV when it is not in devdax mode, -ENOSYS without the driver.
 */
int daxmode_enter(const struct dax_node *node, struct daxmode **out, struct famfs_error *err);

/* The device now serves the files of a mount with this st_dev: as long as any of them is in use,
 * the device is not switched back. */
void daxmode_mounted(struct daxmode *mode, dev_t files);

/* Back to devdax mode; frees `mode` in any case. Waits a moment for users to go. -EBUSY if
 * it is still in use, naming one user; the next daxmode_settle() tries again. */
int daxmode_leave(struct daxmode *mode, struct famfs_error *err);

/*
 * Restores devdax mode after the process that switched has died: 1 when the device was taken back
 * to devdax mode, 0 when there was nothing to do, -EBUSY when that process lives or the device is
 * in use, with the name of the process. Waits up to `patience_ms` for a process that lives and has
 * no mount any more.
 */
int daxmode_settle(const struct dax_node *node, unsigned int patience_ms, struct famfs_error *err);

#define DAXMODE_PATIENCE_MS 2000

/* Whether a living process has switched the device, and will switch it back. */
bool daxmode_is_claimed(const struct dax_node *node);

/*
 * Restores devdax mode of a device that was left in famfs mode or without a driver, recorded or
 * not: by other programs too, or before a reboot of /run. A refusal leaves it as it was, without a
 * new record. With `dry_run`, looks at all that would keep it from being switched, and returns 1
 * when nothing would; creates no file and holds no lock meanwhile. *was is the mode that it was
 * found in. -EBUSY in system-ram mode too, -ENODEV with another driver.
 */
int daxmode_reset(const struct dax_node *node, bool dry_run, enum famfs_dax_mode *was,
		  struct famfs_error *err);

/* Whether the kernel's famfs can use the device: 0 for a DAX device whose driver is fsdev_dax, and
 * for an image, of which the kernel is to judge; -EOPNOTSUPP for another driver, -ENODEV for none.
 */
int device_check_famfs_mode(const struct device *dev);

#endif
