/* SPDX-License-Identifier: Apache-2.0 */
#include "media/superblock.h"

#include "base/crc.h"
#include "base/error.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

void superblock_seal(struct omf_super *raw)
{
	raw->crc = le64_make(crc32_of(raw, OMF_SUPER_CRC_BYTES));
}

void superblock_encode(struct omf_super *raw, const struct superblock *sb)
{
	memset(raw, 0, sizeof(*raw));
	raw->magic = le64_make(OMF_SUPER_MAGIC);
	raw->version = le64_make(sb->version);
	raw->log_offset = le64_make(OMF_LOG_OFFSET);
	raw->log_length = le64_make(sb->log_length);
	raw->alloc_unit = le64_make(sb->alloc_unit);
	raw->major = le32_make(sb->major);
	raw->minor = le32_make(sb->minor);
	memcpy(raw->uuid, sb->uuid, sizeof(raw->uuid));
	memcpy(raw->dev_uuid, sb->dev_uuid, sizeof(raw->dev_uuid));
	memcpy(raw->system_uuid, sb->system_uuid, sizeof(raw->system_uuid));
	superblock_seal(raw);
	raw->device_size = le64_make(sb->recorded_size);
	memcpy(raw->daxdev_name, sb->name, strnlen(sb->name, sizeof(raw->daxdev_name)));
}

static int check_log_length(uint64_t length, uint64_t size, struct famfs_error *err)
{
	if (length < OMF_LOG_LENGTH_MIN || (length & (length - 1)))
		return error_set(err, -EUCLEAN,
				 "log length %" PRIu64 " is not a power of two from 8 MiB", length);
	if (size < OMF_LOG_OFFSET || length > size - OMF_LOG_OFFSET)
		return error_set(err, -EUCLEAN,
				 "log of %" PRIu64 " bytes does not fit the device of %" PRIu64
				 " bytes",
				 length, size);
	if (length > OMF_LOG_LENGTH_MAX)
		return error_set(err, -ENOTSUP,
				 "log of %" PRIu64 " bytes is larger than %" PRIu64
				 ", the most that this program handles",
				 length, OMF_LOG_LENGTH_MAX);
	return 0;
}

static int check_identity(const struct omf_super *raw, struct famfs_error *err)
{
	uint64_t version = le64_get(raw->version);
	uint64_t crc = crc32_of(raw, OMF_SUPER_CRC_BYTES);

	if (le64_get(raw->magic) != OMF_SUPER_MAGIC)
		return error_set(err, -EMEDIUMTYPE, "no famfs superblock");
	if (version != OMF_SUPER_VERSION)
		return error_set(err, -ENOTSUP,
				 "superblock version is %" PRIu64 ", this program knows %d",
				 version, OMF_SUPER_VERSION);
	if (le64_get(raw->crc) != crc)
		return error_set(err, -EUCLEAN,
				 "superblock CRC is %#" PRIx64 ", expected %#" PRIx64,
				 le64_get(raw->crc), crc);
	if (le32_get(raw->major) != OMF_MAJOR)
		return error_set(err, -ENOTSUP, "media format is %u.%u, this program knows %d.x",
				 le32_get(raw->major), le32_get(raw->minor), OMF_MAJOR);
	return 0;
}

int superblock_decode(const struct omf_super *raw, uint64_t device_size, struct superblock *sb,
		      struct famfs_error *err)
{
	uint64_t recorded = le64_get(raw->device_size), unit = le64_get(raw->alloc_unit);
	/* The recorded size is outside the CRC: what is really there says more. */
	uint64_t size = device_size ? device_size : recorded;
	int ret = check_identity(raw, err);

	if (ret < 0)
		return ret;
	if (le64_get(raw->log_offset) != OMF_LOG_OFFSET)
		return error_set(err, -EUCLEAN, "log offset is %#" PRIx64 ", expected %#" PRIx64,
				 le64_get(raw->log_offset), OMF_LOG_OFFSET);
	if (unit != OMF_ALLOC_UNIT && unit != 4096)
		return error_set(err, -EUCLEAN,
				 "allocation unit is %" PRIu64 ", expected 2 MiB or 4 KiB", unit);
	ret = check_log_length(le64_get(raw->log_length), size, err);
	if (ret < 0)
		return ret;

	memset(sb, 0, sizeof(*sb));
	sb->version = le64_get(raw->version);
	sb->log_length = le64_get(raw->log_length);
	sb->alloc_unit = unit;
	sb->major = le32_get(raw->major);
	sb->minor = le32_get(raw->minor);
	memcpy(sb->uuid, raw->uuid, sizeof(sb->uuid));
	memcpy(sb->dev_uuid, raw->dev_uuid, sizeof(sb->dev_uuid));
	memcpy(sb->system_uuid, raw->system_uuid, sizeof(sb->system_uuid));
	sb->recorded_size = recorded;
	memcpy(sb->name, raw->daxdev_name, sizeof(raw->daxdev_name));
	return 0;
}

void log_header_encode(struct omf_log_header *raw, uint64_t length)
{
	memset(raw, 0, sizeof(*raw));
	raw->magic = le64_make(OMF_LOG_MAGIC);
	raw->length = le64_make(length);
	raw->last_index = le64_make(omf_log_capacity(length) - 1);
	raw->crc = le64_make(crc32_of(raw, OMF_HEADER_CRC_BYTES));
}

int log_header_check(const struct omf_log_header *raw, uint64_t length, struct famfs_error *err)
{
	uint64_t crc = crc32_of(raw, OMF_HEADER_CRC_BYTES);

	if (le64_get(raw->magic) != OMF_LOG_MAGIC)
		return error_set(err, -EUCLEAN, "log header magic is %#" PRIx64,
				 le64_get(raw->magic));
	if (le64_get(raw->crc) != crc)
		return error_set(err, -EUCLEAN,
				 "log header CRC is %#" PRIx64 ", expected %#" PRIx64,
				 le64_get(raw->crc), crc);
	if (le64_get(raw->length) != length)
		return error_set(err, -EUCLEAN,
				 "log header says %" PRIu64 " bytes, the superblock %" PRIu64,
				 le64_get(raw->length), length);
	if (le64_get(raw->last_index) != omf_log_capacity(length) - 1)
		return error_set(err, -EUCLEAN, "last log index is %" PRIu64 ", expected %" PRIu64,
				 le64_get(raw->last_index), omf_log_capacity(length) - 1);
	return 0;
}

uint64_t log_length_default(uint64_t device_size)
{
	const uint64_t most = UINT64_C(256) << 20;
	uint64_t length = OMF_LOG_LENGTH_MIN;

	for (uint64_t size = UINT64_C(64) << 30; size <= device_size && length < most; size <<= 1)
		length <<= 1;
	return length;
}
