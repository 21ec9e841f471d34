/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/replay.h"

#include "base/error.h"
#include "fs/torn.h"
#include "media/path.h"
#include "shared/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

/* How long a bad entry may still be on its way: far longer than a write-back takes. */
#define MOMENT_NS  UINT64_C(20000000)
#define LOGGED_MAX 16
#define LOOK_AHEAD 8
#define SMALL_LOG  32768 /* entries, whose names fit in the caches */

static bool stops_appends(enum famfs_fault fault)
{
	/* These two are about names only: the entry is valid, and its space is known. */
	return fault != FAMFS_FAULT_NONE && fault != FAMFS_FAULT_DUPLICATE &&
	       fault != FAMFS_FAULT_PARENT;
}

static void note_fault(struct famfs_volume *vol, uint64_t index, enum famfs_fault fault,
		       const char *text)
{
	if (fault == FAMFS_FAULT_NONE)
		return;
	vol->bad_entries++;
	if (stops_appends(fault) && vol->first_bad.entry == FAMFS_NO_ENTRY)
		vol->first_bad = (struct volume_fault){ index, fault };
	if (vol->bad_entries <= LOGGED_MAX)
		volume_log(vol, LOG_WARNING, "'%s': log entry %" PRIu64 ": %s: %s%s",
			   vol->dev->path, index, famfs_fault_name(fault), text,
			   vol->bad_entries == LOGGED_MAX ? " (more are not logged)" : "");
}

/* The space that an entry names is never allocated again, whatever else is wrong with the entry. */
static bool use_extents(struct famfs_volume *vol, const struct record *rec)
{
	bool overlap = false;

	for (uint32_t i = 0; i < rec->fmap.nextents; i++) {
		const struct famfs_extent *ext = &rec->fmap.extents[i];

		if (ext->daxdev == 0)
			overlap |= allocator_use(&vol->alloc, ext->offset / OMF_ALLOC_UNIT,
						 ext->length / OMF_ALLOC_UNIT);
	}
	return overlap;
}

static enum famfs_fault add_daxdev(struct famfs_volume *vol, const struct record *rec,
				   struct fault_text *why)
{
	uint32_t index = rec->daxdev_index;

	if (index != vol->ndaxdevs) {
		snprintf(why->text, sizeof(why->text), "device index is %u, the next one is %u",
			 index, vol->ndaxdevs);
		return FAMFS_FAULT_DAXDEV;
	}
	for (uint32_t i = 0; i < index; i++)
		if (memcmp(vol->daxdev_uuids[i], rec->daxdev_uuid, OMF_UUID_SIZE) == 0) {
			snprintf(why->text, sizeof(why->text), "has the UUID of device %u", i);
			return FAMFS_FAULT_DAXDEV;
		}
	vol->daxdev_sizes[index] = rec->daxdev_size;
	memcpy(vol->daxdev_uuids[index], rec->daxdev_uuid, OMF_UUID_SIZE);
	__atomic_store_n(&vol->ndaxdevs, index + 1, __ATOMIC_RELEASE);
	return FAMFS_FAULT_NONE;
}

static enum famfs_fault insert(struct famfs_volume *vol, uint64_t index, const struct record *rec,
			       bool *implied, struct fault_text *why)
{
	enum famfs_fault fault;

	/* Hidden, since the server's own files have these paths. */
	if (path_is_meta(rec->path, rec->path_length))
		return FAMFS_FAULT_NONE;
	fault = namespace_insert(vol->ns, index, rec, implied);
	if (fault == FAMFS_FAULT_DUPLICATE)
		snprintf(why->text, sizeof(why->text), "path exists already");
	else if (fault == FAMFS_FAULT_PARENT)
		snprintf(why->text, sizeof(why->text), "a parent is not a directory");
	return fault;
}

void begin_overlap(struct famfs_volume *vol)
{
	struct overlap *overlap = &vol->overlap;

	if (!overlap_begun(overlap) && overlap_begin(overlap, vol->alloc.units, vol->ns) < 0)
		volume_log(vol, LOG_ERR,
			   "'%s': out of memory for the files that share space: every file counts "
			   "as one of them",
			   vol->dev->path);
}

/* Skips a file that will not be visible, since no kernel can map it. Its name decides that;
 * insert() makes the same checks. */
static void mark_overlap(struct famfs_volume *vol, const struct record *rec)
{
	bool is_file;

	if (namespace_resolve(vol->ns, rec->path, rec->path_length, &is_file) != NODE_NONE ||
	    is_file || path_is_meta(rec->path, rec->path_length))
		return;
	begin_overlap(vol);
	overlap_add(&vol->overlap, &rec->fmap);
}

