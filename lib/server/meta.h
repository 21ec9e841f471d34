/* SPDX-License-Identifier: Apache-2.0 */
/* The maps of superblock and log: kernels map them like any file. */
#ifndef SERVER_META_H
#define SERVER_META_H

#include "fs/volume.h"
#include "server/fmapwire.h"

/* One extent of the device. */
void meta_fmap(uint64_t offset, uint64_t length, struct famfs_fmap *fmap);

/* The map of a .meta file by its path, such as ".meta/.log". Returns FMAP_FILE_REGULAR, without
 * a map, for any other path. */
enum fmap_file_type meta_fmap_named(const struct famfs_volume *vol, const char *path,
				    struct famfs_fmap *fmap);

#endif
