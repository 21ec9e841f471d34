/* SPDX-License-Identifier: Apache-2.0 */
#include "media/record.h"

#include "base/crc.h"
#include "media/path.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const fault_names[] = {
	[FAULT_NONE] = "none",     [FAULT_CRC] = "crc",
	[FAULT_SEQNUM] = "seqnum", [FAULT_TYPE] = "type",
	[FAULT_PATH] = "path",     [FAULT_MODE] = "mode",
	[FAULT_SIZE] = "size",     [FAULT_MAP] = "map",
	[FAULT_ALIGN] = "align",   [FAULT_EXTENT] = "extent",
	[FAULT_DAXDEV] = "daxdev", [FAULT_OVERLAP] = "overlap",
	[FAULT_PARENT] = "parent", [FAULT_DUPLICATE] = "duplicate",
};

const char *fault_name(enum fault fault)
{
	return fault_names[fault];
}

__attribute__((format(printf, 3, 4))) static enum fault fault_set(struct fault_text *why,
								  enum fault fault,
								  const char *format, ...)
{
	va_list ap;

	if (why) {
		va_start(ap, format);
		vsnprintf(why->text, sizeof(why->text), format, ap);
		va_end(ap);
	}
	return fault;
}

uint64_t interleave_strip_length(uint64_t size, uint32_t nstrips, uint64_t chunk_size)
{
	uint64_t stripe = nstrips * chunk_size;

	return (size / stripe + (size % stripe != 0)) * chunk_size;
}

static void decode_extents(const struct omf_extent *raw, uint32_t count, struct famfs_fmap *map)
{
	map->nextents = count;
	for (uint32_t i = 0; i < count; i++) {
		map->extents[i].daxdev = le64_get(raw[i].daxdev);
		map->extents[i].offset = le64_get(raw[i].offset);
		map->extents[i].length = le64_get(raw[i].length);
	}
}

static enum fault decode_simple(const struct omf_file *raw, struct famfs_fmap *map,
				struct fault_text *why)
{
	uint32_t count = le32_get(raw->count);

	if (count < 1 || count > OMF_MAX_EXTENTS)
		return fault_set(why, FAULT_MAP, "%u extents, 1 to %d are possible", count,
				 OMF_MAX_EXTENTS);
	map->type = FAMFS_FMAP_SIMPLE;
	map->chunk_size = 0;
	decode_extents(raw->simple, count, map);
	return FAULT_NONE;
}

static enum fault decode_interleaved(const struct omf_file *raw, struct famfs_fmap *map,
				     struct fault_text *why)
{
	uint32_t count = le32_get(raw->count);
	uint64_t nstrips = le64_get(raw->interleave.nstrips);
	uint64_t chunk = le64_get(raw->interleave.chunk_size);

	if (count != 1)
		return fault_set(why, FAULT_MAP, "%u interleaved extents, 1 is possible", count);
	if (nstrips < 1 || nstrips > OMF_MAX_EXTENTS)
		return fault_set(why, FAULT_MAP, "%" PRIu64 " strips, 1 to %d are possible",
				 nstrips, OMF_MAX_EXTENTS);
	/* The upper bound keeps a stripe, at most 16 chunks, within 64 bits. */
	if (chunk < OMF_ALLOC_UNIT || (chunk & (chunk - 1)) || chunk > UINT64_C(1) << 56)
		return fault_set(why, FAULT_MAP,
				 "chunk size %" PRIu64 " is not a power of two from 2 MiB", chunk);
	map->type = FAMFS_FMAP_INTERLEAVED;
	map->chunk_size = chunk;
	decode_extents(raw->interleave.strips, (uint32_t)nstrips, map);
	return FAULT_NONE;
}

static enum fault decode_map(const struct omf_file *raw, struct famfs_fmap *map,
			     struct fault_text *why)
{
	switch (le32_get(raw->map_type)) {
	case OMF_SIMPLE: return decode_simple(raw, map, why);
	case OMF_INTERLEAVE: return decode_interleaved(raw, map, why);
	}
	return fault_set(why, FAULT_MAP, "unknown map type %u", le32_get(raw->map_type));
}

void record_set_path(struct record *rec, const char *path)
{
	size_t length = strnlen(path, OMF_PATH_SIZE - 1);

	memcpy(rec->path, path, length);
	rec->path[length] = '\0';
	rec->path_length = (uint32_t)length;
}

static enum fault decode_path(struct record *rec, const char *path, struct fault_text *why)
{
	struct path_reading reading = path_read(path, rec->path);

