/* SPDX-License-Identifier: Apache-2.0 */
/* The backends that device_open() chooses from, and what they share; for device/ only. */
#ifndef DEVICE_BACKEND_H
#define DEVICE_BACKEND_H

#include "device/device.h"

#include <sys/stat.h>

/* Takes over `fd`, also on failure. */
int image_open(const char *path, int fd, uint64_t size, bool writable, struct device **out,
	       struct famfs_error *err);

/* An image file, or the node of a DAX device with the shared lock of its mode. */
struct opened_node {
	int fd;        /* -1: it is not open */
	int modelock;  /* of modelock_share(); -1: there is none */
	bool writable; /* what `fd` allows */
	struct stat st;
};

/*
 * Opens a regular file or the node of a DAX device, and nothing else: opening other devices can
 * trigger an action of theirs, and opening a fifo waits. Locks first: no driver may be taken away
 * from under an open descriptor. `name` is for messages.
 *
 * -ENOTSUP for what is neither; the errors of modelock_share() and of open(2), but what
 * daxinfo_check_mappable() says of a device without a driver that can be opened; -ESTALE when the
 * path led to another device meanwhile. After an error, too, *out may hold the lock: always call
 * opened_node_close().
 */
int device_open_node(const char *path, const char *name, enum device_access access,
		     struct opened_node *out, struct famfs_error *err);
void opened_node_close(struct opened_node *node);

#define cleanup_node __attribute__((cleanup(opened_node_close)))

/* Takes over descriptor and lock of a DAX device's node, also on failure. With DEVICE_WRITE, a node
 * whose locks other processes would not see is refused; else it is opened for reading. */
int devdax_open(const char *path, struct opened_node *node, enum device_access access,
		struct device **out, struct famfs_error *err);

/* The locks of every backend that has a descriptor, device.fd. One without (-1) has nothing to
 * lock. */
int device_fd_lock(struct device *dev, enum device_lock type, uint64_t offset, uint64_t length,
		   bool wait);
int device_fd_lock_find(struct device *dev, uint64_t offset, uint64_t length, uint64_t *start,
			uint64_t *end);

/* Like device_lock() without waiting, on a descriptor that belongs to no device. */
int fd_lock(int fd, enum device_lock type, uint64_t offset, uint64_t length);

struct lock_wait {
	uint64_t patience_ns;
	bool only_look; /* take no lock: wait until no other owner has one in the range */
	bool ignore_signals;
	famfs_cancel_fn cancelled; /* may be NULL */
	void *cancel_arg;
};

/* The same with waiting: -ETIMEDOUT when another still holds it after that time, -EINTR when this
 * thread handled a signal meanwhile, -ECANCELED when cancelled() said so. */
int fd_lock_wait(int fd, enum device_lock type, uint64_t offset, uint64_t length,
		 const struct lock_wait *wait);

/* -EPERM unless the node's file system is the kernel's own. */
int device_check_node(const char *path, const struct stat *st, struct famfs_error *err);

#endif
