/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The check is a replay with an observer: what any reader would skip or refuse is what fsck
 * reports, by the same code.
 */
#include "fs/fsck.h"

#include "base/error.h"
#include "device/usage.h"
#include "fs/append.h"
#include "fs/open.h"
#include "media/path.h"
#include "shared/cleanup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Files to look at for the sake of naming those that overlap. */
#define OVERLAP_BUDGET UINT64_C(1000000)

static uint64_t last_entry(const struct finding *finding)
{
	return finding->entry + finding->count - 1;
}

/* Whether the reference implementation shows the file all the same: its replay judges no extents.
 */
static bool is_shown_elsewhere(enum famfs_fault fault)
{
	return fault == FAMFS_FAULT_SIZE || fault == FAMFS_FAULT_ALIGN ||
	       fault == FAMFS_FAULT_EXTENT || fault == FAMFS_FAULT_OVERLAP;
}

/* A sentence for people; NULL for no action. */
static const char *repair_text(const struct finding *finding)
{
	bool one = finding->count == 1;

	switch (finding->action) {
	case REPAIR_NONE: break;
	case REPAIR_CUT:
		return one ? "cut the entry off the end of the log"
			   : "cut the entries off the end of the log";
	case REPAIR_MODE: return "keep only the permission bits";
	case REPAIR_RETIRE:
		if (is_shown_elsewhere(finding->fault))
			return "replace the entry, which loses the file that it described; the "
			       "reference implementation shows this file";
		return one ? "replace the entry, which loses the file that it described"
			   : "replace the entries, which loses the files that they described";
	case REPAIR_HEADER: return "write the log header anew";
	case REPAIR_CAPACITY: return "record the size that the device has";
	}
	return NULL;
}

struct famfs_problem finding_problem(const struct finding *finding)
{
	return (struct famfs_problem){ .entry = finding->entry,
				       .fault = finding->fault,
				       .path = finding->path,
				       .message = finding->message,
				       .repair = repair_text(finding),
				       .repaired = finding->repaired,
				       .last_entry = last_entry(finding) };
}

static struct finding *add(struct findings *findings, uint64_t entry, enum famfs_fault fault,
			   enum repair_action action)
{
	struct finding *finding;

	if (findings->count == findings->room) {
		size_t room = findings->room ? 2 * findings->room : 16;
		void *list = realloc(findings->list, room * sizeof(*findings->list));

		if (!list) {
			findings->failed = true;
			return NULL;
		}
		findings->list = list;
		findings->room = room;
	}
	finding = &findings->list[findings->count++];
	memset(finding, 0, sizeof(*finding));
	finding->entry = entry;
	finding->count = 1;
	finding->fault = fault;
	finding->action = action;
	return finding;
}

__attribute__((format(printf, 4, 5))) static void add_global(struct fsck *fsck,
							     enum famfs_fault fault,
							     enum repair_action action,
							     const char *format, ...)
{
	struct finding *finding = add(&fsck->findings, FAMFS_NO_ENTRY, fault, action);
	va_list ap;

	if (!finding)
		return;
	va_start(ap, format);
	vsnprintf(finding->message, sizeof(finding->message), format, ap);
	va_end(ap);
}

static void copy_path(struct finding *finding, const struct record *rec)
{
	memcpy(finding->path, rec->path, rec->path_length + 1);
}

static bool is_not_normalised(const struct record *rec)
{
	return rec->path_length != rec->recorded_length;
}

static void count_path(struct path_counts *paths, uint64_t entry, const struct record *rec)
{
	paths->not_normalised += is_not_normalised(rec);
	paths->hidden += path_is_meta(rec->path, rec->path_length);
	if (famfs_is_utf8(rec->recorded))
		return;
	if (paths->not_utf8++ == 0)
		paths->first_not_utf8 = entry;
}

/* Whether the last finding is about entries before this one that are torn in the same way. */
static bool extend_run(struct findings *findings, uint64_t entry, const struct omf_entry *raw,
		       enum famfs_fault fault)
{
	struct finding *last = findings->count ? &findings->list[findings->count - 1] : NULL;

	if (!last || !fault_is_torn(fault) || last->fault != fault ||
	    last_entry(last) + 1 != entry || memcmp(&last->raw, raw, sizeof(*raw)) != 0)
		return false;
	last->count++;
	return true;
}

