/* SPDX-License-Identifier: Apache-2.0 */
#include "media/layout.h"

#include "base/error.h"
#include "media/fieldjudge.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct item {
	const char *name;
	size_t at, size;
	enum famfs_raw_kind kind;
	field_judge judge; /* NULL: any value can be */
};

#define ITEM(struct_name, member, name, kind, judge)                                               \
	{                                                                                          \
		name, offsetof(struct struct_name, member),                                        \
			sizeof(((struct struct_name *)0)->member), FAMFS_RAW_##kind, judge         \
	}

static const struct item super_items[] = {
	ITEM(omf_super, magic, "ts_magic", HEX, judge_super_magic),
	ITEM(omf_super, version, "ts_version", NUMBER, judge_super_version),
	ITEM(omf_super, log_offset, "ts_log_offset", HEX, judge_log_offset),
	ITEM(omf_super, log_length, "ts_log_len", NUMBER, judge_log_length),
	ITEM(omf_super, alloc_unit, "ts_alloc_unit", NUMBER, judge_alloc_unit),
	ITEM(omf_super, major, "ts_omf_ver_major", NUMBER, judge_major),
	ITEM(omf_super, minor, "ts_omf_ver_minor", NUMBER, judge_minor),
	ITEM(omf_super, uuid, "ts_uuid", UUID, judge_uuid),
	ITEM(omf_super, dev_uuid, "ts_dev_uuid", UUID, judge_dev_uuid),
	ITEM(omf_super, system_uuid, "ts_system_uuid", UUID, judge_system_uuid),
	ITEM(omf_super, crc, "ts_crc", HEX, judge_crc),
	ITEM(omf_super, flags, "ts_sb_flags", HEX, judge_super_flags),
	ITEM(omf_super, padding, "padding", UNUSED, judge_unused),
	ITEM(omf_super, device_size, "dd_size", NUMBER, judge_device_size),
	ITEM(omf_super, daxdev_uuid, "dd_uuid", UUID, judge_never_written),
	ITEM(omf_super, daxdev_name, "dd_daxdev", TEXT, judge_device_name),
};

static const struct item header_items[] = {
	ITEM(omf_log_header, magic, "famfs_log_magic", HEX, judge_log_magic),
	ITEM(omf_log_header, length, "famfs_log_len", NUMBER, judge_header_length),
	ITEM(omf_log_header, last_index, "famfs_log_last_index", NUMBER, judge_last_index),
	ITEM(omf_log_header, crc, "famfs_log_crc", HEX, judge_crc),
	ITEM(omf_log_header, next_seqnum, "famfs_log_next_seqnum", NUMBER, judge_next_seqnum),
	ITEM(omf_log_header, next_index, "famfs_log_next_index", NUMBER, judge_next_index),
};

static const struct item entry_items[] = {
	ITEM(omf_entry, seqnum, "famfs_log_entry_seqnum", NUMBER, judge_seqnum),
	ITEM(omf_entry, type, "famfs_log_entry_type", NUMBER, judge_type),
	ITEM(omf_entry, padding, "padding", UNUSED, judge_unused),
};

static const struct item file_items[] = {
	ITEM(omf_entry, file.size, "fm_size", NUMBER, judge_file_size),
	ITEM(omf_entry, file.flags, "fm_flags", HEX, judge_file_flags),
	ITEM(omf_entry, file.uid, "fm_uid", NUMBER, NULL),
	ITEM(omf_entry, file.gid, "fm_gid", NUMBER, NULL),
	ITEM(omf_entry, file.mode, "fm_mode", OCTAL, judge_mode),
	ITEM(omf_entry, file.path, "fm_relpath", TEXT, judge_path),
	ITEM(omf_entry, file.map_type, "fmap_ext_type", NUMBER, judge_map_type),
	ITEM(omf_entry, file.padding1, "padding", UNUSED, judge_unused),
	ITEM(omf_entry, file.count, "fmap_nextents", NUMBER, judge_count),
	ITEM(omf_entry, file.padding2, "padding", UNUSED, judge_unused),
};

static const struct item interleave_items[] = {
	ITEM(omf_entry, file.interleave.nstrips, "ie_nstrips", NUMBER, judge_nstrips),
	ITEM(omf_entry, file.interleave.chunk_size, "ie_chunk_size", NUMBER, judge_chunk_size),
};

static const struct item mkdir_items[] = {
	ITEM(omf_entry, mkdir.uid, "md_uid", NUMBER, NULL),
	ITEM(omf_entry, mkdir.gid, "md_gid", NUMBER, NULL),
	ITEM(omf_entry, mkdir.mode, "md_mode", OCTAL, judge_mode),
	ITEM(omf_entry, mkdir.path, "md_relpath", TEXT, judge_path),
};

