/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mending a file system. Every range is given to the caller to save before it changes, and every
 * step leaves a medium that a power cut makes no worse: an entry is rewritten where it is damaged
 * anyway, and the counters of the header share a cache line.
 */
#include "fs/fsck.h"

#include "base/error.h"

#include <errno.h>
#include <string.h>

static int save(const struct fsck *fsck, uint64_t offset, const void *old, size_t length,
		struct famfs_error *err)
{
	int ret;

	if (!fsck->params->save || fsck->params->dry_run)
		return 0;
	ret = fsck->params->save(fsck->params->arg, offset, old, length);
	return ret < 0 ? error_errno(err, ret, "cannot save what would be changed") : 0;
}

static int replace(const struct fsck *fsck, uint64_t offset, const void *old, const void *new,
		   size_t length, struct famfs_error *err)
{
	struct device *dev = fsck->vol->dev;
	int ret = save(fsck, offset, old, length, err);

	if (ret < 0 || fsck->params->dry_run)
		return ret;
	ret = device_write(dev, offset, new, length);
	device_flush(dev, offset, length);
	device_fence(dev);
	return ret < 0 ? error_errno(err, ret, "cannot write '%s'", dev->path) : 0;
}

static bool confirmed(const struct fsck *fsck, const struct finding *finding)
{
	struct famfs_problem problem = finding_problem(finding);

	return fsck->params->confirm && fsck->params->confirm(fsck->params->arg, &problem);
}

/* Rewrites one entry: its mode, or all of it. */
static int mend_entry(const struct fsck *fsck, struct finding *finding, struct famfs_error *err)
{
	struct record_limits limits = volume_limits(fsck->vol);
	struct omf_entry old, new;
	int ret = log_read(&fsck->vol->log, finding->entry, 1, &old);

	if (ret < 0)
		return error_errno(err, ret, "cannot read '%s'", fsck->vol->dev->path);
	new = old;
	if (finding->remedy == REMEDY_MODE)
		record_mend_mode(&new);
	else
		record_retire(&new, finding->entry, &limits);
	ret = replace(fsck, omf_entry_offset(finding->entry), &old, &new, sizeof(new), err);
	finding->repaired = ret == 0;
	return ret;
}

/* The first of the torn entries at the end; the number of entries when there are none. */
static uint64_t tail_start(const struct fsck *fsck)
{
	uint64_t start = fsck->vol->applied;

	for (size_t i = 0; i < fsck->findings.count; i++) {
		const struct finding *finding = &fsck->findings.list[i];

		if (finding->remedy == REMEDY_CUT && finding->entry < start)
			start = finding->entry;
	}
	return start;
}

/* Where the log ends. An index that was damaged to a smaller one must not cost the files after it:
 * more than one whole entry behind the end belongs to the log, and so does a single one when the
 * other counter counts it. */
static uint64_t log_end(const struct fsck *fsck)
{
	const struct log *log = &fsck->vol->log;
	uint64_t end = tail_start(fsck), whole = 0;
	struct log_state state;

	if (end < fsck->vol->applied || log_load(log, &state) < 0)
		return end;
	while (end + whole < log->capacity && log_has_entry(log, end + whole))
		whole++;
	return whole > 1 || (whole == 1 && state.next_seqnum > end + 1) ? end + whole : end;
}

