/* SPDX-License-Identifier: Apache-2.0 */
/* From file offsets to device offsets. */
#ifndef FS_EXTENTS_H
#define FS_EXTENTS_H

#include "famfs.h"

/* A run of file bytes that lie side by side on one device. */
struct piece {
	uint64_t daxdev;
	uint64_t offset; /* device offset */
	uint64_t length;
};

/*
 * The piece that starts at file offset `offset`, at most `length` bytes long. The offset may lie
 * beyond the file's size, in the slack of its extents. length is 0 when the map has nothing there.
 */
struct piece fmap_piece(const struct famfs_fmap *fmap, uint64_t offset, uint64_t length);

/* Bytes that the map can hold in the order of the file: size plus slack. */
uint64_t fmap_capacity(const struct famfs_fmap *fmap);

/* Device bytes that the extents take. */
uint64_t fmap_allocated(const struct famfs_fmap *fmap);

#endif
