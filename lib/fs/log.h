/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log on the device: how many entries are published, copying them out, appending.
 *
 * Publish order: the entry, flush, fence; then next_seqnum, then next_index, which share a cache
 * line, flush, fence. A power cut anywhere leaves the entry published whole or not at all.
 */
#ifndef FS_LOG_H
#define FS_LOG_H

#include "device/device.h"
#include "media/superblock.h"

struct log {
	struct device *dev;
	uint64_t length;   /* bytes */
	uint64_t capacity; /* entries */
};

/* The counters of the log header. */
struct log_state {
	uint64_t next_seqnum;
	uint64_t next_index; /* entries published; may be nonsense, see log_state_check() */
};

void log_init(struct log *log, struct device *dev, uint64_t length);

/* Loads the mutable part of the header as memory has it. */
int log_load(const struct log *log, struct log_state *state);

/* Loads all of the header as memory has it. */
int log_read_header(const struct log *log, struct omf_log_header *raw);

/* The same beside a writer, which may be between its two stores: counters that do not match are
 * given a moment. Those of a crashed publish never match. */
int log_read_settled(const struct log *log, struct omf_log_header *raw);

struct log_state log_state_of(const struct omf_log_header *raw);

/* FAMFS_FAULT_NONE when entries can be appended after this state, see log_counters_check(). */
enum famfs_fault log_state_check(const struct log *log, const struct log_state *state,
				 struct fault_text *why);

/* Copies `count` entries as memory has them. */
int log_read(const struct log *log, uint64_t first, uint64_t count, struct omf_entry *out);

/* Whether a whole entry, with its CRC and sequence number, lies at `index`; what it says may be
 * nonsense. */
bool log_has_entry(const struct log *log, uint64_t index);

/*
 * The append lock, exclusive among all processes of this host that use the device through the same
 * node or image. Waits. Reads and stores nothing: volume_lock_log() judges what is there.
 */
int log_lock(const struct log *log, struct famfs_error *err);
void log_unlock(const struct log *log);

/*
 * Lock held, superblock judged. A process that was killed between its stores and their flush has
 * left them in the caches of this host, where memory has none of them: writes back the entries from
 * `known` on, which the caller has not read yet, and then the header. Only then may anything be
 * built on them.
 */
int log_flush_unfinished(const struct log *log, uint64_t known);

/* Lock held, superblock and counters judged: undoes a publish that was cut off between its two
 * counters, if *state shows one. */
int log_reset_unfinished(const struct log *log, struct log_state *state, struct famfs_error *err);

/* -ENOSPC when the log has no entry `index`. */
int log_check_room(const struct log *log, uint64_t index, struct famfs_error *err);

/* Writes and publishes entry `index`, which must be the next. Lock held. -ENOSPC when full. */
int log_append(const struct log *log, uint64_t index, const struct record *rec,
	       struct famfs_error *err);

/* Stores both counters and makes them visible: repair, and the last step of a publish. */
int log_publish(const struct log *log, uint64_t next);

#endif