/* Names both files, but only while faults are still logged, since it searches all files. */
static void explain_overlap(struct famfs_volume *vol, uint64_t index, const struct record *rec,
			    struct fault_text *why)
{
	node_t self = node_of_entry(index), other = NODE_NONE;
	uint64_t budget = vol->ns->capacity;
	char path[OMF_PATH_SIZE];

	if (vol->bad_entries < LOGGED_MAX)
		other = overlap_partner(vol->ns, self, &rec->fmap, &budget);
	if (other == NODE_NONE) {
		snprintf(why->text, sizeof(why->text),
			 "shares space with an earlier file or with itself");
	} else if (other == self) {
		snprintf(why->text, sizeof(why->text), "'%.*s' overlaps itself",
			 (int)rec->path_length, rec->path);
	} else {
		node_path(vol->ns, other, path);
		snprintf(why->text, sizeof(why->text), "'%.*s' shares space with '%s'",
			 (int)rec->path_length, rec->path, path);
	}
}

/* `fault` is that of the path or mode, or none. */
static enum famfs_fault apply_file(struct famfs_volume *vol, uint64_t index,
				   const struct record *rec, enum famfs_fault fault, bool *implied,
				   struct fault_text *why)
{
	bool overlap = use_extents(vol, rec);

	/* Mark the units before the file can be opened. */
	if (fault == FAMFS_FAULT_NONE && (overlap || overlap_begun(&vol->overlap)))
		mark_overlap(vol, rec);
	if (fault == FAMFS_FAULT_NONE)
		fault = insert(vol, index, rec, implied, why);
	if (fault != FAMFS_FAULT_NONE || !overlap)
		return fault;
	/* The file stays visible, since it is unknown which of the two is right. */
	explain_overlap(vol, index, rec, why);
	return FAMFS_FAULT_OVERLAP;
}

/* A retired entry only keeps its space from being allocated. The space is not marked as used,
 * since damage may have made the entry name the space of another file. */
static void apply_invalid(struct famfs_volume *vol, const struct record *rec)
{
	for (uint32_t i = 0; i < rec->fmap.nextents; i++) {
		const struct famfs_extent *ext = &rec->fmap.extents[i];

		if (ext->daxdev == 0)
			allocator_hold(&vol->alloc, ext->offset / OMF_ALLOC_UNIT,
				       ext->length / OMF_ALLOC_UNIT);
	}
}

/* Applies a record that was decoded without a fault, or with one that leaves its extents valid. */
static enum famfs_fault apply(struct famfs_volume *vol, uint64_t index, const struct record *rec,
			      enum famfs_fault fault, bool *implied, struct fault_text *why)
{
	switch (rec->type) {
	case OMF_FILE: return apply_file(vol, index, rec, fault, implied, why);
	case OMF_MKDIR: return fault ? fault : insert(vol, index, rec, implied, why);
	case OMF_ADD_DAXDEV: return fault ? fault : add_daxdev(vol, rec, why);
	case OMF_INVALID: apply_invalid(vol, rec); return fault;
	case OMF_DELETE: break;
	}
	return fault;
}

static enum famfs_fault apply_entry(struct famfs_volume *vol, const struct omf_entry *raw,
				    uint64_t index)
{
	struct fault_text why;
	struct record rec;
	bool implied = false;
	struct record_limits limits = volume_limits(vol);
	enum famfs_fault fault = record_decode(raw, index, &limits, &rec, &why);

	if (fault == FAMFS_FAULT_NONE || fault == FAMFS_FAULT_PATH || fault == FAMFS_FAULT_MODE)
		fault = apply(vol, index, &rec, fault, &implied, &why);
	note_fault(vol, index, fault, why.text);
	torn_note(vol, index, fault);
	if (vol->observer)
		vol->observer(vol->observer_arg, index, raw, fault, &rec, implied, why.text);
	return fault;
}

void replay_record(struct famfs_volume *vol, uint64_t index, const struct record *rec)
{
	struct fault_text why;
	bool implied = false;
	enum famfs_fault fault = apply(vol, index, rec, FAMFS_FAULT_NONE, &implied, &why);

	note_fault(vol, index, fault, why.text);
	torn_note(vol, index, fault);
	__atomic_store_n(&vol->applied, index + 1, __ATOMIC_RELEASE);
	__atomic_store_n(&vol->followed, index + 1, __ATOMIC_RELEASE);
}

/* Whether the entry, which is or was the last published one, is torn and should be given more
 * time. */
