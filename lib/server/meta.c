/* SPDX-License-Identifier: Apache-2.0 */
#include "server/meta.h"

#include "server/node.h"

#include <string.h>

void meta_fmap(uint64_t offset, uint64_t length, struct famfs_fmap *fmap)
{
	fmap->type = FAMFS_FMAP_SIMPLE;
	fmap->nextents = 1;
	fmap->chunk_size = 0;
	fmap->size = length;
	fmap->extents[0] = (struct famfs_extent){ 0, offset, fmap->size };
}

enum fmap_file_type meta_fmap_named(const struct famfs_volume *vol, const char *path,
				    struct famfs_fmap *fmap)
{
	enum fmap_file_type type = FMAP_FILE_REGULAR;

	if (strcmp(path, META_DIR "/" META_SUPERBLOCK) == 0)
		type = FMAP_FILE_SUPERBLOCK;
	else if (strcmp(path, META_DIR "/" META_LOG) == 0)
		type = FMAP_FILE_LOG;
	if (type == FMAP_FILE_SUPERBLOCK)
		meta_fmap(0, OMF_LOG_OFFSET, fmap);
	else if (type == FMAP_FILE_LOG)
		meta_fmap(OMF_LOG_OFFSET, volume_log_length(vol), fmap);
	return type;
}
