/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log records: encode, decode, and check a copy of a log entry. No I/O.
 *
 * A medium may be hostile: record_decode() checks every field against the entry and the devices.
 * The caller checks what depends on other entries: overlaps, parents, duplicates.
 */
#ifndef MEDIA_RECORD_H
#define MEDIA_RECORD_H

#include "famfs.h"

#include "media/format.h"

/* Whether the fault means that the entry is not whole: it was torn, or never written. All other
 * faults are about the contents of a whole entry. */
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
	 * FAMFS_FAULT_PATH it is the recorded path, or "" if that has no NUL. */
	char path[OMF_PATH_SIZE];
	uint32_t path_length;
	/* The path as recorded. Set by record_decode(); points into the raw entry. */
	const char *recorded;
	uint32_t recorded_length;
	/* FILE; INVALID: only the extents, whose space no file may use. */
	struct famfs_fmap fmap;
	/* ADD_DAXDEV */
	uint32_t daxdev_index;
	uint64_t daxdev_size;
	uint8_t daxdev_uuid[OMF_UUID_SIZE];
};

/* For writers: sets the path, which must be normalised and at most 79 bytes long. */
void record_set_path(struct record *rec, const char *path);

/* The devices that extents may be on, and the offset of file data on device 0. */
struct record_limits {
	uint64_t data_offset;
	uint32_t ndaxdevs;
	const uint64_t *daxdev_sizes; /* usable bytes */
};

/* Explains a fault. */
struct fault_text {
	int code;       /* negative errno: -EUCLEAN; others for superblocks */
	char text[200]; /* a sentence; room for two paths */
};

/*
 * Decodes entry `index` from a private copy, and checks it. Sets only the fields of its type. If
 * `limits` is NULL, does not check the extents, nor whether the file fits in them. `why` may be
 * NULL; it is set if a fault is returned.
 *
 * The map and the extents are checked before path and mode: after FAMFS_FAULT_PATH and
 * FAMFS_FAULT_MODE the rest of the record is decoded, and its extents are valid. After other faults
 * the caller must not use the extents. An INVALID entry with a fault in its extents gets none.
 *
 * The path may be recorded in any form, see media/path.h. FAMFS_FAULT_PATH means that it is empty,
 * has no NUL, or climbs above the root.
 */
enum famfs_fault record_decode(const struct omf_entry *raw, uint64_t index,
			       const struct record_limits *limits, struct record *rec,
			       struct fault_text *why);

/* Whether this is a whole entry `index`, see fault_is_torn(). */
bool entry_is_whole(const struct omf_entry *raw, uint64_t index);

/* The extents of a simple map, or the strips of an interleaved one. */
static inline const struct omf_extent *file_extents(const struct omf_file *raw)
{
	return le32_get(raw->map_type) == OMF_INTERLEAVE ? raw->interleave.strips : raw->simple;
}

/* Reads a map as recorded, without checks. Sets no extents if their number is invalid. */
void map_read(const struct omf_file *raw, struct famfs_fmap *fmap);

/* Like map_read(), and checks the type, the numbers and the chunk size; not the extents. On a fault
 * there are none. */
enum famfs_fault map_decode(const struct omf_entry *raw, struct famfs_fmap *fmap,
			    struct fault_text *why);

enum famfs_fault extent_check(const struct omf_extent *raw, const struct record_limits *limits,
			      struct fault_text *why);

/* The same for the first `count` extents, up to the first fault. */
enum famfs_fault extents_check(const struct omf_file *raw, uint32_t count,
			       const struct record_limits *limits, struct fault_text *why);

/* Device bytes that the extents occupy. */
static inline uint64_t fmap_allocated(const struct famfs_fmap *fmap)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < fmap->nextents; i++)
		bytes += fmap->extents[i].length;
	return bytes;
}

/* Writes all 544 bytes of entry `index`. The record must be valid, since this does not check it. */
void record_encode(struct omf_entry *raw, const struct record *rec, uint64_t index);

/* Clears all but the permission bits in the mode of a FILE or MKDIR entry. */
void record_mend_mode(struct omf_entry *raw);

/*
 * Replaces a damaged entry by an INVALID one, which every reader ignores. It keeps the extents of
 * `raw` that are within `limits`, so that their space stays unused.
 */
void record_retire(struct omf_entry *raw, uint64_t index, const struct record_limits *limits);

/* Device bytes of one strip of an interleaved file: whole stripes. */
uint64_t interleave_strip_length(uint64_t size, uint32_t nstrips, uint64_t chunk_size);

#endif