static void observe(void *arg, uint64_t entry, const struct omf_entry *raw, enum famfs_fault fault,
		    const struct record *rec, bool implied, const char *text)
{
	struct fsck *fsck = arg;
	struct finding *finding;

	if (rec->recorded_length && fault != FAMFS_FAULT_PATH)
		count_path(&fsck->paths, entry, rec);
	if (extend_run(&fsck->findings, entry, raw, fault))
		return;
	if (fault != FAMFS_FAULT_NONE) {
		finding = add(&fsck->findings, entry, fault,
			      fault == FAMFS_FAULT_MODE ? REPAIR_MODE : REPAIR_RETIRE);
		if (!finding)
			return;
		finding->not_normalised = is_not_normalised(rec);
		finding->raw = *raw;
		copy_path(finding, rec);
		snprintf(finding->message, sizeof(finding->message), "%s", text);
	}
	if (implied) {
		finding = add(&fsck->findings, entry, FAMFS_FAULT_PARENT, REPAIR_NONE);
		if (!finding)
			return;
		copy_path(finding, rec);
		snprintf(finding->message, sizeof(finding->message),
			 "no entry describes its parent directory");
	}
}

/* Names the file that an overlapping one shares space with. */
static void name_overlap(const struct fsck *fsck, struct finding *finding, uint64_t *budget)
{
	const struct namespace *ns = fsck->vol->ns;
	node_t self = node_of_entry(finding->entry), other;
	struct famfs_fmap fmap;
	char path[OMF_PATH_SIZE];

	if (!node_exists(ns, self))
		return;
	node_fmap(ns, self, &fmap);
	other = overlap_partner(ns, self, &fmap, budget);
	if (other == self) {
		snprintf(finding->message, sizeof(finding->message), "overlaps itself");
	} else if (other != NODE_NONE) {
		node_path(ns, other, path);
		snprintf(finding->message, sizeof(finding->message),
			 "shares space with entry %" PRIu64 " '%s'", (uint64_t)other - 2, path);
	}
}

static bool entry_is_not_normalised(const struct fsck *fsck, uint64_t entry)
{
	struct record_limits limits = volume_limits(fsck->vol);
	struct omf_entry raw;
	struct record rec;

	return log_read(&fsck->vol->log, entry, 1, &raw) < 0 ||
	       record_decode(&raw, entry, &limits, &rec, NULL) != FAMFS_FAULT_NONE ||
	       is_not_normalised(&rec);
}

/*
 * Names the entry that was first. Of two paths that are recorded alike the reference implementation
 * ignores the second one, too. Others it looks up as they are recorded, and may find them in other
 * places: there neither entry can be given up without taking away a file that it shows.
 */
static void name_duplicate(const struct fsck *fsck, struct finding *finding)
{
	const struct namespace *ns = fsck->vol->ns;
	struct famfs_stat st;
	bool is_file;
	node_t node = namespace_resolve(ns, finding->path, strlen(finding->path), &is_file);

	if (node == NODE_NONE)
		return;
	node_stat(ns, node, &st);
	if (finding->not_normalised ||
	    (st.entry != FAMFS_NO_ENTRY && entry_is_not_normalised(fsck, st.entry)))
		finding->action = REPAIR_NONE;
	if (node == NODE_ROOT)
		snprintf(finding->message, sizeof(finding->message), "path is that of the root");
	else if (st.entry != FAMFS_NO_ENTRY)
		snprintf(finding->message, sizeof(finding->message),
			 "path exists already, by entry %" PRIu64, st.entry);
}

static void check_header(struct fsck *fsck)
{
	const struct famfs_volume *vol = fsck->vol;
	struct log_state state;

	/* Kept as it is judged: a repair replaces these bytes and no others. */
	fsck->header_read = log_read_settled(&vol->log, &fsck->header);
	state = log_state_of(&fsck->header);
	if (vol->header_fault[0])
		add_global(fsck, FAMFS_FAULT_HEADER, REPAIR_HEADER, "%s", vol->header_fault);
	else if (fsck->header_read < 0)
		add_global(fsck, FAMFS_FAULT_HEADER, REPAIR_NONE, "the log header cannot be read");
	else if (state.next_seqnum != state.next_index)
		add_global(fsck, FAMFS_FAULT_HEADER, REPAIR_HEADER,
			   "next sequence number is %" PRIu64 ", next index is %" PRIu64,
			   state.next_seqnum, state.next_index);
}

