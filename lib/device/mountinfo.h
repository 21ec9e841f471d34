/* SPDX-License-Identifier: Apache-2.0 */
/* The mount table, read without touching any mount: a dead server must not hang the reader. */
#ifndef DEVICE_MOUNTINFO_H
#define DEVICE_MOUNTINFO_H

#include <stdbool.h>
#include <sys/types.h>

struct mount_entry {
	int id;
	int parent; /* id of the mount that the mountpoint is in */
	dev_t dev;  /* st_dev of the files in it */
	char *root; /* of the mount within its file system: "/" but for bind mounts */
	char *mountpoint;
	char *options; /* per mount, such as "rw,nosuid" */
	char *fstype;
	char *source;
	const char *super_options; /* of the file system, such as "rw,user_id=0" */
};

/* Calls `visit` for each mount in the order of the table; the strings are valid during the call.
 * Nonzero ends the walk and is returned. -errno when the table cannot be read. */
int mountinfo_walk(int (*visit)(void *arg, const struct mount_entry *entry), void *arg);

/* The same of the mounts that process `pid` sees. */
int mountinfo_walk_process(const char *pid,
			   int (*visit)(void *arg, const struct mount_entry *entry), void *arg);

/* The mount that a path is in, and where in its file system. All owned. */
struct mount_place {
	bool famfs;
	bool believed; /* see mount_is_believed() */
	char *source;
	char *mountpoint;
	char *inside; /* path from the root of the file system, not normalised */
};

/* Which mount an absolute and normalised path leads into, by name alone: a mount that is hidden by
 * a later one is not it. 1, 0 when there is none, -errno. */
int mountinfo_find(const char *path, struct mount_place *out);
void mount_place_clear(struct mount_place *place);

/* Whether the entry is a famfs mount served through FUSE. Every user who may mount can make one
 * that claims to be of any device. */
bool mount_is_famfs(const struct mount_entry *entry);

/*
 * Whether what the entry says of itself may be acted on. A user who mounts through fusermount3
 * chooses the source and the type, so the FUSE mounts of users other than root and the caller are
 * not believed: they could name any file or device for root to open, or keep it from its own. Any
 * other type takes the privilege to mount. This holds for this process's table, and for those that
 * mountns.h calls believed: in a user namespace of his own every user has the privilege.
 */
bool mount_is_believed(const struct mount_entry *entry);

/* Whether root serves it: in a table that is believed, since user_id is that of the user namespace
 * which the mount was made in. */
bool mount_is_of_root(const struct mount_entry *entry);

/* Whether the comma-separated mount options have the word. */
bool mount_has_option(const char *options, const char *word);

#endif
