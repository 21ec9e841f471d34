/* SPDX-License-Identifier: Apache-2.0 */
/* The mount options, as given to -o. */
#ifndef SERVER_OPTIONS_H
#define SERVER_OPTIONS_H

#include "famfs.h"

#include "server/profile.h"

enum mount_access {
	MOUNT_BY_ROLE, /* a master writes, a client reads */
	MOUNT_READ_ONLY,
	MOUNT_READ_WRITE,
};

struct mount_options {
	enum mount_access access;
	bool suid; /* these two only as root */
	bool dev;
	const char *others;   /* allow_other, allow_root or ""; NULL: allow_other for root */
	bool no_mode_switch;  /* a DAX device is served in the mode that it is in */
	bool clone_fd;        /* a descriptor of the connection for each thread */
	bool single_thread;   /* for debugging */
	bool check;           /* check superblock and log before the mount */
	bool remount;         /* change an existing mount */
	bool metadata_public; /* every user of the mount may read its .meta files */
	const struct fmap_profile *forced; /* NULL: fmap=auto */
	uint64_t invalidate; /* bytes: cache lines of larger files are not dropped at an open */
	char *passed;        /* comma-separated, for libfuse, unchanged; may be NULL */
};

/*
 * If words contradict each other, the last one counts. Words for mount(8), fstab or systemd are
 * ignored, and so are words about access times, which never change. -EINVAL for an unknown word
 * unless `sloppy`, -EPERM for a word that only root may use, -ENOMEM. Free with
 * mount_options_free(), also after a failure.
 */
int mount_options_parse(const char *text, bool sloppy, struct mount_options *out,
			struct famfs_error *err);
void mount_options_free(struct mount_options *options);

#define cleanup_mount_options __attribute__((cleanup(mount_options_free)))

#endif
