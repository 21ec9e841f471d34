/* SPDX-License-Identifier: Apache-2.0 */
/* Decodes structures for readers. Checks the fields in the order of fields.h, up to the first
 * fault. */
#include "base/crc.h"
#include "base/error.h"
#include "media/checks.h"
#include "media/fields.h"
#include "media/superblock.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum famfs_fault fault_set(struct fault_text *why, enum famfs_fault fault, int code,
			   const char *format, ...)
{
	va_list ap;

	if (why) {
		why->code = code;
		va_start(ap, format);
		vsnprintf(why->text, sizeof(why->text), format, ap);
		va_end(ap);
	}
	return fault;
}

static const char *const fault_names[] = {
	[FAMFS_FAULT_NONE] = "none",
	[FAMFS_FAULT_CRC] = "crc",
	[FAMFS_FAULT_SEQNUM] = "seqnum",
	[FAMFS_FAULT_TYPE] = "type",
	[FAMFS_FAULT_PATH] = "path",
	[FAMFS_FAULT_MODE] = "mode",
	[FAMFS_FAULT_SIZE] = "size",
	[FAMFS_FAULT_MAP] = "map",
	[FAMFS_FAULT_ALIGN] = "align",
	[FAMFS_FAULT_EXTENT] = "extent",
	[FAMFS_FAULT_DAXDEV] = "daxdev",
	[FAMFS_FAULT_OVERLAP] = "overlap",
	[FAMFS_FAULT_DUPLICATE] = "duplicate",
	[FAMFS_FAULT_PARENT] = "parent",
	[FAMFS_FAULT_IO] = "io",
	[FAMFS_FAULT_MAGIC] = "magic",
	[FAMFS_FAULT_SUPERBLOCK] = "superblock",
	[FAMFS_FAULT_HEADER] = "header",
	[FAMFS_FAULT_CAPACITY] = "capacity",
};

const char *famfs_fault_name(enum famfs_fault fault)
{
	return fault_names[fault];
}

static inline uint64_t no_value(const void *bytes)
{
	(void)bytes;
	return 0;
}

/* The value of a UUID or path is 0; their checks, if any, read the bytes. */
#define VALUE(member)                                                                              \
	_Generic((member), le64 : le64_get, le32 : le32_get, default : no_value)(member)

/* Expands a row of fields.h to code that uses the variables raw, c, why and fault. */
#define CHECK_FIELD(member, name, kind, check, text, describe)                                     \
	fault = check_##check(&c, VALUE(raw->member), why);                                        \
	if (fault != FAMFS_FAULT_NONE)                                                             \
		return fault;

/* ---- the superblock ---- */

enum famfs_fault superblock_check(const struct omf_super *raw, uint64_t device_size,
				  struct fault_text *why)
{
	const struct checked c = { .crc = crc32_of(raw, OMF_SUPER_CRC_BYTES),
				   .minor = le32_get(raw->minor),
				   .recorded = le64_get(raw->device_size),
				   .device_size = device_size };
	enum famfs_fault fault;

	SUPER_FIELDS(CHECK_FIELD)
	return fault;
}

int superblock_decode(const struct omf_super *raw, uint64_t device_size, struct superblock *sb,
		      struct famfs_error *err)
{
	struct fault_text why;

	if (superblock_check(raw, device_size, &why) != FAMFS_FAULT_NONE)
		return error_set(err, why.code, "%s", why.text);
	memset(sb, 0, sizeof(*sb));
	sb->version = le64_get(raw->version);
	sb->log_length = le64_get(raw->log_length);
	sb->alloc_unit = le64_get(raw->alloc_unit);
	sb->major = le32_get(raw->major);
	sb->minor = le32_get(raw->minor);
	memcpy(sb->uuid, raw->uuid, sizeof(sb->uuid));
	memcpy(sb->dev_uuid, raw->dev_uuid, sizeof(sb->dev_uuid));
	memcpy(sb->system_uuid, raw->system_uuid, sizeof(sb->system_uuid));
	sb->recorded_size = le64_get(raw->device_size);
	memcpy(sb->name, raw->daxdev_name, sizeof(raw->daxdev_name));
	return 0;
}

enum famfs_fault superblock_check_size(uint64_t recorded, uint64_t device_size,
				       struct fault_text *why)
{
	const struct checked c = { .device_size = device_size };

	return check_recorded_size(&c, recorded, why);
}

bool log_length_is_valid(uint64_t length)
{
	const struct checked c = { .device_size = UINT64_MAX };

	return check_log_length(&c, length, NULL) == FAMFS_FAULT_NONE;
}

/* ---- the log header ---- */

