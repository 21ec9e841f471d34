/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/log.h"

#include "base/error.h"
#include "device/usage.h"

#include <errno.h>
#include <inttypes.h>
#include <time.h>

#define NEXT_SEQNUM (OMF_LOG_OFFSET + offsetof(struct omf_log_header, next_seqnum))
#define NEXT_INDEX  (OMF_LOG_OFFSET + offsetof(struct omf_log_header, next_index))

void log_init(struct log *log, struct device *dev, uint64_t length)
{
	log->dev = dev;
	log->length = length;
	log->capacity = omf_log_capacity(length);
}

int log_load(const struct log *log, struct log_state *state)
{
	le64 counters[2];
	int ret;

	device_invalidate(log->dev, OMF_LOG_OFFSET, OMF_CACHE_LINE);
	ret = device_read(log->dev, NEXT_SEQNUM, counters, sizeof(counters));
	state->next_seqnum = le64_get(counters[0]);
	state->next_index = le64_get(counters[1]);
	return ret;
}

int log_read_header(const struct log *log, struct omf_log_header *raw)
{
	device_invalidate(log->dev, OMF_LOG_OFFSET, sizeof(*raw));
	return device_read(log->dev, OMF_LOG_OFFSET, raw, sizeof(*raw));
}

struct log_state log_state_of(const struct omf_log_header *raw)
{
	return (struct log_state){ .next_seqnum = le64_get(raw->next_seqnum),
				   .next_index = le64_get(raw->next_index) };
}

static bool is_settled(const struct omf_log_header *raw)
{
	struct log_state state = log_state_of(raw);

	return state.next_seqnum == state.next_index;
}

int log_read_settled(const struct log *log, struct omf_log_header *raw)
{
	const struct timespec pause = { 0, 1000000 };
	int ret = log_read_header(log, raw);

	for (int i = 0; i < 20 && ret == 0 && !is_settled(raw); i++) {
		nanosleep(&pause, NULL);
		ret = log_read_header(log, raw);
	}
	return ret;
}

enum famfs_fault log_state_check(const struct log *log, const struct log_state *state,
				 struct fault_text *why)
{
	const struct omf_log_header header = { .next_seqnum = le64_make(state->next_seqnum),
					       .next_index = le64_make(state->next_index) };

	return log_counters_check(&header, log->length, why);
}

int log_read(const struct log *log, uint64_t first, uint64_t count, struct omf_entry *out)
{
	uint64_t offset = omf_entry_offset(first), length = count * sizeof(*out);

	device_invalidate(log->dev, offset, length);
	return device_read(log->dev, offset, out, length);
}

bool log_has_entry(const struct log *log, uint64_t index)
{
	struct omf_entry raw;

	return log_read(log, index, 1, &raw) == 0 && entry_is_whole(&raw, index);
}

/* Stores both counters and flushes them: the last step of a publish, and of a repair. In this
 * order, a reader that sees the new next_index also sees the new next_seqnum. */
static int log_publish(const struct log *log, uint64_t next)
{
	le64 value = le64_make(next);
	int ret = device_write(log->dev, NEXT_SEQNUM, &value, sizeof(value));

	if (ret == 0)
		ret = device_write(log->dev, NEXT_INDEX, &value, sizeof(value));
	device_flush(log->dev, OMF_LOG_OFFSET, OMF_CACHE_LINE);
	device_fence(log->dev);
	return ret;
}

static int held_too_long(const struct log *log, struct famfs_error *err)
{
	struct usage_text user;

	(void)device_lock_holder(log->dev, OMF_LOG_OFFSET, 1, "locked", &user);
	return error_set(err, -ETIMEDOUT,
			 "cannot lock the log of '%s': it is %s, for %d seconds now",
			 log->dev->path, user.text, DEVICE_LOCK_PATIENCE_S);
}

int log_lock(const struct log *log, struct famfs_error *err)
{
	int ret = device_lock(log->dev, DEVICE_EXCLUSIVE, OMF_LOG_OFFSET, 1, true);

	if (ret == -ETIMEDOUT)
		return held_too_long(log, err);
	return ret < 0 ? error_errno(err, ret, "cannot lock the log of '%s'", log->dev->path) : 0;
}

void log_unlock(const struct log *log)
{
	(void)device_lock(log->dev, DEVICE_UNLOCK, OMF_LOG_OFFSET, 1, false);
}

/* Flushes the entries first, since the reference stores the entry and the header before it
 * flushes either. */
int log_flush_unfinished(const struct log *log, uint64_t known)
{
	le64 next;
	int ret = device_read(log->dev, NEXT_INDEX, &next, sizeof(next));

	if (ret < 0)
		return ret;
	if (le64_get(next) > known && le64_get(next) <= log->capacity) {
		device_flush(log->dev, omf_entry_offset(known),
			     (le64_get(next) - known) * sizeof(struct omf_entry));
		device_fence(log->dev);
	}
	device_flush(log->dev, OMF_LOG_OFFSET, OMF_CACHE_LINE);
	device_fence(log->dev);
	return 0;
}

int log_reset_unfinished(const struct log *log, struct log_state *state, struct famfs_error *err)
{
	int ret;

	if (state->next_seqnum == state->next_index)
		return 0;
	ret = log_publish(log, state->next_index);
	if (ret < 0)
		return device_failed(log->dev, ret, "cannot write the log of", err);
	state->next_seqnum = state->next_index;
	return 0;
}

int log_check_room(const struct log *log, uint64_t index, struct famfs_error *err)
{
	if (index < log->capacity)
		return 0;
	return error_set(err, -ENOSPC, "log is full: all %" PRIu64 " entries are in use",
			 log->capacity);
}

int log_append(const struct log *log, uint64_t index, const struct record *rec,
	       struct famfs_error *err)
{
	uint64_t offset = omf_entry_offset(index);
	struct omf_entry raw;
	int ret = log_check_room(log, index, err);

	if (ret < 0)
		return ret;
	record_encode(&raw, rec, index);
	ret = device_write(log->dev, offset, &raw, sizeof(raw));
	if (ret == 0) {
		device_flush(log->dev, offset, sizeof(raw));
		device_fence(log->dev);
		/* Publish the index only after the entry: a crash before this line loses the
		 * whole entry. */
		ret = log_publish(log, index + 1);
	}
	return ret < 0 ? device_failed(log->dev, ret, "cannot write the log of", err) : 0;
}
