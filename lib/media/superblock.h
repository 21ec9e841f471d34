/* SPDX-License-Identifier: Apache-2.0 */
/* The superblock and the log header: encode, decode, check a copy. No I/O. */
#ifndef MEDIA_SUPERBLOCK_H
#define MEDIA_SUPERBLOCK_H

#include "famfs.h"

#include "media/record.h"

struct superblock {
	uint64_t version;
	uint64_t log_length;
	uint64_t alloc_unit;
	uint32_t major;
	uint32_t minor;
	uint8_t uuid[OMF_UUID_SIZE];
	uint8_t dev_uuid[OMF_UUID_SIZE];
	uint8_t system_uuid[OMF_UUID_SIZE];
	uint64_t recorded_size;
	char name[OMF_NAME_SIZE + 1];
};

/* Zeros all other bytes, so that equal superblocks have equal bytes. */
void superblock_encode(struct omf_super *raw, const struct superblock *sb);

/* Computes and stores the CRC. */
void superblock_seal(struct omf_super *raw);

/*
 * Checks and decodes a copy. `device_size` is the real size, 0 if unknown. -EMEDIUMTYPE: no famfs
 * magic. -ENOTSUP: another version. -EUCLEAN: damaged. The message is a fact without an object,
 * such as "superblock CRC is 0x1, expected 0x2".
 */
int superblock_decode(const struct omf_super *raw, uint64_t device_size, struct superblock *sb,
		      struct famfs_error *err);

/* Only checks. `why` may be NULL in this and the following functions. */
enum famfs_fault superblock_check(const struct omf_super *raw, uint64_t device_size,
				  struct fault_text *why);

/* Returns FAMFS_FAULT_CAPACITY if the superblock, which is valid otherwise, does not record the
 * real size of the device. */
enum famfs_fault superblock_check_size(uint64_t recorded, uint64_t device_size,
				       struct fault_text *why);

/* Whether a log may have this length, on a device that is large enough. */
bool log_length_is_valid(uint64_t length);

/* The header of an empty log of `length` bytes. */
void log_header_encode(struct omf_log_header *raw, uint64_t length);

/* Checks the part of the header that never changes, of a log of `length` bytes. */
enum famfs_fault log_header_check(const struct omf_log_header *raw, uint64_t length,
				  struct fault_text *why);

/* Checks the next index of a log of `length` bytes. */
enum famfs_fault log_index_check(uint64_t next_index, uint64_t length, struct fault_text *why);

/* Checks the counters: first the next index, then whether next_seqnum is equal to it, or ahead
 * of it by an interrupted publish. */
enum famfs_fault log_counters_check(const struct omf_log_header *raw, uint64_t length,
				    struct fault_text *why);

/* Log length that mkfs picks: 8 MiB, doubling with the device from 64 GiB on, up to 256 MiB. */
uint64_t log_length_default(uint64_t device_size);

#endif