static void check_capacity(struct fsck *fsck)
{
	const struct famfs_volume *vol = fsck->vol;

	struct fault_text why;

	if (superblock_check_size(vol->sb.recorded_size, vol->dev->size, &why) != FAMFS_FAULT_NONE)
		add_global(fsck, FAMFS_FAULT_CAPACITY, REPAIR_CAPACITY, "%s", why.text);
}

/* Torn entries at the end never were a file: they can go without a question. */
static void find_tail(struct fsck *fsck)
{
	uint64_t end = fsck->vol->applied;

	for (size_t i = fsck->findings.count; i-- > 0 && end > 0;) {
		struct finding *finding = &fsck->findings.list[i];

		if (finding->entry == FAMFS_NO_ENTRY)
			continue;
		if (last_entry(finding) + 1 != end || !fault_is_torn(finding->fault))
			return;
		finding->action = REPAIR_CUT;
		end = finding->entry;
	}
}

static void check(struct fsck *fsck)
{
	/* A hostile medium could make this take forever; the general words must then do. */
	uint64_t budget = OVERLAP_BUDGET;

	find_tail(fsck);
	for (size_t i = 0; i < fsck->findings.count; i++) {
		struct finding *finding = &fsck->findings.list[i];

		if (finding->fault == FAMFS_FAULT_OVERLAP)
			name_overlap(fsck, finding, &budget);
		else if (finding->fault == FAMFS_FAULT_DUPLICATE)
			name_duplicate(fsck, finding);
	}
	check_header(fsck);
	check_capacity(fsck);
}

static void fill_result(const struct fsck *fsck)
{
	struct famfs_fsck_result *result = fsck->result;
	struct famfs_info info;

	if (fsck->vol) {
		famfs_info(fsck->vol, &info);
		memcpy(result->uuid, info.uuid, sizeof(result->uuid));
		result->log_entries = info.log_entries;
		result->log_capacity = info.log_capacity;
		result->files = info.files;
		result->directories = info.directories;
		result->file_bytes = info.file_bytes;
		result->allocated_bytes = info.allocated_bytes;
		result->free_bytes = info.free_bytes;
	}
	result->not_normalised = fsck->paths.not_normalised;
	result->hidden = fsck->paths.hidden;
	result->not_utf8 = fsck->paths.not_utf8;
	result->first_not_utf8 = fsck->paths.not_utf8 ? fsck->paths.first_not_utf8 : FAMFS_NO_ENTRY;
	for (size_t i = 0; i < fsck->findings.count; i++) {
		const struct finding *finding = &fsck->findings.list[i];

		result->problems += finding->count;
		result->repaired += finding->repaired ? finding->count : 0;
	}
}

static void report(const struct fsck *fsck)
{
	for (size_t i = 0; fsck->params->report && i < fsck->findings.count; i++) {
		struct famfs_problem problem = finding_problem(&fsck->findings.list[i]);

		fsck->params->report(fsck->params->arg, &problem);
	}
}

/* No other process may read the device while entries that "never change" do. */
static int lock_for_repair(struct device *dev, struct famfs_error *err)
{
	int ret = device_lock(dev, DEVICE_EXCLUSIVE, 0, 1, false);
	struct usage_text user;

	if (ret == 0) {
		/* An mkfs may have changed it before. */
		ret = device_reload_size(dev);
		return ret < 0 ? error_errno(err, ret, "cannot read '%s'", dev->path) : 0;
	}
	if (ret != -EAGAIN)
		return error_errno(err, ret, "cannot lock '%s'", dev->path);
	if (device_mounts(dev->path, &user) <= 0)
		(void)device_lock_holder(dev, 0, 1, "in use", &user);
	error_refuse(err, -EBUSY, "'%s' is %s, so it cannot be repaired", dev->path, user.text);
	usage_remedy(&user, err);
	return -EBUSY;
}

static int open_volume(struct fsck *fsck, const struct famfs_target *target,
		       struct famfs_error *err)
{
	const struct volume_params params = { .access = fsck->params->repair ? DEVICE_WRITE
									     : DEVICE_READ,
					      .observer = observe,
					      .observer_arg = fsck,
					      .believe_device = true };
	struct device *dev;
	int ret;

