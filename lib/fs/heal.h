/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries that were published, but not whole when they were replayed: their writer's lines were
 * late, or it was cut off and another process mended what it left. They count as damaged, name no
 * space, and keep others from appending. They are looked at again, and once one is whole the
 * replicas become those that a new replay would make.
 *
 * The mutex is held, or the volume not shared, but for heal_wanted().
 */
#ifndef FS_HEAL_H
#define FS_HEAL_H

#include "fs/volume.h"

static inline bool heal_wanted(const struct famfs_volume *vol)
{
	return __atomic_load_n(&vol->torn.count, __ATOMIC_RELAXED) != 0;
}

/* Looks at some of the torn entries, in turn: for each catch-up. */
int heal(struct famfs_volume *vol, struct famfs_error *err);

/* Looks at them in the order of the log, as long as they are whole: for an append. */
int heal_all(struct famfs_volume *vol, struct famfs_error *err);

#endif
