/* SPDX-License-Identifier: Apache-2.0 */
/* Maps file offsets to device offsets. */
#ifndef FS_EXTENTS_H
#define FS_EXTENTS_H

#include "famfs.h"

/* File bytes that are contiguous on one device. */
struct piece {
	uint64_t daxdev;
	uint64_t offset; /* device offset */
	uint64_t length;
};

/*
 * Returns the piece that starts at file offset `offset`, at most `length` bytes long. The offset
 * may lie beyond the file's size, in the slack of its extents. The piece has length 0 if the fmap
 * does not cover the offset.
 */
struct piece fmap_piece(const struct famfs_fmap *fmap, uint64_t offset, uint64_t length);

/* Bytes that the fmap can hold: the file's size plus the slack. */
uint64_t fmap_capacity(const struct famfs_fmap *fmap);

#endif
