/* SPDX-License-Identifier: Apache-2.0 */
/* Allocates the extents of a new file. */
#ifndef FS_STRIPE_H
#define FS_STRIPE_H

#include "fs/reservation.h"

struct layout {
	uint64_t size;
	uint32_t nstrips; /* 0: simple */
	uint32_t nbuckets;
	uint64_t chunk_size;
};

/* Checks a layout against the format and the device. Returns -EINVAL. */
int layout_check(const struct famfs_volume *vol, const struct layout *layout,
		 struct famfs_error *err);

/*
 * Picks free extents for the layout, takes each, and fills in the fmap. On failure no extent stays
 * taken. Call between begin and end of an append. Returns -ENOSPC, with the sizes in the message.
 */
int layout_place(struct famfs_volume *vol, const struct layout *layout, extent_taker take,
		 struct famfs_fmap *fmap, struct famfs_error *err);

#endif
