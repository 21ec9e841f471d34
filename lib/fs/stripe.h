/* SPDX-License-Identifier: Apache-2.0 */
/* Where a new file's extents come from. */
#ifndef FS_STRIPE_H
#define FS_STRIPE_H

#include "fs/reservation.h"

struct layout {
	uint64_t size;
	uint32_t nstrips; /* 0: simple */
	uint32_t nbuckets;
	uint64_t chunk_size;
};

/* Checks what a caller asks for against the format and the device. -EINVAL. */
int layout_check(const struct famfs_volume *vol, const struct layout *layout,
		 struct famfs_error *err);

/*
 * Picks free extents for the layout and takes each; fills in the map. On failure nothing is left
 * taken. Between begin and end of an append. -ENOSPC with numbers.
 */
int layout_place(struct famfs_volume *vol, const struct layout *layout, extent_taker take,
		 struct famfs_fmap *fmap, struct famfs_error *err);

#endif
