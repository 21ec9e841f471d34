/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps the processes that use the node of a DAX device apart from those that change the device's
 * driver, which would end the host under a mapping and break the node under a descriptor:
 *
 * - shared, by every process of ours that opens the node: taken before the node is opened, released
 *   after its descriptor is closed and its mappings are gone
 * - exclusive, by a process that changes the driver: taken before it looks for other users,
 *   released when the new driver has the device
 *
 * The lock is on /run/famfsctl/NAME.lock. It cannot be on the node, of which no descriptor may be
 * open while the driver changes. These are locks of open file descriptions: they end with the
 * process, and an exclusive one needs a descriptor for writing. So the file is root's to write, and
 * can be read by the users who can open the node: no others can keep a switch waiting. The
 * exception is a node with an ACL or an owner other than root, which are not copied: every user may
 * then read the file, and so have a switch refused.
 *
 * No wait is without end: a lock that stays held is an error, with the process that holds it.
 */
#ifndef DEVICE_MODELOCK_H
#define DEVICE_MODELOCK_H

#include "famfs.h"

#include <sys/types.h>

/* A node, and what is put before /sys and /run: "" but in tests. */
struct dax_node {
	const char *root;
	const char *path;
	dev_t number;
};

/*
 * The shared lock: *fd is to be closed to release it. It is -1 for what is no DAX device, and where
 * the lock file cannot be reached: the first process of root creates it, and a container may have
 * no such folder. There a switch finds its users by /proc alone. -EBUSY when the device is still
 * being switched after ten seconds, -EINTR when this thread handled a signal meanwhile.
 */
int modelock_share(const struct dax_node *node, int *fd, struct famfs_error *err);

/* The same for what is at `path`: *fd is -1 also where there is no device, which open(2) will say.
 * *number is its device number, or 0: a node that is then opened has to have the same. */
int modelock_share_path(const char *path, dev_t *number, int *fd, struct famfs_error *err);

/* Whether modelock_exclude() would get the lock: 0, or its errors after the same wait. Takes no
 * lock and creates no file. */
int modelock_check(const struct dax_node *node, struct famfs_error *err);

/* The exclusive lock, for root; creates the file. -EBUSY when a process that has the shared one
 * keeps it for half a second; signals do not end that wait. */
int modelock_exclude(const struct dax_node *node, int *fd, struct famfs_error *err);

#endif
