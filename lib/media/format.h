/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The famfs on-media format (OMF) 2.2, byte for byte. docs/FORMAT.md describes it.
 *
 *   device offset   size      content
 *   0               2 MiB     superblock; only the first 200 bytes are used
 *   2 MiB           log_len   metadata log: header, then entries
 *   2 MiB+log_len   rest      file data, in allocation units of 2 MiB
 *
 * All integers are little-endian with natural alignment. Padding and unused bytes of a union are
 * zero: the CRCs cover them.
 */
#ifndef MEDIA_FORMAT_H
#define MEDIA_FORMAT_H

#include "base/le.h"

#include <stdbool.h>
#include <stddef.h>

#define OMF_SUPER_MAGIC      UINT64_C(0x87b282ff)
#define OMF_SUPER_VERSION    48
#define OMF_MAJOR            2
#define OMF_MINOR            2
#define OMF_LOG_OFFSET       UINT64_C(0x200000)
#define OMF_LOG_LENGTH_MIN   UINT64_C(0x800000)
#define OMF_LOG_LENGTH_MAX   UINT64_C(0x400000000) /* ours: node numbers have 32 bits */
#define OMF_DEVICE_MAX       (UINT64_C(1) << 56)   /* ours: sums of 16 extents have 64 bits */
#define OMF_ALLOC_UNIT       UINT64_C(0x200000)
#define OMF_ALLOC_UNIT_SMALL 4096 /* recorded by the reference; same allocation as 2 MiB */
#define OMF_LOG_MAGIC        UINT64_C(0xbadcafef00d)

#define OMF_PATH_SIZE   80 /* with its NUL */
#define OMF_MAX_EXTENTS 16
#define OMF_MAX_DAXDEVS 64
#define OMF_MAX_PUBLISH 1 /* entries by which an interrupted append leaves next_seqnum ahead */
#define OMF_FLAG_ALL_RW 2 /* fm_flags as every writer sets them; nothing reads them */
#define OMF_MODE_BITS   07777
#define OMF_CACHE_LINE  64
#define OMF_NAME_SIZE   64
#define OMF_UUID_SIZE   16

struct omf_super {
	le64 magic;
	le64 version;
	le64 log_offset;
	le64 log_length;
	le64 alloc_unit;
	le32 major;
	le32 minor;
	uint8_t uuid[OMF_UUID_SIZE];
	uint8_t dev_uuid[OMF_UUID_SIZE];
	uint8_t system_uuid[OMF_UUID_SIZE];
	le64 crc; /* over the 96 bytes before it, zero-extended */
	le32 flags;
	le32 padding;
	le64 device_size; /* outside the CRC */
	uint8_t daxdev_uuid[OMF_UUID_SIZE];
	char daxdev_name[OMF_NAME_SIZE]; /* may lack a NUL */
};

struct omf_log_header {
	le64 magic;
	le64 length;
	le64 last_index; /* inclusive */
	le64 crc;        /* over the 24 bytes before it */
	le64 next_seqnum;
	le64 next_index;
};

enum omf_entry_type {
	OMF_FILE = 0,
	OMF_MKDIR = 1,
	OMF_DELETE = 2, /* reserved; its fields are not defined */
	OMF_ADD_DAXDEV = 3,
	OMF_INVALID = 4, /* an unused slot */
};

enum omf_map_type {
	OMF_SIMPLE = 0,
	OMF_INTERLEAVE = 1,
};

struct omf_extent {
	le64 daxdev;
	le64 offset;
	le64 length;
};

struct omf_file {
	le64 size;
	le32 flags;
	le32 uid;
	le32 gid;
	le32 mode;
	char path[OMF_PATH_SIZE];
	le32 map_type;
	le32 padding1;
	le32 count; /* simple: extents; interleaved: 1 */
	le32 padding2;
	union {
		struct omf_extent simple[OMF_MAX_EXTENTS];
		struct {
			le64 nstrips;
			le64 chunk_size;
			struct omf_extent strips[OMF_MAX_EXTENTS];
		} interleave;
	};
};

struct omf_mkdir {
	le32 uid;
	le32 gid;
	le32 mode;
	char path[OMF_PATH_SIZE];
};

struct omf_daxdev {
	le64 size;
	uint8_t uuid[OMF_UUID_SIZE];
	le32 index;
};

struct omf_entry {
	le64 seqnum; /* equal to the entry's index */
	le32 type;
	le32 padding;
	union {
		struct omf_file file;
		struct omf_mkdir mkdir;
		struct omf_daxdev daxdev;
		uint8_t payload[520];
	};
	le64 crc; /* over the 536 bytes before it */
};

#define OMF_SUPER_CRC_BYTES  offsetof(struct omf_super, crc)
#define OMF_HEADER_CRC_BYTES offsetof(struct omf_log_header, crc)
#define OMF_ENTRY_CRC_BYTES  offsetof(struct omf_entry, crc)

_Static_assert(sizeof(struct omf_super) == 200, "superblock");
_Static_assert(OMF_SUPER_CRC_BYTES == 96, "superblock CRC");
_Static_assert(offsetof(struct omf_super, device_size) == 112, "dd_size");
_Static_assert(offsetof(struct omf_super, daxdev_name) == 136, "dd_daxdev");
_Static_assert(sizeof(struct omf_log_header) == 48, "log header");
_Static_assert(offsetof(struct omf_log_header, next_seqnum) == 32, "next_seqnum");
_Static_assert(sizeof(struct omf_entry) == 544, "log entry");
_Static_assert(OMF_ENTRY_CRC_BYTES == 536, "log entry CRC");
_Static_assert(offsetof(struct omf_entry, file.path) == 40, "fm_relpath");
_Static_assert(offsetof(struct omf_entry, file.map_type) == 120, "fmap_ext_type");
_Static_assert(offsetof(struct omf_entry, file.count) == 128, "fmap_nextents");
_Static_assert(offsetof(struct omf_entry, file.simple) == 136, "simple extents");
_Static_assert(offsetof(struct omf_entry, file.interleave.strips) == 152, "strips");
_Static_assert(offsetof(struct omf_entry, mkdir.path) == 28, "md_relpath");
_Static_assert(offsetof(struct omf_entry, daxdev.index) == 40, "dd_index");

/* Device offset of entry `index`. */
static inline uint64_t omf_entry_offset(uint64_t index)
{
	return OMF_LOG_OFFSET + sizeof(struct omf_log_header) + index * sizeof(struct omf_entry);
}

/* How many entries a log of `length` bytes holds. */
static inline uint64_t omf_log_capacity(uint64_t length)
{
	return (length - sizeof(struct omf_log_header)) / sizeof(struct omf_entry);
}

/* For lengths of logs and sizes of chunks. */
static inline bool omf_is_power_of_two(uint64_t value, uint64_t least)
{
	return value >= least && (value & (value - 1)) == 0;
}

static inline uint64_t omf_round_up(uint64_t bytes)
{
	return (bytes + OMF_ALLOC_UNIT - 1) & ~(OMF_ALLOC_UNIT - 1);
}

#endif
