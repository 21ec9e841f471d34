/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log on the device: counting, reading and appending entries.
 *
 * Publish order: the entry, flush, fence; then next_seqnum, then next_index, which share a cache
 * line, flush, fence. After a power cut at any point, the entry is published whole or not at all.
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
	uint64_t next_index; /* entries published; not checked, see log_state_check() */
};

void log_init(struct log *log, struct device *dev, uint64_t length);

/* Reads the counters of the header from memory, past the cache. */
int log_load(const struct log *log, struct log_state *state);

/* Reads the whole header from memory, past the cache. */
int log_read_header(const struct log *log, struct omf_log_header *raw);

/* Like log_read_header(), but if the counters differ, reads again for up to 20 ms: a writer may
 * be between its two stores. The counters of an interrupted publish stay different. */
int log_read_settled(const struct log *log, struct omf_log_header *raw);

struct log_state log_state_of(const struct omf_log_header *raw);

/* Returns FAMFS_FAULT_NONE if entries can be appended in this state, see log_counters_check(). */
enum famfs_fault log_state_check(const struct log *log, const struct log_state *state,
				 struct fault_text *why);

/* Reads `count` entries from memory, past the cache. */
int log_read(const struct log *log, uint64_t first, uint64_t count, struct omf_entry *out);

/* Whether there is a whole entry at `index`, with a valid CRC and sequence number. Its other
 * fields are not checked. */
bool log_has_entry(const struct log *log, uint64_t index);

/*
 * Takes the append lock, which is exclusive among all processes of this host that use the device
 * through the same node or image. Waits for it. Does not access the medium: volume_lock_log()
 * checks it.
 */
int log_lock(const struct log *log, struct famfs_error *err);
void log_unlock(const struct log *log);

/*
 * The lock is held and the superblock is checked. A process that was killed between its stores and
 * their flush may have left the stores in the caches of this host only. Writes back the entries
 * from `known` on, which the caller has not read yet, and then the header. The caller must not
 * depend on these entries before.
 */
int log_flush_unfinished(const struct log *log, uint64_t known);

/* The lock is held, and the superblock and the counters are checked. Undoes a publish that was
 * interrupted between its two counters, if *state shows one. */
int log_reset_unfinished(const struct log *log, struct log_state *state, struct famfs_error *err);

/* Returns -ENOSPC if the log has no room for entry `index`. */
int log_check_room(const struct log *log, uint64_t index, struct famfs_error *err);

/* Writes and publishes entry `index`, which must be the next one. The lock is held. Returns
 * -ENOSPC if the log is full. */
int log_append(const struct log *log, uint64_t index, const struct record *rec,
	       struct famfs_error *err);

#endif
