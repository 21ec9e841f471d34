/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Repairs a file system. Every range is passed to the caller to save before it changes, and a power
 * cut at any step makes the medium no worse: an entry that is rewritten was damaged already, and
 * the counters of the header share a cache line.
 *
 * Questions are asked first, without the append lock, since an answer may take minutes. Then the
 * log is locked and checked again. A problem is repaired only if the second check finds it
 * unchanged, and only while the medium still has the bytes that this check read.
 */
#include "fs/fsck.h"

#include "base/error.h"
#include "fs/append.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct repair {
	struct fsck *shown;
	const struct fsck *now; /* the second check; in a dry run the first */
	size_t at;              /* findings of `now` about earlier entries */
};

static bool dry(const struct repair *repair)
{
	return repair->shown->params->dry_run;
}

static int check_unchanged(struct device *dev, uint64_t offset, const void *old, size_t length,
			   struct famfs_error *err)
{
	unsigned char is[sizeof(struct omf_entry)];
	int ret;

	device_invalidate(dev, offset, length);
	ret = device_read(dev, offset, is, length);
	if (ret < 0)
		return error_errno(err, ret, "cannot read '%s'", dev->path);
	if (memcmp(is, old, length) == 0)
		return 0;
	error_set(err, -ESTALE, "'%s' changed while it was repaired", dev->path);
	error_remedy(err, FAMFS_REMEDY_STOP_WRITERS, NULL);
	return -ESTALE;
}

/* Replaces a range of at most the size of an entry. */
static int replace(const struct repair *repair, uint64_t offset, const void *old, const void *new,
		   size_t length, struct famfs_error *err)
{
	const struct famfs_fsck_params *params = repair->shown->params;
	struct device *dev = repair->shown->vol->dev;
	int ret = 0;

	if (dry(repair))
		return 0;
	if (params->save)
		ret = params->save(params->arg, offset, old, length);
	if (ret < 0)
		return error_errno(err, ret, "cannot save what would be changed");
	ret = check_unchanged(dev, offset, old, length, err);
	if (ret < 0)
		return ret;
	ret = device_write(dev, offset, new, length);
	device_flush(dev, offset, length);
	device_fence(dev);
	return ret < 0 ? error_errno(err, ret, "cannot write '%s'", dev->path) : 0;
}

static bool is_same(const struct finding *shown, const struct finding *now)
{
	return shown->entry == now->entry && shown->count == now->count &&
	       shown->fault == now->fault && shown->action == now->action &&
	       strcmp(shown->message, now->message) == 0 &&
	       memcmp(&shown->raw, &now->raw, sizeof(now->raw)) == 0;
}

/* Finds the same problem in the second check, or NULL. Both lists are in the order of the log;
 * findings that are not about an entry come last. */
static const struct finding *find_same(struct repair *repair, const struct finding *shown)
{
	const struct findings *now = &repair->now->findings;

	while (repair->at < now->count && now->list[repair->at].entry < shown->entry)
		repair->at++;
	for (size_t i = repair->at; i < now->count && now->list[i].entry == shown->entry; i++)
		if (is_same(shown, &now->list[i]))
			return &now->list[i];
	return NULL;
}

static void leave(struct finding *finding)
{
	finding->action = REPAIR_NONE;
	snprintf(finding->message, sizeof(finding->message),
		 "changed since it was checked, and was left as it is; check it again");
}

static bool is_about_end(const struct finding *finding)
{
	return finding->action == REPAIR_CUT || finding->action == REPAIR_HEADER;
}

static size_t count_about_end(const struct fsck *fsck)
{
	size_t count = 0;

	for (size_t i = 0; i < fsck->findings.count; i++)
		count += is_about_end(&fsck->findings.list[i]);
	return count;
}

/* Whether the checked entries are all that the checked header counts. */
static bool counts_checked_entries(const struct fsck *fsck)
{
	uint64_t next = le64_get(fsck->header.next_index);

	return next > fsck->vol->log.capacity || next == fsck->vol->applied;
}

/* Whether the end of the log is unchanged. The entries there are removed together. */
static bool end_is_same(struct repair *repair)
{
	const struct findings *shown = &repair->shown->findings;

	if (count_about_end(repair->shown) != count_about_end(repair->now) ||
	    !counts_checked_entries(repair->now))
		return false;
	for (size_t i = 0; i < shown->count; i++)
		if (is_about_end(&shown->list[i]) && !find_same(repair, &shown->list[i]))
			return false;
	return true;
}