static int save_tail(const struct fsck *fsck, uint64_t start, struct famfs_error *err)
{
	for (uint64_t i = start; i < fsck->vol->applied; i++) {
		struct omf_entry old;
		int ret = log_read(&fsck->vol->log, i, 1, &old);

		if (ret < 0)
			return error_errno(err, ret, "cannot read '%s'", fsck->vol->dev->path);
		ret = save(fsck, omf_entry_offset(i), &old, sizeof(old), err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* Both the part that never changes and the counters, which end the log at `next`. */
static int write_header(const struct fsck *fsck, uint64_t next, struct famfs_error *err)
{
	struct omf_log_header old, new;
	int ret = device_read(fsck->vol->dev, OMF_LOG_OFFSET, &old, sizeof(old));

	if (ret < 0)
		return error_errno(err, ret, "cannot read '%s'", fsck->vol->dev->path);
	log_header_encode(&new, fsck->vol->log.length);
	new.next_seqnum = le64_make(next);
	new.next_index = le64_make(next);
	return replace(fsck, OMF_LOG_OFFSET, &old, &new, sizeof(new), err);
}

static int write_capacity(struct fsck *fsck, struct famfs_error *err)
{
	const uint64_t offset = offsetof(struct omf_super, device_size);
	le64 old = le64_make(fsck->vol->sb.recorded_size);
	le64 new = le64_make(fsck->vol->dev->size);

	return replace(fsck, offset, &old, &new, sizeof(new), err);
}

static bool wants(const struct fsck *fsck, enum remedy remedy)
{
	for (size_t i = 0; i < fsck->findings.count; i++)
		if (fsck->findings.list[i].remedy == remedy)
			return true;
	return false;
}

static void mark(struct fsck *fsck, enum remedy remedy)
{
	for (size_t i = 0; i < fsck->findings.count; i++)
		if (fsck->findings.list[i].remedy == remedy)
			fsck->findings.list[i].repaired = true;
}

static int mend_header(struct fsck *fsck, struct famfs_error *err)
{
	uint64_t next = log_end(fsck);
	int ret;

	if (!wants(fsck, REMEDY_HEADER) && !wants(fsck, REMEDY_CUT))
		return 0;
	ret = save_tail(fsck, next, err);
	if (ret == 0)
		ret = write_header(fsck, next, err);
	if (ret == 0) {
		fsck->vol->applied = next;
		mark(fsck, REMEDY_CUT);
		mark(fsck, REMEDY_HEADER);
	}
	return ret;
}

/* A file that ends beyond the device tells that the device got smaller; to record that gives the
 * file up. */
static bool gives_files_up(const struct fsck *fsck)
{
	for (size_t i = 0; i < fsck->findings.count; i++)
		if (fsck->findings.list[i].fault == FAULT_EXTENT)
			return true;
	return false;
}

static int mend_capacity(struct fsck *fsck, struct famfs_error *err)
{
	for (size_t i = 0; i < fsck->findings.count; i++) {
		struct finding *finding = &fsck->findings.list[i];
		int ret;

		if (finding->remedy != REMEDY_CAPACITY ||
		    (gives_files_up(fsck) && !confirmed(fsck, finding)))
			continue;
		ret = write_capacity(fsck, err);
		if (ret < 0)
			return ret;
		finding->repaired = true;
	}
	return 0;
}

static int mend_all(struct fsck *fsck, struct famfs_error *err)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < fsck->findings.count; i++) {
		struct finding *finding = &fsck->findings.list[i];

		if (finding->remedy == REMEDY_MODE ||
		    (finding->remedy == REMEDY_RETIRE && confirmed(fsck, finding)))
			ret = mend_entry(fsck, finding, err);
	}
	if (ret == 0)
		ret = mend_header(fsck, err);
	return ret == 0 ? mend_capacity(fsck, err) : ret;
}

int fsck_repair(struct fsck *fsck, struct famfs_error *err)
{
	struct log_state state;
	int ret;

	/* Whoever locks the log ends a crashed publish; the device is locked as it is. */
	if (fsck->params->dry_run)
		return mend_all(fsck, err);
	ret = log_lock(&fsck->vol->log, &state, err);
	if (ret < 0)
		return ret;
	ret = mend_all(fsck, err);
	log_unlock(&fsck->vol->log);
	if (ret == 0 && device_barrier(fsck->vol->dev) < 0)
		ret = error_set(err, -EIO, "cannot write '%s'", fsck->vol->dev->path);
	return ret;
}
