/* SPDX-License-Identifier: Apache-2.0 */
/* The lists of fields.h as tables, for tools that show the fields of a device. */
#include "media/fields.h"

#include "base/crc.h"
#include "media/checks.h"
#include "media/describe.h"
#include "media/superblock.h"

#include <stdio.h>
#include <string.h>

struct item {
	const char *name;
	size_t at, size;
	enum famfs_raw_kind kind;
	uint32_t rank;
	enum famfs_fault (*check)(const struct checked *c, uint64_t value, struct fault_text *why);
	const char *text;
	field_describe describe; /* NULL: use the text */
};

/* Ranks of the lists of a structure, and of the rows in each. Each extent takes three. */
enum {
	RANK_FIRST = 0,
	RANK_MAP = 100,
	RANK_INTERLEAVE = 200,
	RANK_EXTENTS = 300,
	RANK_LAST = 500,
};

#define ITEM(type, rank, member, name, kind, check, text, describe)                                \
	{ name,                                                                                    \
	  offsetof(struct type, member),                                                           \
	  sizeof(((struct type *)0)->member),                                                      \
	  FAMFS_RAW_##kind,                                                                        \
	  rank,                                                                                    \
	  check_##check,                                                                           \
	  text,                                                                                    \
	  describe },

#define SUPER_ITEM(...)       ITEM(omf_super, RANK_FIRST, __VA_ARGS__)
#define SUPER_LOOSE_ITEM(...) ITEM(omf_super, RANK_LAST, __VA_ARGS__)
#define HEADER_ITEM(...)      ITEM(omf_log_header, RANK_FIRST, __VA_ARGS__)
#define COUNTER_ITEM(...)     ITEM(omf_log_header, RANK_LAST, __VA_ARGS__)
#define ENTRY_ITEM(...)       ITEM(omf_entry, RANK_FIRST, __VA_ARGS__)
#define MAP_ITEM(...)         ITEM(omf_entry, RANK_MAP, __VA_ARGS__)
#define INTERLEAVE_ITEM(...)  ITEM(omf_entry, RANK_INTERLEAVE, __VA_ARGS__)
#define EXTENT_ITEM(...)      ITEM(omf_extent, RANK_EXTENTS, __VA_ARGS__)
#define LAST_ITEM(...)        ITEM(omf_entry, RANK_LAST, __VA_ARGS__)

struct list {
	const struct item *items;
	size_t count;
};