	rec->recorded = path;
	rec->recorded_length = (uint32_t)reading.recorded;
	rec->path_length = (uint32_t)reading.length;
	if (!reading.fault)
		return FAULT_NONE;
	if (reading.recorded < OMF_PATH_SIZE)
		record_set_path(rec, path);
	return fault_set(why, FAULT_PATH, "path %s", reading.fault);
}

static enum fault decode_names(struct record *rec, const char *path, uint32_t mode,
			       struct fault_text *why)
{
	enum fault fault = decode_path(rec, path, why);

	rec->mode = mode;
	if (fault != FAULT_NONE)
		return fault;
	if (mode & ~(uint32_t)OMF_MODE_BITS)
		return fault_set(why, FAULT_MODE, "mode %#o has more than permission bits", mode);
	return FAULT_NONE;
}

static enum fault decode_file(const struct omf_file *raw, struct record *rec,
			      struct fault_text *why)
{
	enum fault fault = decode_map(raw, &rec->map, why);

	rec->map.size = le64_get(raw->size);
	rec->uid = le32_get(raw->uid);
	rec->gid = le32_get(raw->gid);
	if (fault != FAULT_NONE) {
		rec->map.nextents = 0;
		(void)decode_names(rec, raw->path, le32_get(raw->mode), NULL);
		return fault;
	}
	return decode_names(rec, raw->path, le32_get(raw->mode), why);
}

static enum fault decode_mkdir(const struct omf_mkdir *raw, struct record *rec,
			       struct fault_text *why)
{
	rec->uid = le32_get(raw->uid);
	rec->gid = le32_get(raw->gid);
	return decode_names(rec, raw->path, le32_get(raw->mode), why);
}

static enum fault decode_daxdev(const struct omf_daxdev *raw, struct record *rec,
				struct fault_text *why)
{
	rec->daxdev_index = le32_get(raw->index);
	rec->daxdev_size = le64_get(raw->size);
	memcpy(rec->daxdev_uuid, raw->uuid, sizeof(rec->daxdev_uuid));
	if (rec->daxdev_index >= OMF_MAX_DAXDEVS)
		return fault_set(why, FAULT_DAXDEV, "device index %u, the limit is %d",
				 rec->daxdev_index, OMF_MAX_DAXDEVS - 1);
	if (rec->daxdev_size == 0 || rec->daxdev_size > OMF_DEVICE_MAX)
		return fault_set(why, FAULT_DAXDEV, "device of %" PRIu64 " bytes",
				 rec->daxdev_size);
	return FAULT_NONE;
}

/* A retired entry keeps its extents where a file would; anything else there is no harm. */
static enum fault decode_invalid(const struct omf_file *raw, struct record *rec)
{
	if (decode_map(raw, &rec->map, NULL) != FAULT_NONE)
		rec->map.nextents = 0;
	rec->map.size = 0;
	return FAULT_NONE;
}

enum fault record_decode(const struct omf_entry *raw, uint64_t index, struct record *rec,
			 struct fault_text *why)
{
	uint64_t crc = crc32_of(raw, OMF_ENTRY_CRC_BYTES);
	uint32_t type = le32_get(raw->type);

	rec->path[0] = '\0';
	rec->path_length = 0;
	rec->recorded = "";
	rec->recorded_length = 0;
	if (le64_get(raw->crc) != crc)
		return fault_set(why, FAULT_CRC, "CRC is %#" PRIx64 ", expected %#" PRIx64,
				 le64_get(raw->crc), crc);
	if (le64_get(raw->seqnum) != index)
		return fault_set(why, FAULT_SEQNUM, "sequence number is %" PRIu64,
				 le64_get(raw->seqnum));
	rec->type = (enum omf_entry_type)type;
	switch (type) {
	case OMF_FILE: return decode_file(&raw->file, rec, why);
	case OMF_MKDIR: return decode_mkdir(&raw->mkdir, rec, why);
	case OMF_ADD_DAXDEV: return decode_daxdev(&raw->daxdev, rec, why);
	case OMF_INVALID: return decode_invalid(&raw->file, rec);
	}
	return fault_set(why, FAULT_TYPE, "unknown entry type %u", type);
}

static enum fault check_extent(const struct famfs_extent *ext, const struct record_limits *limits,
			       struct fault_text *why)
{
	uint64_t size;

