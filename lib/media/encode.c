/* SPDX-License-Identifier: Apache-2.0 */
/* Encodes structures. Padding and unknown fields are zero, so that equal contents have equal
 * bytes. */
#include "base/crc.h"
#include "media/record.h"
#include "media/superblock.h"

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

void log_header_encode(struct omf_log_header *raw, uint64_t length)
{
	memset(raw, 0, sizeof(*raw));
	raw->magic = le64_make(OMF_LOG_MAGIC);
	raw->length = le64_make(length);
	raw->last_index = le64_make(omf_log_capacity(length) - 1);
	raw->crc = le64_make(crc32_of(raw, OMF_HEADER_CRC_BYTES));
}

uint64_t log_length_default(uint64_t device_size)
{
	const uint64_t most = UINT64_C(256) << 20;
	uint64_t length = OMF_LOG_LENGTH_MIN;

	for (uint64_t size = UINT64_C(64) << 30; size <= device_size && length < most; size <<= 1)
		length <<= 1;
	return length;
}

void record_set_path(struct record *rec, const char *path)
{
	size_t length = strnlen(path, OMF_PATH_SIZE - 1);

	memcpy(rec->path, path, length);
	rec->path[length] = '\0';
	rec->path_length = (uint32_t)length;
}

static void encode_extents(struct omf_extent *raw, const struct famfs_fmap *fmap)
{
	for (uint32_t i = 0; i < fmap->nextents; i++) {
		raw[i].daxdev = le64_make(fmap->extents[i].daxdev);
		raw[i].offset = le64_make(fmap->extents[i].offset);
		raw[i].length = le64_make(fmap->extents[i].length);
	}
}

static void encode_map(struct omf_file *raw, const struct famfs_fmap *fmap)
{
	if (fmap->type == FAMFS_FMAP_SIMPLE) {
		raw->map_type = le32_make(OMF_SIMPLE);
		raw->count = le32_make(fmap->nextents);
		encode_extents(raw->simple, fmap);
		return;
	}
	raw->map_type = le32_make(OMF_INTERLEAVE);
	raw->count = le32_make(1);
	raw->interleave.nstrips = le64_make(fmap->nextents);
	raw->interleave.chunk_size = le64_make(fmap->chunk_size);
	encode_extents(raw->interleave.strips, fmap);
}

static void encode_file(struct omf_file *raw, const struct record *rec)
{
	raw->size = le64_make(rec->fmap.size);
	raw->flags = le32_make(OMF_FLAG_ALL_RW);
	raw->uid = le32_make(rec->uid);
	raw->gid = le32_make(rec->gid);
	raw->mode = le32_make(rec->mode);
	memcpy(raw->path, rec->path, rec->path_length);
	encode_map(raw, &rec->fmap);
}

void record_encode(struct omf_entry *raw, const struct record *rec, uint64_t index)
{
	memset(raw, 0, sizeof(*raw));
	raw->seqnum = le64_make(index);
	raw->type = le32_make(rec->type);
	switch (rec->type) {
	case OMF_FILE: encode_file(&raw->file, rec); break;
	case OMF_MKDIR:
		raw->mkdir.uid = le32_make(rec->uid);
		raw->mkdir.gid = le32_make(rec->gid);
		raw->mkdir.mode = le32_make(rec->mode);
		memcpy(raw->mkdir.path, rec->path, rec->path_length);
		break;
	case OMF_ADD_DAXDEV:
		raw->daxdev.size = le64_make(rec->daxdev_size);
		raw->daxdev.index = le32_make(rec->daxdev_index);
		memcpy(raw->daxdev.uuid, rec->daxdev_uuid, sizeof(rec->daxdev_uuid));
		break;
	case OMF_INVALID: encode_map(&raw->file, &rec->fmap); break;
	case OMF_DELETE: break;
	}
	raw->crc = le64_make(crc32_of(raw, OMF_ENTRY_CRC_BYTES));
}

void record_mend_mode(struct omf_entry *raw)
{
	le32 *mode = le32_get(raw->type) == OMF_MKDIR ? &raw->mkdir.mode : &raw->file.mode;

	*mode = le32_make(le32_get(*mode) & OMF_MODE_BITS);
	raw->crc = le64_make(crc32_of(raw, OMF_ENTRY_CRC_BYTES));
}
