/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Torn entries: they were published, but not whole when they were replayed. Their writer's cache
 * lines were late, or the writer was interrupted and another process completed the entry. They
 * count as damaged, name no space, and block appends. They are read again, and once one is whole,
 * the replicas are changed to those that a new replay would produce.
 *
 * The mutex is held, or the volume is not shared, except for heal_wanted().
 */
#ifndef FS_HEAL_H
#define FS_HEAL_H

#include "fs/volume.h"

static inline bool heal_wanted(const struct famfs_volume *vol)
{
	return __atomic_load_n(&vol->torn.count, __ATOMIC_RELAXED) != 0;
}

/* Reads some of the torn entries again, in turn. Called by each catch-up. */
int heal(struct famfs_volume *vol, struct famfs_error *err);

/* Reads the torn entries again in the order of the log, until one is still torn. Called before
 * an append. */
int heal_all(struct famfs_volume *vol, struct famfs_error *err);

#endif
