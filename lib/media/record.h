/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log records: encode, decode, and judge a copy of a log entry. No I/O.
 *
 * A medium is hostile: record_decode() checks every field that stands alone, and record_check()
 * what depends on the device. What depends on other entries (overlaps, parents, duplicates) is
 * the caller's.
 */
#ifndef MEDIA_RECORD_H
#define MEDIA_RECORD_H

#include "famfs.h"

#include "media/format.h"

/* What is wrong with an entry. fsck prints the names; see fault_name(). */
enum fault {
	FAULT_NONE,
	FAULT_CRC,
	FAULT_SEQNUM,
	FAULT_TYPE,
	FAULT_PATH,
	FAULT_MODE,
	FAULT_SIZE,   /* larger than its map */
	FAULT_MAP,    /* map type, number of extents or strips, chunk size */
	FAULT_ALIGN,  /* extent not in whole allocation units */
	FAULT_EXTENT, /* outside the device, or on the metadata */
	FAULT_DAXDEV, /* unknown device index, or a bad device entry */
	FAULT_OVERLAP,
	FAULT_DUPLICATE,
	FAULT_PARENT,
};

/* Whether no whole entry is there: it was torn, or never written. All other faults are about what a
 * whole one says. */
static inline bool fault_is_torn(enum fault fault)
{
	return fault == FAULT_CRC || fault == FAULT_SEQNUM;
}

/* The stable word for a fault: "crc", "seqnum", ... */
const char *fault_name(enum fault fault);

struct record {
	enum omf_entry_type type;
	uint32_t uid;
	uint32_t gid;
	uint32_t mode; /* permission bits */
	/* FILE, MKDIR: normalised and NUL-terminated; "" is the root, or no path. After FAULT_PATH
	 * as it is recorded, "" if it has no end. */
	char path[OMF_PATH_SIZE];
	uint32_t path_length;
	/* As it is recorded; set by record_decode(), and points into the raw entry. */
	const char *recorded;
	uint32_t recorded_length;
	/* FILE; of INVALID entries only the extents, space that no file may use. */
	struct famfs_fmap map;
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

/* Room for a sentence about a fault. */
struct fault_text {
	char text[200]; /* room for two paths */
};

/*
 * Decodes entry `index` from a private copy. Only the fields of its type are set, and of the map
 * only the extents that count. `why` may be NULL; it is filled when a fault is returned. After
 * FAULT_PATH and FAULT_MODE the record is decoded otherwise, and its extents are to be believed.
 *
 * The path may be recorded in any form, see media/path.h: FAULT_PATH is one that is empty, has no
 * end, or climbs above the root.
 */
enum fault record_decode(const struct omf_entry *raw, uint64_t index, struct record *rec,
			 struct fault_text *why);

/* Checks the extents of a decoded FILE (or INVALID) against the devices. */
enum fault record_check(const struct record *rec, const struct record_limits *limits,
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
