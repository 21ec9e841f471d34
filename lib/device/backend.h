/* SPDX-License-Identifier: Apache-2.0 */
/* The backends that device_open() chooses from, and what they share; for device/ only. */
#ifndef DEVICE_BACKEND_H
#define DEVICE_BACKEND_H

#include "device/device.h"

#include <sys/stat.h>

/* Takes over `fd`, also on failure. */
int image_open(const char *path, int fd, uint64_t size, bool writable, struct device **out,
	       struct famfs_error *err);

struct opened_node {
	int fd;
	int modelock;    /* of modelock_share(), taken before `fd` was opened; or -1 */
	bool writable;   /* what `fd` allows */
	bool must_write; /* refuse a node that may only be read all the same; else read it */
};

/* The same for a character device, which need not be a DAX device. */
int devdax_open(const char *path, const struct opened_node *node, struct device **out,
		struct famfs_error *err);

/*
 * Opens a regular file or the node of a DAX device, and nothing else: to open other devices can set
 * off what they do, and to open a fifo waits. Returns the descriptor, -ENOTSUP with *err set for
 * what is neither, or the -errno of open(2) with *err as it was. `name` is for messages.
 */
int device_open_node(const char *path, const char *name, enum device_access access, bool *writable,
		     struct famfs_error *err);

/* The locks of every backend that has a descriptor, device.fd. One without (-1) has nothing to
 * lock. */
int device_fd_lock(struct device *dev, enum device_lock type, uint64_t offset, uint64_t length,
		   bool wait);
int device_fd_lock_find(struct device *dev, uint64_t offset, uint64_t length, uint64_t *start,
			uint64_t *end);

/* Like device_lock() without waiting, on a descriptor that belongs to no device. */
int fd_lock(int fd, enum device_lock type, uint64_t offset, uint64_t length);

/* -EPERM unless the node's file system is the kernel's own. */
int device_check_node(const char *path, const struct stat *st, struct famfs_error *err);

#endif
