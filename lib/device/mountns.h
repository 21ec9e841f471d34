/* SPDX-License-Identifier: Apache-2.0 */
/* Mount namespaces of other processes. */
#ifndef DEVICE_MOUNTNS_H
#define DEVICE_MOUNTNS_H

#include <stdbool.h>
#include <sys/types.h>

struct mount_namespace {
	ino_t id;
	/*
	 * Whether mount_is_believed() is valid for its table: the namespace is that of this
	 * process, or belongs to the user namespace of this process. Another namespace may belong
	 * to a user who has privileges only there, who can mount with any source, and whose user_id
	 * the kernel prints as 0, as it is in that user namespace. The device numbers in such a
	 * table are true, and so are the entries for copies of root's own mounts.
	 */
	bool believed;
};

/* Returns the mount namespace of a process; "self": this process. 0 or -errno. */
int mount_namespace_of(const char *pid, struct mount_namespace *out);

#endif
