/* SPDX-License-Identifier: Apache-2.0 */
/* A file handle, of a file that is being created or of a published one. */
#ifndef FS_FILE_H
#define FS_FILE_H

#include "fs/volume.h"

struct famfs_file {
	struct famfs_volume *vol;
	bool pending; /* not published yet: holds a reservation */
	uint32_t uid;
	uint32_t gid;
	uint32_t mode;
	struct famfs_fmap fmap;
	/* Maps the file through its mount, only to invalidate this host's cache lines. NULL if
	 * the device invalidates them itself, or the kernel does not map the file. */
	struct famfs_mapping *lines;
	char path[OMF_PATH_SIZE];
};

/* Zeros the extents beyond the end of the file, so that they do not expose old data. */
int file_zero_slack(struct famfs_file *file, struct famfs_error *err);

#endif
