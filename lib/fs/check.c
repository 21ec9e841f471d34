/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The check is a replay with an observer, so that fsck reports exactly the entries that a reader
 * would skip or refuse.
 */
#include "fs/fsck.h"

#include "base/error.h"
#include "media/path.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Nodes to visit when looking for the files that overlap. */
#define OVERLAP_BUDGET UINT64_C(1000000)

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

/* Adds the entry to the last finding if it directly follows and is torn in the same way. */
static bool extend_run(struct findings *findings, uint64_t entry, const struct omf_entry *raw,
		       enum famfs_fault fault)
{
	struct finding *last = findings->count ? &findings->list[findings->count - 1] : NULL;

	if (!last || !fault_is_torn(fault) || last->fault != fault ||
	    finding_last_entry(last) + 1 != entry || memcmp(&last->raw, raw, sizeof(*raw)) != 0)
		return false;
	last->count++;
	return true;
}

void fsck_observe(void *arg, uint64_t entry, const struct omf_entry *raw, enum famfs_fault fault,
		  const struct record *rec, bool implied, const char *text)
{
	struct fsck *fsck = arg;
	struct finding *finding;

	if (rec->recorded_length && fault != FAMFS_FAULT_PATH)
		count_path(&fsck->paths, entry, rec);
	if (extend_run(&fsck->findings, entry, raw, fault))
		return;
	if (fault != FAMFS_FAULT_NONE) {
		finding = findings_add(&fsck->findings, entry, fault,
				       fault == FAMFS_FAULT_MODE ? REPAIR_MODE : REPAIR_RETIRE);
		if (!finding)
			return;
		finding->not_normalised = is_not_normalised(rec);
		finding->raw = *raw;
		copy_path(finding, rec);
		snprintf(finding->message, sizeof(finding->message), "%s", text);
	}
	if (implied) {
		finding = findings_add(&fsck->findings, entry, FAMFS_FAULT_PARENT, REPAIR_NONE);
		if (!finding)
			return;
		copy_path(finding, rec);
		snprintf(finding->message, sizeof(finding->message),
			 "no entry describes its parent directory");
	}
}

/* Sets the message to the name of the file that shares space with this one. */
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
 * Names the first entry with this path. If both paths are recorded alike, the reference
 * implementation ignores the second one too. It looks paths up as they are recorded, so if they
 * differ it may show both files, and replacing either entry would lose one of them.
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

	/* Kept as it was checked: a repair replaces exactly these bytes. */
	fsck->header_read = log_read_settled(&vol->log, &fsck->header);
	state = log_state_of(&fsck->header);
	if (vol->header_fault[0])
		findings_add_global(&fsck->findings, FAMFS_FAULT_HEADER, REPAIR_HEADER, "%s",
				    vol->header_fault);
	else if (fsck->header_read < 0)
		findings_add_global(&fsck->findings, FAMFS_FAULT_HEADER, REPAIR_NONE,
				    "the log header cannot be read");
	else if (state.next_seqnum != state.next_index)
		findings_add_global(&fsck->findings, FAMFS_FAULT_HEADER, REPAIR_HEADER,
				    "next sequence number is %" PRIu64 ", next index is %" PRIu64,
				    state.next_seqnum, state.next_index);
}

static void check_capacity(struct fsck *fsck)
{
	const struct famfs_volume *vol = fsck->vol;

	struct fault_text why;

	if (superblock_check_size(vol->sb.recorded_size, vol->dev->size, &why) != FAMFS_FAULT_NONE)
		findings_add_global(&fsck->findings, FAMFS_FAULT_CAPACITY, REPAIR_CAPACITY, "%s",
				    why.text);
}

/* Torn entries at the end never were files, so they are removed without asking. */
static void find_tail(struct fsck *fsck)
{
	uint64_t end = fsck->vol->applied;

	for (size_t i = fsck->findings.count; i-- > 0 && end > 0;) {
		struct finding *finding = &fsck->findings.list[i];

		if (finding->entry == FAMFS_NO_ENTRY)
			continue;
		if (finding_last_entry(finding) + 1 != end || !fault_is_torn(finding->fault))
			return;
		finding->action = REPAIR_CUT;
		end = finding->entry;
	}
}

void fsck_check(struct fsck *fsck)
{
	/* Limits the time on a hostile medium; past it, the general message stays. */
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

int fsck_recheck(const struct fsck *fsck, struct fsck *again, struct famfs_error *err)
{
	const struct volume_params params = { .access = DEVICE_READ,
					      .observer = fsck_observe,
					      .observer_arg = again,
					      .ignore_recorded_size = true };
	int ret;

	again->borrowed = true;
	again->vol = volume_create(fsck->vol->dev, &params);
	if (!again->vol)
		return error_set(err, -ENOMEM, "out of memory");
	ret = volume_load_superblock(again->vol, &params, err);
	if (ret == 0)
		ret = volume_load_log(again->vol, err);
	if (ret == 0)
		fsck_check(again);
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
