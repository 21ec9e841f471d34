/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/reservation.h"

#include <errno.h>

static uint64_t to_units(uint64_t bytes)
{
	return bytes / OMF_ALLOC_UNIT;
}

int extent_take_locked(struct famfs_volume *vol, const struct famfs_extent *ext,
		       struct held_range *held)
{
	int ret = device_lock(vol->dev, DEVICE_EXCLUSIVE, ext->offset, ext->length, false);

	if (ret == -EAGAIN &&
	    device_lock_find(vol->dev, ext->offset, ext->length, &held->start, &held->end) < 0)
		return -EIO;
	if (ret == 0)
		allocator_hold(&vol->alloc, to_units(ext->offset), to_units(ext->length));
	return ret;
}

int extent_take_unlocked(struct famfs_volume *vol, const struct famfs_extent *ext,
			 struct held_range *held)
{
	int ret = device_lock_find(vol->dev, ext->offset, ext->length, &held->start, &held->end);

	if (ret > 0)
		return -EAGAIN;
	if (ret == 0)
		allocator_hold(&vol->alloc, to_units(ext->offset), to_units(ext->length));
	return ret;
}

void extents_release_unlocked(struct famfs_volume *vol, const struct famfs_fmap *fmap)
{
	for (uint32_t i = 0; i < fmap->nextents; i++)
		allocator_release(&vol->alloc, to_units(fmap->extents[i].offset),
				  to_units(fmap->extents[i].length));
}

void extents_release(struct famfs_volume *vol, const struct famfs_fmap *fmap)
{
	extents_release_unlocked(vol, fmap);
	for (uint32_t i = 0; i < fmap->nextents; i++)
		(void)device_lock(vol->dev, DEVICE_UNLOCK, fmap->extents[i].offset,
				  fmap->extents[i].length, false);
}

void reservation_drop(struct famfs_volume *vol, const struct famfs_fmap *fmap)
{
	pthread_mutex_lock(&vol->mutex);
	extents_release(vol, fmap);
	pthread_mutex_unlock(&vol->mutex);
}
