/* SPDX-License-Identifier: Apache-2.0 */
/* The identity of this host: the system UUID and its source. */
#ifndef FS_IDENTITY_H
#define FS_IDENTITY_H

#include "famfs.h"

#include "media/format.h"

struct identity {
	uint8_t uuid[OMF_UUID_SIZE]; /* zero when source is FAMFS_SYSTEM_UUID_NONE */
	enum famfs_system_uuid_source source;
};

/*
 * Reads the first source that exists: $FAMFS_SYSTEM_UUID, /etc/famfs/system_uuid,
 * /opt/famfs/system_uuid, and a UUID derived from /etc/machine-id. `root` is prefixed to the files'
 * names; it is "" except in tests. A host without any source is no error. Returns -EINVAL if the
 * first source is not a UUID, -errno if it cannot be read.
 */
int identity_read(const char *root, struct identity *out, struct famfs_error *err);

/*
 * Compares this host with the master that the superblock names. If the environment variable is set,
 * only that counts; else any of the other sources may match, and *out is set to the one that
 * matches.
 */
int identity_role(const char *root, const uint8_t master[OMF_UUID_SIZE], struct identity *out,
		  enum famfs_role *role, struct famfs_error *err);

#endif
