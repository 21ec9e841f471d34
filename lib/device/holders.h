/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds processes of this host that use a device or a file, in /proc. Ignores processes that the
 * caller may not inspect. Accesses no file system except /proc, since another one may hang.
 *
 * All return 1 and a description of the first process found, 0 if there is none, and -errno if the
 * search failed for lack of memory or descriptors.
 */
#ifndef DEVICE_HOLDERS_H
#define DEVICE_HOLDERS_H

#include "device/usage.h"

/* The objects to search for; a zero field is ignored. If the kernel has no /proc/PID/map_files,
 * `number` finds no mappings: dev and ino find those of one node. */
struct held {
	dev_t number; /* a DAX device, through any node of that number */
	dev_t files;  /* st_dev of the files of a mount */
	dev_t dev;    /* one file, by st_dev and st_ino */
	ino_t ino;
};

/* "mapped by process N (NAME)"; ignores this process. */
int holders_mapping(const struct held *what, struct usage_text *out);

/* The same, or "open by process N (NAME)"; includes this process. */
int holders_find(const struct held *what, struct usage_text *out);

/* "process N (NAME)", and ", which is stopped" if so: a process that has a lock on the file of
 * `fd`, through another descriptor. */
int holders_of_lock(int fd, struct usage_text *out);

/* The same for a lock on bytes in the range. */
int holders_of_range(int fd, uint64_t offset, uint64_t length, struct usage_text *out);

/*
 * "mounted at 'DIR' in the mount namespace of process N (NAME)": a famfs mount of root with the
 * source `path`, in another mount namespace than that of this process. In a namespace that is not
 * believed (mountns.h), only finds a copy of the mount whose files have st_dev `files` (0: none).
 */
int holders_in_namespaces(const char *path, dev_t files, struct usage_text *out);

/* Whether a believed mount table (mountns.h) has a mount whose files have the st_dev `files`: 1, 0,
 * -errno. */
int holders_have_mount(dev_t files);

/* Whether a mount other than root's mount of `path` now has this st_dev, which is not 0: 1, 0,
 * -errno. */
int holders_reuse_number(const char *path, dev_t files);

#endif
