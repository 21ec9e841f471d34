/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Extents that a writer holds before it publishes them: byte-range locks on the device, so that a
 * reservation dies with its holder, and bits in this process's allocator.
 */
#ifndef FS_RESERVATION_H
#define FS_RESERVATION_H

#include "fs/volume.h"

/* Device bytes that another process holds. */
struct held_range {
	uint64_t start;
	uint64_t end;
};

/*
 * Takes one extent. Returns -EAGAIN if another process holds part of it, and narrows *held, which
 * the caller sets to the whole extent, to that part. The volume's mutex is held.
 */
typedef int (*extent_taker)(struct famfs_volume *vol, const struct famfs_extent *ext,
			    struct held_range *held);

/* Holds an extent in this process, and locks it against other processes. */
int extent_take_locked(struct famfs_volume *vol, const struct famfs_extent *ext,
		       struct held_range *held);

/* The same without a lock on the extent: for an extent that is published before the append lock
 * is dropped, and for a dry run. Returns -EAGAIN if another process reserved part of it earlier. */
int extent_take_unlocked(struct famfs_volume *vol, const struct famfs_extent *ext,
			 struct held_range *held);

/* Undoes extent_take_unlocked() for all extents of the map. The volume's mutex is held. */
void extents_release_unlocked(struct famfs_volume *vol, const struct famfs_fmap *fmap);

/* Undoes either: releases all extents of the map and unlocks them. The volume's mutex is held. */
void extents_release(struct famfs_volume *vol, const struct famfs_fmap *fmap);

/* The same for an unpublished file. Takes the volume's mutex. */
void reservation_drop(struct famfs_volume *vol, const struct famfs_fmap *fmap);

#endif
