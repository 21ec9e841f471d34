/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log records: encode, decode, and check a copy of a log entry. No I/O.
 *
 * A medium is hostile: record_decode() checks every field, by the entry and by the devices. What
 * depends on other entries (overlaps, parents, duplicates) is the caller's.
 */
#ifndef MEDIA_RECORD_H
#define MEDIA_RECORD_H

#include "famfs.h"

#include "media/format.h"

/* Whether no whole entry is there: it was torn, or never written. All other faults are about what a
 * whole one says. */
static inline bool fault_is_torn(enum famfs_fault fault)
{
	return fault == FAMFS_FAULT_CRC || fault == FAMFS_FAULT_SEQNUM;
}

struct record {
	enum omf_entry_type type;
	uint32_t uid;
	uint32_t gid;
	uint32_t mode; /* permission bits */
	/* FILE, MKDIR: normalised and NUL-terminated; "" is the root, or no path. After
	 * FAMFS_FAULT_PATH as it is recorded, "" if it has no end. */
	char path[OMF_PATH_SIZE];
	uint32_t path_length;
	/* As it is recorded; set by record_decode(), and points into the raw entry. */
	const char *recorded;
	uint32_t recorded_length;
	/* FILE; of INVALID entries only the extents, space that no file may use. */
	struct famfs_fmap fmap;
	/* ADD_DAXDEV */
	uint32_t daxdev_index;
	uint64_t daxdev_size;
	uint8_t daxdev_uuid[OMF_UUID_SIZE];
};

/* For a writer: sets the path, which is normalised and at most 79 bytes long. */
void record_set_path(struct record *rec, const char *path);

/* The devices that extents may lie on, and where on device 0 file data begins. */
struct record_limits {
	uint64_t data_offset;
	uint32_t ndaxdevs;
	const uint64_t *daxdev_sizes; /* usable bytes */
};

/* About a fault. */
struct fault_text {
	int code;       /* negative errno: -EUCLEAN, and of superblocks also others */
	char text[200]; /* a sentence; room for two paths */
};

/*
 * Decodes entry `index` from a private copy, and checks it. Only the fields of its type are set.
 * `limits` NULL: the extents are not checked, nor whether the file fits in them. `why` may be NULL;
 * it is filled when a fault is returned.
 *
 * The map and the extents come before path and mode: after FAMFS_FAULT_PATH and FAMFS_FAULT_MODE
 * the record is decoded otherwise, and its extents are to be believed. After other faults it has
 * no extents, or such as are not to be used. Of an INVALID entry with a fault in its extents none
 * are left.
 *
 * The path may be recorded in any form, see media/path.h: FAMFS_FAULT_PATH is one that is empty,
 * has no end, or climbs above the root.
 */
enum famfs_fault record_decode(const struct omf_entry *raw, uint64_t index,
			       const struct record_limits *limits, struct record *rec,
			       struct fault_text *why);

/* Whether a whole entry `index` is there, see fault_is_torn(). */
bool entry_is_whole(const struct omf_entry *raw, uint64_t index);

/* Where the extents of a map, or the strips, are. */
static inline const struct omf_extent *file_extents(const struct omf_file *raw)
{
	return le32_get(raw->map_type) == OMF_INTERLEAVE ? raw->interleave.strips : raw->simple;
}

/* Reads a map as it is recorded. No extents when their number cannot be. */
void map_read(const struct omf_file *raw, struct famfs_fmap *fmap);

/* The same for a map whose type, numbers and chunk size are sound; its extents are not checked. */
enum famfs_fault map_decode(const struct omf_entry *raw, struct famfs_fmap *fmap,
			    struct fault_text *why);

enum famfs_fault extent_check(const struct omf_extent *raw, const struct record_limits *limits,
			      struct fault_text *why);

/* Writes all 544 bytes of entry `index`. The record must be valid: this is for our own. */
void record_encode(struct omf_entry *raw, const struct record *rec, uint64_t index);

/* Drops what the mode of a FILE or MKDIR entry has beside permission bits, and keeps all else. */
void record_mend_mode(struct omf_entry *raw);

/*
 * The entry that repair puts in the place of a damaged one: valid, ignored by every reader, but
 * keeping the extents that `raw` seems to name and that pass `limits`, so that their space stays
 * unused.
 */
void record_retire(struct omf_entry *raw, uint64_t index, const struct record_limits *limits);

/* Device bytes of one strip of an interleaved file: whole stripes. */
uint64_t interleave_strip_length(uint64_t size, uint32_t nstrips, uint64_t chunk_size);

#endif