enum famfs_fault log_header_check(const struct omf_log_header *raw, uint64_t length,
				  struct fault_text *why)
{
	const struct checked c = { .crc = crc32_of(raw, OMF_HEADER_CRC_BYTES),
				   .log_length = length };
	enum famfs_fault fault;

	HEADER_FIELDS(CHECK_FIELD)
	return fault;
}

enum famfs_fault log_index_check(uint64_t next_index, uint64_t length, struct fault_text *why)
{
	const struct checked c = { .log_length = length };

	return check_next_index(&c, next_index, why);
}

enum famfs_fault log_counters_check(const struct omf_log_header *raw, uint64_t length,
				    struct fault_text *why)
{
	const struct checked c = { .log_length = length, .next_index = le64_get(raw->next_index) };
	enum famfs_fault fault;

	COUNTER_FIELDS(CHECK_FIELD)
	return fault;
}

/* ---- maps ---- */

uint64_t interleave_strip_length(uint64_t size, uint32_t nstrips, uint64_t chunk_size)
{
	uint64_t stripe = nstrips * chunk_size;

	return (size / stripe + (size % stripe != 0)) * chunk_size;
}

static enum famfs_fault check_interleave(const struct omf_entry *raw, struct fault_text *why)
{
	const struct checked c = { 0 };
	enum famfs_fault fault;

	INTERLEAVE_FIELDS(CHECK_FIELD)
	return fault;
}

static enum famfs_fault check_map(const struct omf_entry *raw, struct fault_text *why)
{
	const struct checked c = { .map_type = le32_get(raw->file.map_type) };
	enum famfs_fault fault;

	MAP_FIELDS(CHECK_FIELD)
	return c.map_type == OMF_INTERLEAVE ? check_interleave(raw, why) : fault;
}

void map_read(const struct omf_file *raw, struct famfs_fmap *fmap)
{
	bool simple = le32_get(raw->map_type) != OMF_INTERLEAVE;
	const struct omf_extent *extents = simple ? raw->simple : raw->interleave.strips;
	uint64_t count = simple ? le32_get(raw->count) : le64_get(raw->interleave.nstrips);

	fmap->type = simple ? FAMFS_FMAP_SIMPLE : FAMFS_FMAP_INTERLEAVED;
	fmap->size = le64_get(raw->size);
	fmap->chunk_size = simple ? 0 : le64_get(raw->interleave.chunk_size);
	fmap->nextents = 0;
	if (le32_get(raw->map_type) > OMF_INTERLEAVE || count > OMF_MAX_EXTENTS)
		return;
	fmap->nextents = (uint32_t)count;
	for (uint32_t i = 0; i < fmap->nextents; i++) {
		fmap->extents[i].daxdev = le64_get(extents[i].daxdev);
		fmap->extents[i].offset = le64_get(extents[i].offset);
		fmap->extents[i].length = le64_get(extents[i].length);
	}
}

enum famfs_fault map_decode(const struct omf_entry *raw, struct famfs_fmap *fmap,
			    struct fault_text *why)
{
	enum famfs_fault fault = check_map(raw, why);

	map_read(&raw->file, fmap);
	if (fault != FAMFS_FAULT_NONE)
		fmap->nextents = 0;
	return fault;
}

enum famfs_fault extent_check(const struct omf_extent *raw, const struct record_limits *limits,
			      struct fault_text *why)
{
	const struct checked c = { .extent = raw, .limits = limits };
	enum famfs_fault fault;

	EXTENT_FIELDS(CHECK_FIELD)
	return fault;
}

enum famfs_fault extents_check(const struct omf_file *raw, uint32_t count,
			       const struct record_limits *limits, struct fault_text *why)
{
	const struct omf_extent *extents = file_extents(raw);
	enum famfs_fault fault = FAMFS_FAULT_NONE;

	for (uint32_t i = 0; fault == FAMFS_FAULT_NONE && i < count; i++)
		fault = extent_check(&extents[i], limits, why);
	return fault;
}

/* ---- entries ---- */

static enum famfs_fault check_entry(const struct omf_entry *raw, uint64_t index,
				    struct fault_text *why)
{
	const struct checked c = { .crc = crc32_of(raw, OMF_ENTRY_CRC_BYTES), .entry = index };
	enum famfs_fault fault;

	ENTRY_FIELDS(CHECK_FIELD)
	return fault;
}

bool entry_is_whole(const struct omf_entry *raw, uint64_t index)
{
	return !fault_is_torn(check_entry(raw, index, NULL));
}

static struct path_reading read_path(struct record *rec, const char *path)
{
	struct path_reading reading = path_read(path, rec->path);

	rec->recorded = path;
	rec->recorded_length = (uint32_t)reading.recorded;
	rec->path_length = (uint32_t)reading.length;
	if (reading.fault && reading.recorded < OMF_PATH_SIZE)
		record_set_path(rec, path);
	return reading;
}

