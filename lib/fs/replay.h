/* SPDX-License-Identifier: Apache-2.0 */
/* Builds the replicas from the log. For volume.c, append.c and heal.c. The mutex is held, or the
 * volume is not shared yet. */
#ifndef FS_REPLAY_H
#define FS_REPLAY_H

#include "fs/volume.h"

#define REPLAY_BATCH 192 /* entries read at once: about 100 KiB, which stays in the L2 cache */

/* Applies the entries that were published since the last call. A torn entry at the end may still
 * be on its way from another host's caches, so it is left for a later call until 20 ms have passed.
 */
int replay(struct famfs_volume *vol, struct famfs_error *err);

/* Like replay(), but waits these 20 ms: for a new volume, and before an append. */
int replay_all(struct famfs_volume *vol, struct famfs_error *err);

/* Starts to track the files that share space, unless it has started. If memory is short, logs
 * that, and every file counts as sharing. */
void begin_overlap(struct famfs_volume *vol);

/* Applies an entry that this process has just appended. */
void replay_record(struct famfs_volume *vol, uint64_t index, const struct record *rec);

#endif