/* clang-format off */
#define LIST(name, ...)                                                                            \
	static const struct item name##_items[] = { __VA_ARGS__ };                                 \
	static const struct list name##_list = { name##_items,                                     \
						 sizeof(name##_items) / sizeof(struct item) };

LIST(super, SUPER_FIELDS(SUPER_ITEM) SUPER_LOOSE_FIELDS(SUPER_LOOSE_ITEM))
LIST(header, HEADER_FIELDS(HEADER_ITEM) COUNTER_FIELDS(COUNTER_ITEM))
LIST(entry, ENTRY_FIELDS(ENTRY_ITEM))
LIST(file, MAP_FIELDS(MAP_ITEM) FILE_FIELDS(LAST_ITEM))
LIST(interleave, INTERLEAVE_FIELDS(INTERLEAVE_ITEM))
LIST(extent, EXTENT_FIELDS(EXTENT_ITEM))
LIST(mkdir, MKDIR_FIELDS(LAST_ITEM))
LIST(daxdev, DAXDEV_FIELDS(LAST_ITEM))
/* clang-format on */

_Static_assert(FAMFS_RAW_SIZE == sizeof(struct omf_entry), "the largest structure");

struct walk {
	const struct famfs_raw *raw;
	famfs_raw_field_fn visit;
	void *arg;
	struct checked c;
	size_t done;   /* bytes that were visited */
	bool unused;   /* a retired entry, with only its extents in use */
	bool no_space; /* its extents are not in use either */
};

/* ---- limits and faults ---- */

/* Only a replay knows the other devices, which earlier entries add. */
struct limits {
	uint64_t sizes[OMF_MAX_DAXDEVS];
	struct record_limits record;
};

static void set_limits(const struct famfs_raw *raw, struct limits *limits)
{
	for (size_t i = 0; i < OMF_MAX_DAXDEVS; i++)
		limits->sizes[i] = OMF_DEVICE_MAX;
	if (raw->device_size)
		limits->sizes[0] = raw->device_size;
	limits->record = (struct record_limits){ .data_offset = OMF_LOG_OFFSET + raw->log_length,
						 .ndaxdevs = OMF_MAX_DAXDEVS,
						 .daxdev_sizes = limits->sizes };
}

static uint64_t header_log_length(const struct famfs_raw *raw)
{
	const struct omf_log_header *header = (const void *)raw->bytes;

	return raw->log_length ? raw->log_length : le64_get(header->length);
}

static enum famfs_fault find_fault(const struct famfs_raw *raw, struct fault_text *why)
{
	const void *bytes = raw->bytes;
	enum famfs_fault fault;
	struct limits limits;
	struct record rec;

	switch (raw->structure) {
	case FAMFS_SUPERBLOCK: return superblock_check(bytes, raw->device_size, why);
	case FAMFS_LOG_HEADER:
		fault = log_header_check(bytes, header_log_length(raw), why);
		if (fault != FAMFS_FAULT_NONE)
			return fault;
		return log_counters_check(bytes, header_log_length(raw), why);
	case FAMFS_LOG_ENTRY: break;
	}
	set_limits(raw, &limits);
	return record_decode(bytes, raw->entry, &limits.record, &rec, why);
}

void raw_check(struct famfs_raw *raw)
{
	static const size_t covered[] = {
		[FAMFS_SUPERBLOCK] = OMF_SUPER_CRC_BYTES,
		[FAMFS_LOG_HEADER] = OMF_HEADER_CRC_BYTES,
		[FAMFS_LOG_ENTRY] = OMF_ENTRY_CRC_BYTES,
	};
	struct fault_text why = { 0 };
	le64 stored;

	/* The CRC follows what it covers. */
	raw->crc_bytes = covered[raw->structure];
	memcpy(&stored, raw->bytes + raw->crc_bytes, sizeof(stored));
	raw->crc_stored = le64_get(stored);
	raw->crc_computed = crc32_of(raw->bytes, raw->crc_bytes);
	raw->fault = find_fault(raw, &why);
	raw->code = why.code;
	snprintf(raw->message, sizeof(raw->message), "%s", why.text);
}

/* ---- fields ---- */

static uint64_t field_value(const struct walk *walk, size_t at, size_t size)
{
	le64 wide;
	le32 narrow;

	if (size == sizeof(wide)) {
		memcpy(&wide, walk->raw->bytes + at, sizeof(wide));
		return le64_get(wide);
	}
	if (size == sizeof(narrow)) {
		memcpy(&narrow, walk->raw->bytes + at, sizeof(narrow));
		return le32_get(narrow);
	}
	return 0;
}

static void check_field(const struct walk *walk, const struct item *item,
			struct famfs_raw_field *field)
{
	struct fault_text why = { 0 };
	enum famfs_fault fault = item->check(&walk->c, field->value, &why);

	field->verdict = item->check == check_any ? FAMFS_VERDICT_NONE : FAMFS_VERDICT_OK;
	if (fault != FAMFS_FAULT_NONE) {
		field->verdict = FAMFS_VERDICT_BAD;
		field->fault = fault;
		field->code = why.code;
		snprintf(field->meaning, sizeof(field->meaning), "%s", why.text);
	} else if (item->describe) {
		item->describe(walk->raw, &walk->c, field);
	} else {
		snprintf(field->meaning, sizeof(field->meaning), "%s", item->text);
	}
}

static int visit_item(struct walk *walk, const struct item *item, uint32_t rank, const char *group,
		      uint32_t index, size_t base)
{
	struct famfs_raw_field field = { .group = group,
					 .index = index,
					 .name = item->name,
					 .at = base + item->at,
					 .offset = walk->raw->offset + base + item->at,
					 .size = item->size,
					 .kind = item->kind,
					 .rank = rank };

	if (item->kind != FAMFS_RAW_UUID && item->kind != FAMFS_RAW_TEXT)
		field.value = field_value(walk, field.at, field.size);
	if (walk->unused && item->rank == RANK_LAST)
		snprintf(field.meaning, sizeof(field.meaning), "unused");
	else if (walk->no_space && item->rank >= RANK_MAP)
		snprintf(field.meaning, sizeof(field.meaning), "no space is kept");
	else
		check_field(walk, item, &field);
	walk->done = field.at + field.size;
	return walk->visit(walk->arg, &field);
}

static const struct item *next_item(const struct list *list, size_t at)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].at == at)
			return &list->items[i];
	return NULL;
}

