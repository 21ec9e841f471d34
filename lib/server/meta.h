/* SPDX-License-Identifier: Apache-2.0 */
/* Where superblock and log lie, as maps of files: kernels map them like any file. */
#ifndef SERVER_META_H
#define SERVER_META_H

#include "fs/volume.h"
#include "server/fmapwire.h"

/* Not for FMAP_FILE_REGULAR. */
void meta_fmap(const struct famfs_volume *vol, enum fmap_file_type type, struct famfs_fmap *map);

/* The same by path, ".meta/.log"; FMAP_FILE_REGULAR, and no map, for any other. */
enum fmap_file_type meta_fmap_named(const struct famfs_volume *vol, const char *path,
				    struct famfs_fmap *map);

#endif
