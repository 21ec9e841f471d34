/* SPDX-License-Identifier: Apache-2.0 */
/* Structures as a whole: their CRCs, what is wrong with them, what an entry says. */
#include "media/layout.h"

#include "base/crc.h"
#include "media/fieldjudge.h"
#include "media/path.h"
#include "media/record.h"
#include "media/superblock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *layout_type_name(uint32_t type)
{
	switch (type) {
	case OMF_FILE: return "file";
	case OMF_MKDIR: return "mkdir";
	case OMF_DELETE: return "delete";
	case OMF_ADD_DAXDEV: return "daxdev";
	case OMF_INVALID: return "invalid";
	}
	return "unknown";
}

__attribute__((format(printf, 3, 4))) static void set_fault(struct famfs_raw *raw,
							    const char *fault, const char *format,
							    ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(raw->message, sizeof(raw->message), format, ap);
	va_end(ap);
	raw->fault = fault;
}

static void judge_super(struct famfs_raw *raw)
{
	const struct omf_super *super = (const void *)raw->bytes;
	struct superblock sb;
	struct famfs_error why;
	int ret = superblock_decode(super, raw->device_size, &sb, &why);

	if (ret < 0)
		set_fault(raw, ret == -EMEDIUMTYPE ? "magic" : "superblock", "%.190s", why.message);
}

static void judge_header(struct famfs_raw *raw)
{
	const struct omf_log_header *header = (const void *)raw->bytes;
	uint64_t length = raw->log_length ? raw->log_length : le64_get(header->length);
	uint64_t index = le64_get(header->next_index), seqnum = le64_get(header->next_seqnum);
	struct famfs_error why;

	if (log_header_check(header, length, &why) < 0)
		set_fault(raw, "header", "%.190s", why.message);
	else if (index > omf_log_capacity(length) || (seqnum != index && seqnum != index + 1))
		set_fault(raw, "header",
			  "next sequence number %" PRIu64 ", next index %" PRIu64 " of %" PRIu64,
			  seqnum, index, omf_log_capacity(length));
}

static void judge_entry(struct famfs_raw *raw)
{
	const uint64_t size = raw->device_size ? raw->device_size : OMF_DEVICE_MAX;
	uint64_t sizes[OMF_MAX_DAXDEVS];
	/* Which other devices there are, earlier entries say: a replay knows. */
	const struct record_limits limits = { .data_offset = OMF_LOG_OFFSET + raw->log_length,
					      .ndaxdevs = OMF_MAX_DAXDEVS,
					      .daxdev_sizes = sizes };
	struct record rec = { 0 };
	struct fault_text why;
	enum fault fault;

	for (size_t i = 0; i < OMF_MAX_DAXDEVS; i++)
		sizes[i] = i == 0 ? size : OMF_DEVICE_MAX;
	fault = record_decode((const void *)raw->bytes, raw->entry, &rec, &why);
	if (fault == FAULT_NONE && rec.type == OMF_FILE)
		fault = record_check(&rec, &limits, &why);
	if (fault != FAULT_NONE)
		set_fault(raw, fault_name(fault), "%s", why.text);
}

void layout_judge(struct famfs_raw *raw)
{
	static const size_t covered[] = {
		[FAMFS_SUPERBLOCK] = OMF_SUPER_CRC_BYTES,
		[FAMFS_LOG_HEADER] = OMF_HEADER_CRC_BYTES,
		[FAMFS_LOG_ENTRY] = OMF_ENTRY_CRC_BYTES,
	};

	/* The CRC follows what it covers. */
	raw->crc_bytes = covered[raw->structure];
	raw->crc_stored = field_value(raw, raw->crc_bytes, sizeof(le64));
	raw->crc_computed = crc32_of(raw->bytes, raw->crc_bytes);
	raw->fault = NULL;
	raw->message[0] = '\0';
	switch (raw->structure) {
	case FAMFS_SUPERBLOCK: judge_super(raw); break;
	case FAMFS_LOG_HEADER: judge_header(raw); break;
	case FAMFS_LOG_ENTRY: judge_entry(raw); break;
	}
}

static void copy_path(struct famfs_log_entry *entry, const char *path)
{
	struct path_reading reading = path_read(path, entry->read_as);

	memcpy(entry->path, path, reading.recorded);
	entry->path[reading.recorded] = '\0';
	entry->readable = !reading.fault;
	entry->hidden = entry->readable && path_is_meta(entry->read_as, reading.length);
}

static bool usable(const struct famfs_raw *raw, const struct famfs_extent *extent)
{
	uint64_t size = extent->daxdev == 0 && raw->device_size ? raw->device_size : OMF_DEVICE_MAX;

	if ((extent->offset | extent->length) & (OMF_ALLOC_UNIT - 1) || extent->length == 0)
		return false;
	if (extent->daxdev == 0 && extent->offset < OMF_LOG_OFFSET + raw->log_length)
		return false;
	return extent->offset <= size && extent->length <= size - extent->offset;
}

static void decode_map(struct famfs_log_entry *entry, const struct omf_file *file)
{
	bool simple = le32_get(file->map_type) == OMF_SIMPLE;
	const struct omf_extent *extents = simple ? file->simple : file->interleave.strips;
	uint64_t count = simple ? le32_get(file->count) : le64_get(file->interleave.nstrips);
	struct famfs_fmap *map = &entry->map;

	map->size = le64_get(file->size);
	map->type = simple ? FAMFS_FMAP_SIMPLE : FAMFS_FMAP_INTERLEAVED;
	map->chunk_size = simple ? 0 : le64_get(file->interleave.chunk_size);
	if (le32_get(file->map_type) > OMF_INTERLEAVE || count > OMF_MAX_EXTENTS)
		return;
	map->nextents = (uint32_t)count;
	for (uint32_t i = 0; i < map->nextents; i++) {
		map->extents[i].daxdev = le64_get(extents[i].daxdev);
		map->extents[i].offset = le64_get(extents[i].offset);
		map->extents[i].length = le64_get(extents[i].length);
		if (!usable(entry->raw, &map->extents[i]))
			entry->unusable_extents |= UINT64_C(1) << i;
	}
}

void layout_decode_entry(struct famfs_log_entry *entry)
{
	const struct omf_entry *raw = (const void *)entry->raw->bytes;

	entry->type = le32_get(raw->type);
	entry->type_name = layout_type_name(entry->type);
	switch (entry->type) {
	case OMF_FILE:
		entry->uid = le32_get(raw->file.uid);
		entry->gid = le32_get(raw->file.gid);
		entry->mode = le32_get(raw->file.mode);
		copy_path(entry, raw->file.path);
		decode_map(entry, &raw->file);
		break;
	case OMF_INVALID: decode_map(entry, &raw->file); break;
	case OMF_MKDIR:
		entry->uid = le32_get(raw->mkdir.uid);
		entry->gid = le32_get(raw->mkdir.gid);
		entry->mode = le32_get(raw->mkdir.mode);
		copy_path(entry, raw->mkdir.path);
		break;
	case OMF_ADD_DAXDEV: entry->map.size = le64_get(raw->daxdev.size); break;
	default: break;
	}
}