static bool may_be_on_its_way(struct famfs_volume *vol, const struct omf_entry *raw, uint64_t index)
{
	if (entry_is_whole(raw, index))
		return false;
	if (vol->suspect != index) {
		vol->suspect = index;
		vol->suspect_since = now_ns();
		return true;
	}
	return now_ns() - vol->suspect_since < MOMENT_NS;
}

/* If the header is damaged, the log ends at the first torn entry. */
static bool ends_here(const struct famfs_volume *vol, const struct omf_entry *raw, uint64_t index,
		      uint64_t published)
{
	return published > vol->log.capacity && !entry_is_whole(raw, index);
}

/* In a large log every lookup of a name misses the caches, so prefetch while other entries are
 * applied. In a small log that would only cost time. */
static void look_ahead(const struct famfs_volume *vol, const struct omf_entry *raw)
{
	const char *path = le32_get(raw->type) == OMF_MKDIR ? raw->mkdir.path : raw->file.path;

	namespace_prefetch(vol->ns, path, strnlen(path, OMF_PATH_SIZE - 1));
}

/* Applies a batch; returns the number of entries that were applied. */
static uint64_t apply_batch(struct famfs_volume *vol, uint64_t first, uint64_t count,
			    uint64_t published)
{
	for (uint64_t i = 0; i < count; i++) {
		const struct omf_entry *raw = &vol->batch[i];
		uint64_t index = first + i;

		/* The writer may have published more since. */
		if ((index + 1 == published || index == vol->suspect) &&
		    may_be_on_its_way(vol, raw, index))
			return i;
		if (ends_here(vol, raw, index, published))
			return i;
		if (i + LOOK_AHEAD < count && vol->log.capacity > SMALL_LOG)
			look_ahead(vol, raw + LOOK_AHEAD);
		apply_entry(vol, raw, index);
	}
	return count;
}

static void note_header(struct famfs_volume *vol, const char *text)
{
	if (vol->header_fault[0])
		return;
	snprintf(vol->header_fault, sizeof(vol->header_fault), "%.150s", text);
	vol->index_out_of_range = true;
	volume_log(vol, LOG_WARNING, "'%s': log header: %s", vol->dev->path, vol->header_fault);
}

/* The number of entries: next_index, or next_seqnum if next_index is out of range. */
static uint64_t published_in(struct famfs_volume *vol, const struct log_state *state)
{
	struct fault_text why;

	if (log_index_check(state->next_index, vol->log.length, &why) == FAMFS_FAULT_NONE) {
		if (vol->index_out_of_range)
			vol->header_fault[0] = '\0';
		vol->index_out_of_range = false;
		return state->next_index;
	}
	note_header(vol, why.text);
	return state->next_seqnum <= vol->log.capacity ? state->next_seqnum : state->next_index;
}

static int replay_to(struct famfs_volume *vol, uint64_t published, struct famfs_error *err)
{
	uint64_t end = published < vol->log.capacity ? published : vol->log.capacity;

	while (vol->applied < end) {
		uint64_t count = end - vol->applied, done;
		int ret;

		if (count > REPLAY_BATCH)
			count = REPLAY_BATCH;
		ret = log_read(&vol->log, vol->applied, count, vol->batch);
		if (ret < 0)
			return device_failed(vol->dev, ret, "cannot read the log of", err);
		done = apply_batch(vol, vol->applied, count, published);
		__atomic_store_n(&vol->applied, vol->applied + done, __ATOMIC_RELEASE);
		if (done < count)
			break;
	}
	return 0;
}

int replay(struct famfs_volume *vol, struct famfs_error *err)
{
	struct log_state state;
	uint64_t published;
	int ret = log_load(&vol->log, &state);

	if (ret < 0)
		return device_failed(vol->dev, ret, "cannot read the log of", err);
	published = published_in(vol, &state);
	torn_cut(vol, published);
	if (published > vol->applied)
		ret = replay_to(vol, published, err);
	/* If no entry has to be read again, there is nothing to do until the index changes,
	 * valid or not. */
	if (ret == 0 && vol->suspect != vol->applied)
		__atomic_store_n(&vol->followed, state.next_index, __ATOMIC_RELEASE);
	return ret;
}

int replay_all(struct famfs_volume *vol, struct famfs_error *err)
{
	const struct timespec pause = { 0, 1000000 };
	int ret = replay(vol, err);

	while (ret == 0 && vol->suspect == vol->applied &&
	       now_ns() - vol->suspect_since < MOMENT_NS + MOMENT_NS / 2) {
		nanosleep(&pause, NULL);
		ret = replay(vol, err);
	}
	return ret;
}
