/* SPDX-License-Identifier: Apache-2.0 */
/* A file handle: a file that is being made, or a published one. */
#ifndef FS_FILE_H
#define FS_FILE_H

#include "fs/volume.h"

struct famfs_file {
	struct famfs_volume *vol;
	bool pending; /* not published: holds a reservation */
	uint32_t uid;
	uint32_t gid;
	uint32_t mode;
	struct famfs_fmap fmap;
	/* The file through its mount, to drop this host's cache lines of it; NULL where the device
	 * itself does that. Nothing is read through it. */
	struct famfs_mapping *lines;
	char path[OMF_PATH_SIZE];
};

/* Zeros what follows the end of the file in its extents: memory that was used before must not show
 * through there. */
int file_zero_slack(struct famfs_file *file, struct famfs_error *err);

#endif