/* Rewrites one entry of a finding: its mode, or all of it. */
static int rewrite(const struct repair *repair, const struct finding *now, uint64_t entry,
		   struct famfs_error *err)
{
	struct record_limits limits = volume_limits(repair->now->vol);
	struct omf_entry new = now->raw;

	if (now->action == REPAIR_MODE)
		record_mend_mode(&new);
	else
		record_retire(&new, entry, &limits);
	return replace(repair, omf_entry_offset(entry), &now->raw, &new, sizeof(new), err);
}

static int mend_entry(struct repair *repair, struct finding *finding, struct famfs_error *err)
{
	const struct finding *now = find_same(repair, finding);
	int ret = 0;

	if (!now) {
		leave(finding);
		return 0;
	}
	for (uint64_t i = 0; ret == 0 && i < now->count && !dry(repair); i++)
		ret = rewrite(repair, now, now->entry + i, err);
	finding->repaired = ret == 0;
	return ret;
}

static int mend_entries(struct repair *repair, struct famfs_error *err)
{
	struct findings *shown = &repair->shown->findings;
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < shown->count; i++) {
		struct finding *finding = &shown->list[i];

		if (finding->action == REPAIR_MODE ||
		    (finding->action == REPAIR_RETIRE && finding->agreed))
			ret = mend_entry(repair, finding, err);
	}
	return ret;
}

/* The first of the torn entries at the end; the number of entries if there are none. */
static uint64_t tail_start(const struct fsck *fsck)
{
	uint64_t start = fsck->vol->applied;

	for (size_t i = 0; i < fsck->findings.count; i++) {
		const struct finding *finding = &fsck->findings.list[i];

		if (finding->action == REPAIR_CUT && finding->entry < start)
			start = finding->entry;
	}
	return start;
}

/* The number of entries that the log keeps. If damage made the index smaller, the files after it
 * must not be lost. So whole entries behind the end belong to the log if there are more than an
 * interrupted publish can leave, or if next_seqnum counts more. */
static uint64_t log_end(const struct fsck *fsck)
{
	const struct log *log = &fsck->vol->log;
	uint64_t end = tail_start(fsck), whole = 0;

	if (end < fsck->vol->applied)
		return end;
	while (end + whole < log->capacity && log_has_entry(log, end + whole))
		whole++;
	if (whole > OMF_MAX_PUBLISH || (whole && le64_get(fsck->header.next_seqnum) > end + whole))
		return end + whole;
	return end;
}

/* Entries that were never written are not saved: restoring the header restores them. */
static bool is_unwritten(const struct omf_entry *raw)
{
	static const struct omf_entry zeros;

	return memcmp(raw, &zeros, sizeof(zeros)) == 0;
}

static int save_entries(const struct famfs_fsck_params *params, const struct finding *finding)
{
	int ret = 0;

	if (is_unwritten(&finding->raw))
		return 0;
	for (uint64_t i = 0; ret == 0 && i < finding->count; i++)
		ret = params->save(params->arg, omf_entry_offset(finding->entry + i), &finding->raw,
				   sizeof(finding->raw));
	return ret;
}

/* Saves the entries that are removed, as they were checked. */
static int save_tail(const struct repair *repair, uint64_t start, struct famfs_error *err)
{
	const struct famfs_fsck_params *params = repair->shown->params;
	const struct findings *now = &repair->now->findings;

	for (size_t i = 0; params->save && !dry(repair) && i < now->count; i++) {
		const struct finding *finding = &now->list[i];
		int ret = 0;

		if (finding->action == REPAIR_CUT && finding->entry >= start)
			ret = save_entries(params, finding);
		if (ret < 0)
			return error_errno(err, ret, "cannot save what would be changed");
	}
	return 0;
}

/* Rewrites both the part that never changes and the counters, which end the log at `next`. */
static int write_header(const struct repair *repair, uint64_t next, struct famfs_error *err)
{
	const struct fsck *now = repair->now;
	struct omf_log_header new;

	if (now->header_read < 0)
		return error_errno(err, now->header_read, "cannot read '%s'", now->vol->dev->path);
	log_header_encode(&new, now->vol->log.length);
	new.next_seqnum = le64_make(next);
	new.next_index = le64_make(next);
	return replace(repair, OMF_LOG_OFFSET, &now->header, &new, sizeof(new), err);
}