/* Visits the fields in the order of their offsets, as long as they are contiguous from
 * walk->done on. */
static int visit_list(struct walk *walk, const struct list *list, const char *group, uint32_t index,
		      size_t base)
{
	uint32_t before = index == FAMFS_NO_INDEX ? 0 : index * (uint32_t)list->count;
	const struct item *item;
	int ret = 0;

	while (ret == 0 && (item = next_item(list, walk->done - base)) != NULL)
		ret = visit_item(walk, item, item->rank + before + (uint32_t)(item - list->items),
				 group, index, base);
	return ret;
}

static int visit(struct walk *walk, const struct list *list, const char *group)
{
	return visit_list(walk, list, group, FAMFS_NO_INDEX, 0);
}

/* Visits the bytes before the CRC that the type of the entry does not use. They are zero, and
 * the CRC covers them. */
static int visit_rest(struct walk *walk)
{
	const struct item rest = { "unused",
				   walk->done,
				   OMF_ENTRY_CRC_BYTES - walk->done,
				   FAMFS_RAW_UNUSED,
				   RANK_FIRST,
				   check_any,
				   "",
				   describe_unused };

	return rest.size ? visit_item(walk, &rest, RANK_LAST, "entry", FAMFS_NO_INDEX, 0) : 0;
}

static int visit_extents(struct walk *walk, uint64_t count, const char *group)
{
	size_t base = walk->done;
	int ret = 0;

	for (uint32_t i = 0; ret == 0 && i < count && i < OMF_MAX_EXTENTS; i++) {
		walk->c.extent = (const void *)(walk->raw->bytes + walk->done);
		ret = visit_list(walk, &extent_list, group, i,
				 base + i * sizeof(struct omf_extent));
	}
	return ret;
}

static int visit_file(struct walk *walk, bool retired)
{
	const struct omf_entry *raw = (const void *)walk->raw->bytes;
	const struct omf_file *file = &raw->file;
	char read_as[OMF_PATH_SIZE];
	struct path_reading path = path_read(file->path, read_as);
	struct famfs_fmap fmap;
	int ret;

	if (map_decode(raw, &fmap, NULL) == FAMFS_FAULT_NONE &&
	    extents_check(file, fmap.nextents, walk->c.limits, NULL) == FAMFS_FAULT_NONE)
		walk->c.fmap = &fmap;
	walk->c.path = &path;
	walk->c.read_as = read_as;
	walk->c.map_type = le32_get(file->map_type);
	walk->unused = retired;
	walk->no_space = retired && !walk->c.fmap;
	ret = visit(walk, &file_list, "file");
	if (ret == 0 && walk->c.map_type == OMF_SIMPLE)
		ret = visit_extents(walk, le32_get(file->count), "extent");
	if (ret == 0 && walk->c.map_type == OMF_INTERLEAVE)
		ret = visit(walk, &interleave_list, "file");
	if (ret == 0 && walk->c.map_type == OMF_INTERLEAVE)
		ret = visit_extents(walk, le64_get(file->interleave.nstrips), "strip");
	walk->unused = walk->no_space = false;
	walk->c.fmap = NULL;
	walk->c.path = NULL;
	return ret;
}

static int visit_mkdir(struct walk *walk)
{
	const struct omf_entry *raw = (const void *)walk->raw->bytes;
	char read_as[OMF_PATH_SIZE];
	struct path_reading path = path_read(raw->mkdir.path, read_as);
	int ret;

	walk->c.path = &path;
	walk->c.read_as = read_as;
	ret = visit(walk, &mkdir_list, "mkdir");
	walk->c.path = NULL;
	walk->c.read_as = NULL;
	return ret;
}

static int visit_entry(struct walk *walk)
{
	const struct omf_entry *raw = (const void *)walk->raw->bytes;
	int ret = visit(walk, &entry_list, "entry");

	if (ret)
		return ret;
	switch (le32_get(raw->type)) {
	case OMF_FILE: ret = visit_file(walk, false); break;
	case OMF_INVALID: ret = visit_file(walk, true); break;
	case OMF_MKDIR: ret = visit_mkdir(walk); break;
	case OMF_ADD_DAXDEV: ret = visit(walk, &daxdev_list, "daxdev"); break;
	default: break;
	}
	if (ret == 0)
		ret = visit_rest(walk);
	return ret ? ret : visit(walk, &entry_list, "entry");
}

