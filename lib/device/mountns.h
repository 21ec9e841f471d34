/* SPDX-License-Identifier: Apache-2.0 */
/* Mount namespaces of other processes. */
#ifndef DEVICE_MOUNTNS_H
#define DEVICE_MOUNTNS_H

#include <stdbool.h>
#include <sys/types.h>

struct mount_namespace {
	ino_t id;
	/*
	 * Whether mount_is_believed() holds for its table: it is this process's, or belongs to the
	 * user namespace of this process. The owner of any other may be a user who has privileges
	 * there only. He mounts every type that allows it, with a source of his choice, and the
	 * kernel prints his user_id as it is in his user namespace: as 0. The device numbers in
	 * such a table are true, and so is all that it says of a copy of root's own mount.
	 */
	bool believed;
};

/* The one that the process is in; "self": this process. 0 or -errno. */
int mount_namespace_of(const char *pid, struct mount_namespace *out);

#endif