static void settle_end(struct fsck *shown, bool repaired)
{
	for (size_t i = 0; i < shown->findings.count; i++) {
		struct finding *finding = &shown->findings.list[i];

		if (!is_about_end(finding))
			continue;
		if (repaired)
			finding->repaired = true;
		else
			leave(finding);
	}
}

static int mend_end(struct repair *repair, struct famfs_error *err)
{
	uint64_t next;
	int ret;

	if (!count_about_end(repair->shown))
		return 0;
	if (!end_is_same(repair)) {
		settle_end(repair->shown, false);
		return 0;
	}
	next = log_end(repair->now);
	ret = save_tail(repair, next, err);
	if (ret == 0)
		ret = write_header(repair, next, err);
	if (ret < 0)
		return ret;
	/* Also in a dry run, the result has the number of entries after the repair. */
	repair->shown->vol->applied = next;
	settle_end(repair->shown, true);
	return 0;
}

static int write_capacity(struct repair *repair, struct famfs_error *err)
{
	const uint64_t offset = offsetof(struct omf_super, device_size);
	const struct famfs_volume *vol = repair->now->vol;
	le64 old = le64_make(vol->sb.recorded_size);
	le64 new = le64_make(vol->dev->size);

	return replace(repair, offset, &old, &new, sizeof(new), err);
}

static int mend_capacity(struct repair *repair, struct famfs_error *err)
{
	struct findings *shown = &repair->shown->findings;

	for (size_t i = 0; i < shown->count; i++) {
		struct finding *finding = &shown->list[i];
		int ret;

		if (finding->action != REPAIR_CAPACITY || !finding->agreed)
			continue;
		if (!find_same(repair, finding)) {
			leave(finding);
			continue;
		}
		ret = write_capacity(repair, err);
		if (ret < 0)
			return ret;
		finding->repaired = true;
	}
	return 0;
}

/* If a file ends beyond the device, the device became smaller, and recording its size gives the
 * file up. */
static bool gives_files_up(const struct fsck *fsck)
{
	for (size_t i = 0; i < fsck->findings.count; i++)
		if (fsck->findings.list[i].fault == FAMFS_FAULT_EXTENT)
			return true;
	return false;
}

static bool confirmed(const struct fsck *fsck, const struct finding *finding)
{
	struct famfs_problem problem = finding_problem(finding);

	return fsck->params->confirm && fsck->params->confirm(fsck->params->arg, &problem);
}

static void ask(struct fsck *fsck)
{
	for (size_t i = 0; i < fsck->findings.count; i++) {
		struct finding *finding = &fsck->findings.list[i];

		finding->agreed = true;
		if (finding->action == REPAIR_RETIRE ||
		    (finding->action == REPAIR_CAPACITY && gives_files_up(fsck)))
			finding->agreed = confirmed(fsck, finding);
	}
}

static int mend_all(struct fsck *fsck, const struct fsck *now, struct famfs_error *err)
{
	struct repair repair = { .shown = fsck, .now = now };
	int ret = mend_entries(&repair, err);

	repair.at = 0;
	if (ret == 0)
		ret = mend_end(&repair, err);
	repair.at = 0;
	return ret == 0 ? mend_capacity(&repair, err) : ret;
}

static int mend_locked(struct fsck *fsck, struct famfs_error *err)
{
	struct fsck now = { .params = fsck->params };
	int ret = fsck_recheck(fsck, &now, err);

	if (ret == 0)
		ret = mend_all(fsck, &now, err);
	fsck_end(&now);
	return ret;
}

int fsck_repair(struct fsck *fsck, struct famfs_error *err)
{
	int ret;

	ask(fsck);
	/* Do not lock the log in a dry run: that flushes the entries that a killed process left.
	 * The device is locked already. */
	if (fsck->params->dry_run)
		return mend_all(fsck, fsck, err);
	ret = volume_lock_log(fsck->vol, NULL, err);
	if (ret < 0)
		return ret;
	ret = mend_locked(fsck, err);
	log_unlock(&fsck->vol->log);
	if (ret < 0)
		return ret;
	ret = device_barrier(fsck->vol->dev);
	return ret < 0 ? error_errno(err, ret, "cannot write '%s'", fsck->vol->dev->path) : 0;
}
