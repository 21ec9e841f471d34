/* SPDX-License-Identifier: Apache-2.0 */
/* Which host this is: the system UUID, and where it comes from. */
#ifndef FS_IDENTITY_H
#define FS_IDENTITY_H

#include "famfs.h"

#include "media/format.h"

struct identity {
	uint8_t uuid[OMF_UUID_SIZE]; /* zero when source is FAMFS_SYSTEM_UUID_NONE */
	enum famfs_system_uuid_source source;
};

/*
 * The first that exists of $FAMFS_SYSTEM_UUID, /etc/famfs/system_uuid, /opt/famfs/system_uuid, and
 * a UUID derived from /etc/machine-id. `root` is put before the files' names; "" but in tests.
 * Having none is no error; -EINVAL when the first that exists is not a UUID, -errno when it cannot
 * be read.
 */
int identity_read(const char *root, struct identity *out, struct famfs_error *err);

/*
 * Whether this host is the master that the superblock names. With the environment variable set,
 * only that counts; else any of the other sources may match, and *out becomes the one that does.
 */
int identity_role(const char *root, const uint8_t master[OMF_UUID_SIZE], struct identity *out,
		  enum famfs_role *role, struct famfs_error *err);

#endif