static enum famfs_fault check_file(const struct omf_entry *raw, const struct famfs_fmap *fmap,
				   const struct path_reading *path, struct fault_text *why)
{
	const struct checked c = { .fmap = fmap, .path = path };
	enum famfs_fault fault;

	FILE_FIELDS(CHECK_FIELD)
	return fault;
}

static enum famfs_fault decode_file(const struct omf_entry *raw, struct record *rec,
				    const struct record_limits *limits, struct fault_text *why)
{
	struct path_reading path = read_path(rec, raw->file.path);
	enum famfs_fault fault = map_decode(raw, &rec->fmap, why);

	rec->uid = le32_get(raw->file.uid);
	rec->gid = le32_get(raw->file.gid);
	rec->mode = le32_get(raw->file.mode);
	if (fault == FAMFS_FAULT_NONE && limits)
		fault = extents_check(&raw->file, rec->fmap.nextents, limits, why);
	if (fault != FAMFS_FAULT_NONE)
		return fault;
	return check_file(raw, limits ? &rec->fmap : NULL, &path, why);
}

static enum famfs_fault decode_mkdir(const struct omf_entry *raw, struct record *rec,
				     struct fault_text *why)
{
	struct path_reading path = read_path(rec, raw->mkdir.path);
	const struct checked c = { .path = &path };
	enum famfs_fault fault;

	rec->uid = le32_get(raw->mkdir.uid);
	rec->gid = le32_get(raw->mkdir.gid);
	rec->mode = le32_get(raw->mkdir.mode);
	MKDIR_FIELDS(CHECK_FIELD)
	return fault;
}

static enum famfs_fault decode_daxdev(const struct omf_entry *raw, struct record *rec,
				      struct fault_text *why)
{
	const struct checked c = { 0 };
	enum famfs_fault fault;

	rec->daxdev_index = le32_get(raw->daxdev.index);
	rec->daxdev_size = le64_get(raw->daxdev.size);
	memcpy(rec->daxdev_uuid, raw->daxdev.uuid, sizeof(rec->daxdev_uuid));
	DAXDEV_FIELDS(CHECK_FIELD)
	return fault;
}

/* A retired entry has its extents at the offset of those of a file. If one of them is invalid,
 * none keeps its space: damage may have made the entry name the space of another file. */
static void decode_invalid(const struct omf_entry *raw, struct record *rec,
			   const struct record_limits *limits)
{
	if (map_decode(raw, &rec->fmap, NULL) == FAMFS_FAULT_NONE && limits &&
	    extents_check(&raw->file, rec->fmap.nextents, limits, NULL) != FAMFS_FAULT_NONE)
		rec->fmap.nextents = 0;
	rec->fmap.size = 0;
}

enum famfs_fault record_decode(const struct omf_entry *raw, uint64_t index,
			       const struct record_limits *limits, struct record *rec,
			       struct fault_text *why)
{
	enum famfs_fault fault = check_entry(raw, index, why);

	rec->path[0] = '\0';
	rec->path_length = 0;
	rec->recorded = "";
	rec->recorded_length = 0;
	rec->type = (enum omf_entry_type)le32_get(raw->type);
	if (fault != FAMFS_FAULT_NONE)
		return fault;
	switch (rec->type) {
	case OMF_FILE: return decode_file(raw, rec, limits, why);
	case OMF_MKDIR: return decode_mkdir(raw, rec, why);
	case OMF_ADD_DAXDEV: return decode_daxdev(raw, rec, why);
	case OMF_INVALID: decode_invalid(raw, rec, limits); break;
	case OMF_DELETE: break; /* its type is a fault */
	}
	return FAMFS_FAULT_NONE;
}

/* The extents stay at their offset, so that a retirement that a power cut interrupted can be
 * repeated. The type may be damaged. */
void record_retire(struct omf_entry *raw, uint64_t index, const struct record_limits *limits)
{
	const struct omf_extent *extents = file_extents(&raw->file);
	struct record rec = { .type = OMF_INVALID };
	uint32_t type = le32_get(raw->type), kept = 0;

	if (type == OMF_MKDIR || type == OMF_ADD_DAXDEV ||
	    map_decode(raw, &rec.fmap, NULL) != FAMFS_FAULT_NONE)
		memset(&rec.fmap, 0, sizeof(rec.fmap));
	for (uint32_t i = 0; i < rec.fmap.nextents; i++)
		if (extent_check(&extents[i], limits, NULL) == FAMFS_FAULT_NONE)
			rec.fmap.extents[kept++] = rec.fmap.extents[i];
	rec.fmap.nextents = kept;
	record_encode(raw, &rec, index);
}