	if (ext->daxdev >= limits->ndaxdevs)
		return fault_set(why, FAULT_DAXDEV,
				 "device index %" PRIu64 " is unknown, there are %u devices",
				 ext->daxdev, limits->ndaxdevs);
	if ((ext->offset | ext->length) & (OMF_ALLOC_UNIT - 1))
		return fault_set(why, FAULT_ALIGN,
				 "extent %#" PRIx64 "+%#" PRIx64 " is not in units of 2 MiB",
				 ext->offset, ext->length);
	if (ext->length == 0)
		return fault_set(why, FAULT_EXTENT, "extent at %#" PRIx64 " is empty", ext->offset);
	if (ext->daxdev == 0 && ext->offset < limits->data_offset)
		return fault_set(why, FAULT_EXTENT,
				 "extent %#" PRIx64 "+%#" PRIx64 " lies on the metadata",
				 ext->offset, ext->length);
	size = limits->daxdev_sizes[ext->daxdev];
	if (ext->offset > size || ext->length > size - ext->offset)
		return fault_set(why, FAULT_EXTENT,
				 "extent %#" PRIx64 "+%#" PRIx64
				 " ends beyond the device of %#" PRIx64 " bytes",
				 ext->offset, ext->length, size);
	return FAULT_NONE;
}

static enum fault check_size(const struct famfs_fmap *map, struct fault_text *why)
{
	uint64_t mapped = 0, strip;

	/* No sum can overflow: each extent lies in its device. */
	for (uint32_t i = 0; i < map->nextents; i++)
		mapped += map->extents[i].length;
	if (map->size > mapped)
		return fault_set(why, FAULT_SIZE, "size %" PRIu64 " exceeds its map of %" PRIu64,
				 map->size, mapped);
	if (map->type == FAMFS_FMAP_SIMPLE)
		return FAULT_NONE;
	strip = interleave_strip_length(map->size, map->nextents, map->chunk_size);
	for (uint32_t i = 0; i < map->nextents; i++)
		if (map->extents[i].length < strip)
			return fault_set(why, FAULT_SIZE,
					 "strip %u has %" PRIu64 " bytes, its chunks need %" PRIu64,
					 i, map->extents[i].length, strip);
	return FAULT_NONE;
}

enum fault record_check(const struct record *rec, const struct record_limits *limits,
			struct fault_text *why)
{
	for (uint32_t i = 0; i < rec->map.nextents; i++) {
		enum fault fault = check_extent(&rec->map.extents[i], limits, why);

		if (fault != FAULT_NONE)
			return fault;
	}
	return rec->type == OMF_FILE ? check_size(&rec->map, why) : FAULT_NONE;
}

static void encode_extents(struct omf_extent *raw, const struct famfs_fmap *map)
{
	for (uint32_t i = 0; i < map->nextents; i++) {
		raw[i].daxdev = le64_make(map->extents[i].daxdev);
		raw[i].offset = le64_make(map->extents[i].offset);
		raw[i].length = le64_make(map->extents[i].length);
	}
}

static void encode_map(struct omf_file *raw, const struct famfs_fmap *map)
{
	if (map->type == FAMFS_FMAP_SIMPLE) {
		raw->map_type = le32_make(OMF_SIMPLE);
		raw->count = le32_make(map->nextents);
		encode_extents(raw->simple, map);
		return;
	}
	raw->map_type = le32_make(OMF_INTERLEAVE);
	raw->count = le32_make(1);
	raw->interleave.nstrips = le64_make(map->nextents);
	raw->interleave.chunk_size = le64_make(map->chunk_size);
	encode_extents(raw->interleave.strips, map);
}

static void encode_file(struct omf_file *raw, const struct record *rec)
{
	raw->size = le64_make(rec->map.size);
	raw->flags = le32_make(OMF_FLAG_ALL_RW);
	raw->uid = le32_make(rec->uid);
	raw->gid = le32_make(rec->gid);
	raw->mode = le32_make(rec->mode);
	memcpy(raw->path, rec->path, rec->path_length);
	encode_map(raw, &rec->map);
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
	case OMF_INVALID: encode_map(&raw->file, &rec->map); break;
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

/* What is kept stays where it is, so that a retirement that a power cut tears can be made again.
 * The type may be what is damaged. */
void record_retire(struct omf_entry *raw, uint64_t index, const struct record_limits *limits)
{
	struct record rec = { .type = OMF_INVALID };
	uint32_t type = le32_get(raw->type), kept = 0;

	if (type == OMF_MKDIR || type == OMF_ADD_DAXDEV ||
	    decode_map(&raw->file, &rec.map, NULL) != FAULT_NONE)
		memset(&rec.map, 0, sizeof(rec.map));
	for (uint32_t i = 0; i < rec.map.nextents; i++)
		if (check_extent(&rec.map.extents[i], limits, NULL) == FAULT_NONE)
			rec.map.extents[kept++] = rec.map.extents[i];
	rec.map.nextents = kept;
	record_encode(raw, &rec, index);
}