int famfs_raw_fields(const struct famfs_raw *raw, famfs_raw_field_fn visit_field, void *arg)
{
	const struct omf_super *super = (const void *)raw->bytes;
	const struct omf_log_header *header = (const void *)raw->bytes;
	struct limits limits;
	struct walk walk = { .raw = raw,
			     .visit = visit_field,
			     .arg = arg,
			     .c = { .crc = raw->crc_computed,
				    .entry = raw->entry,
				    .device_size = raw->device_size,
				    .limits = &limits.record } };

	set_limits(raw, &limits);
	switch (raw->structure) {
	case FAMFS_SUPERBLOCK:
		walk.c.minor = le32_get(super->minor);
		walk.c.recorded = le64_get(super->device_size);
		return visit(&walk, &super_list, "superblock");
	case FAMFS_LOG_HEADER:
		walk.c.log_length = header_log_length(raw);
		walk.c.next_index = le64_get(header->next_index);
		return visit(&walk, &header_list, "header");
	case FAMFS_LOG_ENTRY: return visit_entry(&walk);
	}
	return 0;
}

/* ---- the contents of an entry ---- */

const char *famfs_entry_type_name(enum famfs_entry_type type)
{
	static const char *const names[] = {
		[FAMFS_ENTRY_UNKNOWN] = "unknown", [FAMFS_ENTRY_FILE] = "file",
		[FAMFS_ENTRY_MKDIR] = "mkdir",     [FAMFS_ENTRY_DELETE] = "delete",
		[FAMFS_ENTRY_DAXDEV] = "daxdev",   [FAMFS_ENTRY_INVALID] = "invalid",
	};

	return names[type];
}

static enum famfs_entry_type entry_type(uint32_t recorded)
{
	switch (recorded) {
	case OMF_FILE: return FAMFS_ENTRY_FILE;
	case OMF_MKDIR: return FAMFS_ENTRY_MKDIR;
	case OMF_DELETE: return FAMFS_ENTRY_DELETE;
	case OMF_ADD_DAXDEV: return FAMFS_ENTRY_DAXDEV;
	case OMF_INVALID: return FAMFS_ENTRY_INVALID;
	}
	return FAMFS_ENTRY_UNKNOWN;
}

static void copy_path(struct famfs_log_entry *entry, const char *path)
{
	struct path_reading reading = path_read(path, entry->read_as);

	memcpy(entry->path, path, reading.recorded);
	entry->path[reading.recorded] = '\0';
	entry->readable = !reading.fault;
	entry->hidden = entry->readable && path_is_meta(entry->read_as, reading.length);
}

static void copy_map(struct famfs_log_entry *entry, const struct omf_file *file)
{
	struct limits limits;

	set_limits(entry->raw, &limits);
	map_read(file, &entry->fmap);
	for (uint32_t i = 0; i < entry->fmap.nextents; i++)
		if (extent_check(&file_extents(file)[i], &limits.record, NULL) != FAMFS_FAULT_NONE)
			entry->unusable_extents |= UINT64_C(1) << i;
}

void raw_decode_entry(struct famfs_log_entry *entry)
{
	const struct omf_entry *raw = (const void *)entry->raw->bytes;

	entry->recorded_type = le32_get(raw->type);
	entry->type = entry_type(entry->recorded_type);
	switch (entry->type) {
	case FAMFS_ENTRY_FILE:
		entry->uid = le32_get(raw->file.uid);
		entry->gid = le32_get(raw->file.gid);
		entry->mode = le32_get(raw->file.mode);
		copy_path(entry, raw->file.path);
		copy_map(entry, &raw->file);
		break;
	case FAMFS_ENTRY_INVALID: copy_map(entry, &raw->file); break;
	case FAMFS_ENTRY_MKDIR:
		entry->uid = le32_get(raw->mkdir.uid);
		entry->gid = le32_get(raw->mkdir.gid);
		entry->mode = le32_get(raw->mkdir.mode);
		copy_path(entry, raw->mkdir.path);
		break;
	case FAMFS_ENTRY_DAXDEV: entry->fmap.size = le64_get(raw->daxdev.size); break;
	case FAMFS_ENTRY_DELETE:
	case FAMFS_ENTRY_UNKNOWN: break;
	}
}