static const struct item daxdev_items[] = {
	ITEM(omf_entry, daxdev.size, "dd_size", NUMBER, judge_added_size),
	ITEM(omf_entry, daxdev.uuid, "dd_uuid", UUID, NULL),
	ITEM(omf_entry, daxdev.index, "dd_index", NUMBER, judge_added_index),
};

static const struct item extent_items[] = {
	ITEM(omf_extent, daxdev, "se_devindex", NUMBER, judge_devindex),
	ITEM(omf_extent, offset, "se_offset", HEX, judge_extent_offset),
	ITEM(omf_extent, length, "se_len", NUMBER, judge_extent_length),
};

static const struct item entry_end_items[] = {
	ITEM(omf_entry, crc, "famfs_log_entry_crc", HEX, judge_crc),
};

struct walk {
	const struct famfs_raw *raw;
	famfs_raw_field_fn visit;
	void *arg;
	size_t done; /* bytes that were visited */
};

static int visit_item(struct walk *walk, const struct item *item, const char *group, uint32_t index,
		      size_t base)
{
	struct famfs_raw_field field = { .group = group,
					 .index = index,
					 .name = item->name,
					 .at = base + item->at,
					 .offset = walk->raw->offset + base + item->at,
					 .size = item->size,
					 .kind = item->kind };

	if (item->kind != FAMFS_RAW_UUID && item->kind != FAMFS_RAW_TEXT)
		field.value = field_value(walk->raw, field.at, field.size);
	if (item->judge)
		item->judge(walk->raw, &field);
	walk->done = field.at + field.size;
	return walk->visit(walk->arg, &field);
}

static int visit_items(struct walk *walk, const struct item *items, size_t count, const char *group,
		       uint32_t index, size_t base)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < count; i++)
		ret = visit_item(walk, &items[i], group, index, base);
	return ret;
}

#define VISIT(walk, items, group)                                                                  \
	visit_items(walk, items, sizeof(items) / sizeof((items)[0]), group, FAMFS_WIRE_NO_INDEX, 0)

/* What lies before `end` and belongs to nothing: zeros, which the CRC covers. */
static int visit_rest(struct walk *walk, size_t end)
{
	const struct item rest = { "unused", walk->done, end - walk->done, FAMFS_RAW_UNUSED,
				   judge_unused };

	if (walk->done == end)
		return 0;
	return visit_item(walk, &rest, "entry", FAMFS_WIRE_NO_INDEX, 0);
}

static int visit_extents(struct walk *walk, uint64_t count, const char *group)
{
	size_t base = walk->done;
	int ret = 0;

	for (uint32_t i = 0; ret == 0 && i < count && i < OMF_MAX_EXTENTS; i++)
		ret = visit_items(walk, extent_items, 3, group, i,
				  base + i * sizeof(struct omf_extent));
	return ret;
}

static int visit_file(struct walk *walk)
{
	const struct omf_entry *raw = (const void *)walk->raw->bytes;
	int ret = VISIT(walk, file_items, "file");

	if (ret == 0 && le32_get(raw->file.map_type) == OMF_SIMPLE)
		return visit_extents(walk, le32_get(raw->file.count), "extent");
	if (ret || le32_get(raw->file.map_type) != OMF_INTERLEAVE)
		return ret;
	ret = VISIT(walk, interleave_items, "file");
	if (ret)
		return ret;
	return visit_extents(walk, le64_get(raw->file.interleave.nstrips), "strip");
}

static int visit_entry(struct walk *walk)
{
	const struct omf_entry *raw = (const void *)walk->raw->bytes;
	int ret = VISIT(walk, entry_items, "entry");

	if (ret)
		return ret;
	switch (le32_get(raw->type)) {
	case OMF_FILE:
	case OMF_INVALID: ret = visit_file(walk); break;
	case OMF_MKDIR: ret = VISIT(walk, mkdir_items, "mkdir"); break;
	case OMF_ADD_DAXDEV: ret = VISIT(walk, daxdev_items, "daxdev"); break;
	default: break;
	}
	if (ret == 0)
		ret = visit_rest(walk, OMF_ENTRY_CRC_BYTES);
	return ret ? ret : VISIT(walk, entry_end_items, "entry");
}

int famfs_raw_fields(const struct famfs_raw *raw, famfs_raw_field_fn visit, void *arg)
{
	struct walk walk = { .raw = raw, .visit = visit, .arg = arg };

	switch (raw->structure) {
	case FAMFS_SUPERBLOCK: return VISIT(&walk, super_items, "superblock");
	case FAMFS_LOG_HEADER: return VISIT(&walk, header_items, "header");
	case FAMFS_LOG_ENTRY: return visit_entry(&walk);
	}
	return 0;
}
