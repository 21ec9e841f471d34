/* SPDX-License-Identifier: Apache-2.0 */
/* The entries that were torn when they were replayed. The volume's mutex is held. */
#ifndef FS_TORN_H
#define FS_TORN_H

#include "fs/volume.h"

/* Limit of the rebuilds of the replicas after an entry became whole, see heal.c. */
#define TORN_MAX_REBUILDS 64

/* Notes whether an entry that was applied is torn. */
void torn_note(struct famfs_volume *vol, uint64_t index, enum famfs_fault fault);

/* The log has `published` entries now: drops torn entries beyond that end. */
void torn_cut(struct famfs_volume *vol, uint64_t published);

/* Moves the replay back to entry `index`. Only torn entries were applied from there on. */
void torn_go_back(struct famfs_volume *vol, uint64_t index);

void torn_set_count(struct famfs_volume *vol, uint64_t count);

/* Whether the limit of rebuilds is reached. After that, only torn entries at the end of the log
 * are read again. */
bool torn_is_exhausted(const struct famfs_volume *vol);

#endif
