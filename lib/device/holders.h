/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes of this host that use a device or a file, found in /proc. Processes that may not be
 * looked at do not count. No file system but /proc is asked, so that one which hangs does no harm.
 *
 * All return 1 and a description of the first one found, 0 when there is none, and -errno when it
 * could not be found out for want of memory or descriptors.
 */
#ifndef DEVICE_HOLDERS_H
#define DEVICE_HOLDERS_H

#include "device/usage.h"

/* The objects to search for; a zero field is ignored. Where the kernel shows no
 * /proc/PID/map_files, the mappings of a device are those of its one node. */
struct held {
	dev_t number; /* a DAX device, through any node of that number */
	dev_t files;  /* st_dev of the files of a mount */
	dev_t dev;    /* one file, by st_dev and st_ino */
	ino_t ino;
};

/* "mapped by process N (NAME)": by another process than this one. */
int holders_mapping(const struct held *what, struct usage_text *out);

/* The same, or "open by process N (NAME)"; this process counts, too. */
int holders_find(const struct held *what, struct usage_text *out);

/* "process N (NAME)", and whether it is stopped: one that has a lock on the file
 * of `fd`, through another descriptor. */
int holders_of_lock(int fd, struct usage_text *out);

/* The same, of a lock on bytes that are in the range. */
int holders_of_range(int fd, uint64_t offset, uint64_t length, struct usage_text *out);

/*
 * "mounted at 'DIR' in the mount namespace of process N (NAME)": the famfs mounts of root whose
 * source is `path`, in other mount namespaces than this process's. In one that is not believed
 * (mountns.h) only a copy of the mount counts whose files have st_dev `files` (0: none).
 */
int holders_in_namespaces(const char *path, dev_t files, struct usage_text *out);

/* Whether a mount table of the host that is believed has a mount whose files have that st_dev: 1,
 * 0, -errno. */
int holders_have_mount(dev_t files);

/* Whether a mount other than root's mount of `path` now has this st_dev, which is not 0: 1, 0,
 * -errno. */
int holders_reuse_number(const char *path, dev_t files);

#endif
