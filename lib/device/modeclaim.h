/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records that a device must go back to devdax mode, and which process will do it:
 * /run/famfsctl/NAME. It is written before the switch, and locked (flock) as long as the process
 * lives that has switched. When that process was killed, any other may settle. A reboot forgets
 * both the switch and the record.
 *
 * The file stays, so that its lock is always the same one; an empty file records nothing.
 */
#ifndef DEVICE_MODECLAIM_H
#define DEVICE_MODECLAIM_H

#include "device/modelock.h"

#include <stdbool.h>

struct usage_text;

struct mode_claim {
	int fd;        /* the locked file; -1: nothing is recorded */
	dev_t files;   /* st_dev of the mount that the device serves; 0: there was none */
	dev_t fusectl; /* st_dev of /sys/fs/fuse/connections, if it showed that mount then; or 0 */
};

/* Locks the record of the device that sysfs calls `name`; `flags` are O_RDONLY, O_RDWR, and
 * O_CREAT. -EAGAIN when the process that switched lives, -ENOENT when none has ever switched the
 * device. */
int mode_claim_take(const struct dax_node *node, const char *name, int flags,
		    struct mode_claim *out);

/* Gives the lock back; the record can still be read. */
void mode_claim_unlock(const struct mode_claim *claim);

/* "process N (NAME)", the living process that switched: 1, or 0 when it is not seen. */
int mode_claim_holder(const struct dax_node *node, const char *name, struct usage_text *out);

/* Records the switch, and the st_dev of the mount's files (0: not known yet). -errno. */
int mode_claim_write(struct mode_claim *claim, const char *root, dev_t files);

/* Whether a switch is recorded; sets the rest of *claim. */
bool mode_claim_read(struct mode_claim *claim);

/* Removes the record. -errno. */
int mode_claim_clear(const struct mode_claim *claim);

/*
 * Whether files of the mount can still be in use although it is unmounted: 1 when the kernel has
 * the mount or may have it, 0 when the mount is gone, -errno. The kernel gives device numbers away
 * again: one that another mount has, or that fusectl no longer shows, no longer belongs to this
 * mount.
 */
int mode_claim_files_remain(const struct mode_claim *claim, const struct dax_node *node);

/* Whether the kernel is known to have the mount: fusectl shows its connection. */
bool mode_claim_files_shown(const struct mode_claim *claim, const struct dax_node *node);

#endif
