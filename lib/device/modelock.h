/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lock between processes that use the node of a DAX device and processes that change the device's
 * driver, which crashes the host if the device is mapped, and breaks the node if it is open:
 *
 * - shared, by every process of this library that opens the node: taken before the node is opened,
 *   released after its descriptor is closed and its mappings are unmapped
 * - exclusive, by a process that changes the driver: taken before it searches for other users,
 *   released after the new driver is bound to the device
 *
 * The lock is on /run/famfsctl/NAME.lock. It cannot be on the node, which must not be open while
 * the driver changes. These are open-file-description locks: they end with the process, and an
 * exclusive one needs a descriptor for writing. So only root may write the file, and only users who
 * can open the node may read it: no other user can block a switch. The exception is a node with an
 * ACL or an owner other than root, which are not copied: then every user may read the file, and so
 * can block a switch.
 *
 * Every wait has a time limit, and the error names the process that holds the lock.
 */
#ifndef DEVICE_MODELOCK_H
#define DEVICE_MODELOCK_H

#include "famfs.h"

#include <sys/types.h>

struct dax_node {
	const char *root; /* put before /sys and /run: "" except in tests */
	const char *path;
	dev_t number;
};

/*
 * Takes the shared lock; closing *fd releases it. *fd is -1 if `node` is not a DAX device, or if
 * the lock file cannot be opened: the first process of root creates it, and a container may lack
 * the folder. Then a switch finds this process only through /proc. -EBUSY if the device is still
 * being switched after ten seconds, -EINTR if this thread handled a signal meanwhile.
 */
int modelock_share(const struct dax_node *node, int *fd, struct famfs_error *err);

/* The same for the node at `path`. *fd is -1 also if there is no character device: open(2) will
 * report it. *number is its device number, or 0; the caller checks that the node that it then opens
 * has the same number. */
int modelock_share_path(const char *path, dev_t *number, int *fd, struct famfs_error *err);

/* Checks whether modelock_exclude() would succeed, with the same wait and errors. Takes no lock and
 * creates no file. */
int modelock_check(const struct dax_node *node, struct famfs_error *err);

/* Takes the exclusive lock, for root; creates the file. -EBUSY if another process still holds the
 * shared lock after half a second; signals do not end that wait. */
int modelock_exclude(const struct dax_node *node, int *fd, struct famfs_error *err);

#endif
