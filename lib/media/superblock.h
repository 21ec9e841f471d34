/* SPDX-License-Identifier: Apache-2.0 */
/* The superblock and the log header: encode, decode, judge a copy. No I/O. */
#ifndef MEDIA_SUPERBLOCK_H
#define MEDIA_SUPERBLOCK_H

#include "famfs.h"

#include "media/format.h"

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

/* Zeroes what it does not know, so that equal superblocks have equal bytes. */
void superblock_encode(struct omf_super *raw, const struct superblock *sb);

/* Makes the CRC right. */
void superblock_seal(struct omf_super *raw);

/*
 * Judges and decodes a copy. `device_size` is what is really there, 0 when unknown.
 * -EMEDIUMTYPE: no famfs magic. -ENOTSUP: another version. -EUCLEAN: damaged. The message is a
 * fact without an object, such as "superblock CRC is 0x1, expected 0x2".
 */
int superblock_decode(const struct omf_super *raw, uint64_t device_size, struct superblock *sb,
		      struct famfs_error *err);

/* The header of an empty log of `length` bytes. */
void log_header_encode(struct omf_log_header *raw, uint64_t length);

/* Judges the part of the header that never changes. -EUCLEAN. */
int log_header_check(const struct omf_log_header *raw, uint64_t length, struct famfs_error *err);

/* Log length that mkfs picks: 8 MiB, doubling with the device from 64 GiB on, up to 256 MiB. */
uint64_t log_length_default(uint64_t device_size);

#endif
