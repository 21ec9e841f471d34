/* SPDX-License-Identifier: Apache-2.0 */
/* The mount table, read without access to any mount: a dead server must not hang the reader. */
#ifndef DEVICE_MOUNTINFO_H
#define DEVICE_MOUNTINFO_H

#include <stdbool.h>
#include <sys/types.h>

struct mount_entry {
	int id;
	int parent; /* id of the mount that the mountpoint is in */
	dev_t dev;  /* st_dev of the files in it */
	char *root; /* of the mount within its file system: "/" except for bind mounts */
	char *mountpoint;
	char *options; /* per mount, such as "rw,nosuid" */
	char *fstype;
	char *source;
	const char *super_options; /* of the file system, such as "rw,user_id=0" */
};

/* Calls `visit` for each mount in the order of the table; the strings are valid during the call.
 * Nonzero ends the walk and is returned. -errno if the table cannot be read. */
int mountinfo_walk(int (*visit)(void *arg, const struct mount_entry *entry), void *arg);

/* The same for the mount table of the process `pid`. */
int mountinfo_walk_process(const char *pid,
			   int (*visit)(void *arg, const struct mount_entry *entry), void *arg);

/* The mount that a path is in, and the path inside its file system. Owns its strings. */
struct mount_place {
	bool famfs;
	bool believed; /* see mount_is_believed() */
	char *source;
	char *mountpoint;
	char *inside; /* path from the root of the file system, not normalised */
};

/* Finds the mount of an absolute and normalised path, by name only; ignores mounts that a later one
 * hides. Returns 1, 0 if there is none, or -errno. */
int mountinfo_find(const char *path, struct mount_place *out);
void mount_place_clear(struct mount_place *place);

/* Whether the entry is a famfs mount served through FUSE. Every user who may mount can make such an
 * entry with any device as its source. */
bool mount_is_famfs(const struct mount_entry *entry);

/*
 * Whether the source and type of the entry can be trusted. A user who mounts through fusermount3
 * chooses both, so FUSE mounts of users other than root and the caller are not believed: their
 * source could make root open any file or device, or could block the use of a device. Any other
 * type needs the privilege to mount. Valid for this process's table, and for those that mountns.h
 * calls believed: in a user namespace of their own, all users have that privilege.
 */
bool mount_is_believed(const struct mount_entry *entry);

/* Whether root serves the mount. Valid for a believed table (mountns.h) only, since user_id is
 * relative to the user namespace that the mount was made in. */
bool mount_is_of_root(const struct mount_entry *entry);

/* Whether the comma-separated mount options contain the word. */
bool mount_has_option(const char *options, const char *word);

#endif
