/* SPDX-License-Identifier: Apache-2.0 */
/*
 * That a device is to go back to devdax mode, and who is to do it: /run/famfsctl/NAME. It is
 * written before the switch, and locked (flock) as long as the process lives which has switched.
 * When that process was killed, any other may settle. A reboot forgets both the switch and the
 * debt.
 *
 * The file stays, so that its lock is always the same one; empty, it stands for no debt.
 */
#ifndef DEVICE_DEBT_H
#define DEVICE_DEBT_H

#include "device/modelock.h"

#include <stdbool.h>

struct usage_text;

struct debt {
	int fd;        /* the locked file */
	dev_t files;   /* st_dev of the mount that the device serves; 0: there was none */
	dev_t fusectl; /* st_dev of /sys/fs/fuse/connections, if it showed that mount then; or 0 */
};

/* Locks the debt of the device that sysfs calls `name`; `flags` are O_RDONLY, O_RDWR, and O_CREAT.
 * -EAGAIN when its debtor lives, -ENOENT when no process has ever switched the device. */
int debt_take(const struct dax_node *node, const char *name, int flags, struct debt *out);

/* "process N (NAME)", the living debtor: 1, or 0 when it is not seen. */
int debt_holder(const struct dax_node *node, const char *name, struct usage_text *out);

/* That there is a debt, from now on of a mount whose files have that st_dev (0: not yet). */
int debt_write(struct debt *debt, const char *root, dev_t files);

/* Whether there is one; sets the rest of *debt. */
bool debt_read(struct debt *debt);

/* It is paid. */
int debt_clear(const struct debt *debt);

/*
 * Whether files of the mount can still be in use although it is unmounted: 1 when the kernel has it
 * or may have it, 0 when it is gone, -errno. Device numbers are given away again: one that another
 * mount has, or that fusectl no longer shows, is not that of the mount any more.
 */
int debt_files_remain(const struct debt *debt, const struct dax_node *node);

/* Whether the kernel is known to have the mount: fusectl shows its connection. */
bool debt_files_shown(const struct debt *debt, const struct dax_node *node);

#endif
