/* SPDX-License-Identifier: Apache-2.0 */
/* From the log to the replicas. For volume.c and append.c; the mutex is held, or the volume not yet
 * shared. */
#ifndef FS_REPLAY_H
#define FS_REPLAY_H

#include "fs/volume.h"

#define REPLAY_BATCH 192 /* entries read at once: about 100 KiB, which stays in the L2 cache */

/* Applies the entries that were published since. An entry at the end that looks bad may still be on
 * its way from another host's caches: it is left for a later call until a moment has passed. */
int replay(struct famfs_volume *vol, struct famfs_error *err);

/* The same, waiting that moment out: for a new volume, and before an append. */
int replay_all(struct famfs_volume *vol, struct famfs_error *err);

/* Begins to keep which files share space, unless that was begun. Without memory for it, that is
 * logged, and every file counts as sharing. */
void begin_overlap(struct famfs_volume *vol);

/* Applies an entry that this process has just appended. */
void replay_record(struct famfs_volume *vol, uint64_t index, const struct record *rec);

#endif