	if (!fsck->params->repair)
		return target_open(target, &params, &fsck->vol, err);
	ret = device_open(target->device, DEVICE_WRITE, &dev, err);
	if (ret < 0)
		return ret;
	ret = target_check_writer(target, dev, err);
	if (ret == 0)
		ret = lock_for_repair(dev, err);
	if (ret < 0) {
		device_close(dev);
		return ret;
	}
	ret = volume_open(dev, &params, &fsck->vol, err);
	return ret < 0 ? ret : volume_check_master(fsck->vol, err);
}

static bool any_repaired(const struct fsck *fsck)
{
	for (size_t i = 0; i < fsck->findings.count; i++)
		if (fsck->findings.list[i].repaired)
			return true;
	return false;
}

/* Whether the repair left a problem that was found before. */
static bool was_left(const struct fsck *fsck, const struct finding *finding)
{
	for (size_t i = 0; i < fsck->findings.count; i++) {
		const struct finding *old = &fsck->findings.list[i];

		if (!old->repaired && old->entry <= finding->entry &&
		    last_entry(old) >= last_entry(finding) && old->fault == finding->fault)
			return true;
	}
	return false;
}

/* What the repaired problems hid: entries behind a damaged index, a second fault of an entry. */
static void add_hidden(struct fsck *fsck, const struct findings *now)
{
	for (size_t i = 0; i < now->count; i++) {
		const struct finding *from = &now->list[i];
		struct finding *to;

		if (was_left(fsck, from))
			continue;
		to = add(&fsck->findings, from->entry, from->fault, from->action);
		if (to)
			*to = *from;
	}
}

int fsck_look_again(const struct fsck *fsck, struct fsck *again, struct famfs_error *err)
{
	const struct volume_params params = { .access = DEVICE_READ,
					      .observer = observe,
					      .observer_arg = again,
					      .believe_device = true };
	int ret;

	again->borrowed = true;
	again->vol = volume_create(fsck->vol->dev, &params);
	if (!again->vol)
		return error_set(err, -ENOMEM, "out of memory");
	ret = volume_load_superblock(again->vol, &params, err);
	if (ret == 0)
		ret = volume_load_log(again->vol, err);
	if (ret == 0)
		check(again);
	return ret == 0 && again->findings.failed ? error_set(err, -ENOMEM, "out of memory") : ret;
}

void fsck_end(struct fsck *fsck)
{
	free(fsck->findings.list);
	if (fsck->borrowed && fsck->vol)
		(void)volume_release_device(fsck->vol);
	else
		volume_close(fsck->vol);
}

/* Re-checks through a freshly opened volume on the same device, which stays locked. */
static int check_again(struct fsck *fsck, struct famfs_error *err)
{
	struct fsck again = { .params = fsck->params };
	int ret = fsck_look_again(fsck, &again, err);

	if (ret == 0) {
		struct famfs_volume *old = fsck->vol;

		add_hidden(fsck, &again.findings);
		fsck->paths = again.paths;
		fsck->vol = again.vol;
		again.vol = old;
	}
	fsck_end(&again);
	return ret;
}

static int run(struct fsck *fsck, const struct famfs_target *target, struct famfs_error *err)
{
	struct famfs_error why;
	int ret = open_volume(fsck, target, &why);

	if (ret == -EUCLEAN) {
		/* A superblock that cannot be believed is a finding, not a failure to look. */
		add_global(fsck, FAMFS_FAULT_SUPERBLOCK, REPAIR_NONE, "%.199s", why.message);
		return 0;
	}
	if (ret < 0) {
		if (err)
			*err = why;
		return ret;
	}
	check(fsck);
	if (!fsck->params->repair || !fsck->findings.count)
		return 0;
	ret = fsck_repair(fsck, err);
	if (ret < 0 || fsck->params->dry_run || !any_repaired(fsck))
		return ret;
	return check_again(fsck, err);
}

int famfs_fsck(const struct famfs_target *target, const struct famfs_fsck_params *params,
	       struct famfs_fsck_result *result, struct famfs_error *err)
{
	struct fsck fsck = { .params = params, .result = result };
	int ret;

	memset(result, 0, sizeof(*result));
	ret = error_if_reserved(params->reserved, 4, err);
	if (ret < 0)
		return ret;
	ret = run(&fsck, target, err);
	if (fsck.findings.failed)
		ret = error_set(err, -ENOMEM, "out of memory for %zu problems",
				fsck.findings.count);
	report(&fsck);
	fill_result(&fsck);
	fsck_end(&fsck);
	return ret;
}
