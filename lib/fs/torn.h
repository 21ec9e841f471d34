/* SPDX-License-Identifier: Apache-2.0 */
/* The entries that were torn when they were replayed. The volume's mutex is held. */
#ifndef FS_TORN_H
#define FS_TORN_H

#include "fs/volume.h"

/* So often the replicas are built anew because an entry became whole, see heal.c. */
#define TORN_MAX_REBUILDS 64

/* Notes whether an entry that was applied is torn. */
void torn_note(struct famfs_volume *vol, uint64_t index, enum famfs_fault fault);

/* The log has `published` entries now: torn entries beyond that end never were in it. */
void torn_cut(struct famfs_volume *vol, uint64_t published);

/* Lets the replay go on from entry `index`. Only torn entries were applied from there on. */
void torn_go_back(struct famfs_volume *vol, uint64_t index);

void torn_set_count(struct famfs_volume *vol, uint64_t count);

/* Whether the limit of rebuilds is reached: only torn entries at the end of the log are then looked
 * at again. */
bool torn_is_exhausted(const struct famfs_volume *vol);

#endif
