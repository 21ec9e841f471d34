/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file /run/famfsctl/NAME records that a device must be switched back to devdax mode, and which
 * process will do it. It is written before the switch, and the process that switched the device
 * holds a lock on it (flock) until its end. If that process was killed, any other may switch the
 * device back. A reboot undoes the switch and removes the record.
 *
 * The file is never removed, so that all processes lock the same file; an empty file is no record.
 */
#ifndef DEVICE_MODECLAIM_H
#define DEVICE_MODECLAIM_H

#include "device/modelock.h"

#include <stdbool.h>

struct usage_text;

struct mode_claim {
	int fd;        /* the locked file; -1: no record */
	dev_t files;   /* st_dev of the mount that the device serves; 0: none */
	dev_t fusectl; /* st_dev of /sys/fs/fuse/connections if it showed that mount, else 0 */
};

/* Locks the record of the device with the sysfs name `name`; `flags` are O_RDONLY, O_RDWR, and
 * O_CREAT. -EAGAIN if the process that switched the device lives, -ENOENT if no process has
 * switched it since the last boot. */
int mode_claim_take(const struct dax_node *node, const char *name, int flags,
		    struct mode_claim *out);

/* Releases the lock; the record can still be read. */
void mode_claim_unlock(const struct mode_claim *claim);

/* Returns 1 and "process N (NAME)", the living process that switched the device, or 0 if it cannot
 * be seen. */
int mode_claim_holder(const struct dax_node *node, const char *name, struct usage_text *out);

/* Records the switch, and the st_dev of the mount's files (0: not known yet). 0 or -errno. */
int mode_claim_write(struct mode_claim *claim, const char *root, dev_t files);

/* Whether a switch is recorded; sets the rest of *claim. */
bool mode_claim_read(struct mode_claim *claim);

/* Removes the record. 0 or -errno. */
int mode_claim_clear(const struct mode_claim *claim);

/*
 * Whether files of the mount can still be in use although it is unmounted: 1 if the connection of
 * the mount exists or may exist, 0 if it has ended, -errno. The kernel reuses device numbers: if
 * another mount has the number, or fusectl no longer shows it, this mount has ended.
 */
int mode_claim_files_remain(const struct mode_claim *claim, const struct dax_node *node);

/* Whether fusectl shows the connection of the mount. */
bool mode_claim_files_shown(const struct mode_claim *claim, const struct dax_node *node);

#endif
