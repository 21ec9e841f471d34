/* SPDX-License-Identifier: Apache-2.0 */
/* The backends of device_open(), and their common functions; for device/ only. */
#ifndef DEVICE_BACKEND_H
#define DEVICE_BACKEND_H

#include "device/device.h"

#include <sys/stat.h>

/* Takes ownership of `fd`, also on failure. */
int image_open(const char *path, int fd, uint64_t size, bool writable, struct device **out,
	       struct famfs_error *err);

/* An image file, or the node of a DAX device with the shared lock of its mode. */
struct opened_node {
	int fd;        /* -1: not open */
	int modelock;  /* from modelock_share(); -1: none */
	bool writable; /* `fd` is open for writing */
	struct stat st;
};

/*
 * Opens a regular file or the node of a DAX device, and nothing else: opening another device can
 * trigger an action of that device, and opening a fifo waits. Takes the lock of the mode first,
 * since a driver must not be removed while a descriptor is open. `name` is for messages.
 *
 * Errors: -ENOTSUP for any other file, those of modelock_share() and of open(2), -ESTALE if the
 * path leads to another device by now. If the driver of the device does not support open(2), the
 * error is that of daxinfo_check_mappable(). *out may hold the lock also after an error: always
 * call opened_node_close().
 */
int device_open_node(const char *path, const char *name, enum device_access access,
		     struct opened_node *out, struct famfs_error *err);
void opened_node_close(struct opened_node *node);

#define cleanup_node __attribute__((cleanup(opened_node_close)))

/* Takes ownership of the descriptor and lock of a DAX device's node, also on failure. A node whose
 * locks other processes cannot see is refused with DEVICE_WRITE, and else opened for reading. */
int devdax_open(const char *path, struct opened_node *node, enum device_access access,
		struct device **out, struct famfs_error *err);

/* Locks on the descriptor device.fd. Without one (-1), every lock succeeds. */
int device_fd_lock(struct device *dev, enum device_lock type, uint64_t offset, uint64_t length,
		   bool wait);
int device_fd_lock_find(struct device *dev, uint64_t offset, uint64_t length, uint64_t *start,
			uint64_t *end);

/* Like device_lock() without waiting, on a descriptor that belongs to no device. */
int fd_lock(int fd, enum device_lock type, uint64_t offset, uint64_t length);

struct lock_wait {
	uint64_t patience_ns;
	bool only_look; /* take no lock: wait until no other owner has a lock in the range */
	bool ignore_signals;
	famfs_cancel_fn cancelled; /* may be NULL */
	void *cancel_arg;
};

/* The same with waiting: -ETIMEDOUT if another owner still holds the lock after patience_ns, -EINTR
 * if this thread handled a signal meanwhile, -ECANCELED if cancelled() returned true. */
int fd_lock_wait(int fd, enum device_lock type, uint64_t offset, uint64_t length,
		 const struct lock_wait *wait);

/* -EPERM unless the node is in the kernel's devtmpfs. */
int device_check_node(const char *path, const struct stat *st, struct famfs_error *err);

#endif
