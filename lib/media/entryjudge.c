/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of log entries. */
#include "media/fieldjudge.h"
#include "media/fieldsay.h"
#include "media/format.h"
#include "media/layout.h"
#include "media/path.h"

#include <inttypes.h>
#include <string.h>

void judge_seqnum(const struct famfs_raw *raw, struct famfs_raw_field *field)
{
	if (field->value == raw->entry)
		say(field, FAMFS_VERDICT_OK, "equal to the number of the entry");
	else
		say(field, FAMFS_VERDICT_BAD, "the number of the entry is %" PRIu64, raw->entry);
}

void judge_type(const struct famfs_raw *raw, struct famfs_raw_field *field)
{
	(void)raw;
	switch (field->value) {
	case OMF_FILE: say(field, FAMFS_VERDICT_OK, "a file"); break;
	case OMF_MKDIR: say(field, FAMFS_VERDICT_OK, "a directory"); break;
	case OMF_ADD_DAXDEV: say(field, FAMFS_VERDICT_OK, "another device"); break;
	case OMF_INVALID:
		say(field, FAMFS_VERDICT_OK, "says nothing: put in the place of a damaged entry");
		break;
	case OMF_DELETE:
		say(field, FAMFS_VERDICT_BAD, "delete: reserved, no layout is defined");
		break;
	default: say(field, FAMFS_VERDICT_BAD, "unknown"); break;
	}
}

static uint64_t mapped(const struct omf_file *file)
{
	uint64_t sum = 0;

	if (le32_get(file->map_type) == OMF_SIMPLE) {
		for (uint32_t i = 0; i < le32_get(file->count) && i < OMF_MAX_EXTENTS; i++)
			sum += le64_get(file->simple[i].length);
	} else {
		for (uint32_t i = 0; i < le64_get(file->interleave.nstrips) && i < OMF_MAX_EXTENTS;
		     i++)
			sum += le64_get(file->interleave.strips[i].length);
	}
	return sum;
}

void judge_file_size(const struct famfs_raw *raw, struct famfs_raw_field *field)
{
	const struct omf_entry *entry = (const void *)raw->bytes;
	uint64_t room = mapped(&entry->file);

	if (le32_get(entry->type) != OMF_FILE)
		say(field, FAMFS_VERDICT_NONE, "unused");
	else if (field->value == 0)
		say(field, FAMFS_VERDICT_OK, "bytes: an empty file");
	else if (field->value > room)
		say(field, FAMFS_VERDICT_BAD, "bytes; the map has only %" PRIu64, room);
	else
		say(field, FAMFS_VERDICT_OK, "bytes; %" PRIu64 " behind the end",
		    room - field->value);
}

void judge_file_flags(const struct famfs_raw *raw, struct famfs_raw_field *field)
{
	(void)raw;
	say(field, FAMFS_VERDICT_NONE, "%s; no reader uses them",
	    field->value == 1                 ? "all hosts read"
	    : field->value == OMF_FLAG_ALL_RW ? "all hosts read and write"
	    : field->value == 0               ? "none"
					      : "unknown flags");
}

void judge_mode(const struct famfs_raw *raw, struct famfs_raw_field *field)
{
	(void)raw;
	say_if(field, (field->value & ~(uint64_t)OMF_MODE_BITS) == 0, "permission bits",
	       "more than permission bits");
}

void judge_path(const struct famfs_raw *raw, struct famfs_raw_field *field)
{
	const struct omf_entry *entry = (const void *)raw->bytes;
	char read_as[OMF_PATH_SIZE];
	struct path_reading reading = path_read((const char *)raw->bytes + field->at, read_as);

	if (le32_get(entry->type) == OMF_INVALID)
		say(field, FAMFS_VERDICT_NONE, "unused");
	else if (reading.fault)
		say(field, FAMFS_VERDICT_BAD, "%s", reading.fault);
	else if (path_is_meta(read_as, reading.length))
		say(field, FAMFS_VERDICT_OK, "%zu bytes, in " META_DIR ": hidden",
		    reading.recorded);
	else if (reading.length < reading.recorded)
		say(field, FAMFS_VERDICT_OK, "%zu bytes, read as '/%s'", reading.recorded, read_as);
	else
		say(field, FAMFS_VERDICT_OK, "%zu bytes, relative to the root", reading.recorded);
}

void judge_map_type(const struct famfs_raw *raw, struct famfs_raw_field *field)
{
	(void)raw;
	if (field->value == OMF_SIMPLE)
		say(field, FAMFS_VERDICT_OK, "simple: the bytes run through the extents in order");
	else if (field->value == OMF_INTERLEAVE)
		say(field, FAMFS_VERDICT_OK, "interleaved: chunks go round the strips");
	else
		say(field, FAMFS_VERDICT_BAD, "unknown, 0 is simple and 1 interleaved");
}

void judge_count(const struct famfs_raw *raw, struct famfs_raw_field *field)
{
	const struct omf_entry *entry = (const void *)raw->bytes;

	if (le32_get(entry->type) == OMF_INVALID && field->value == 0)
		say(field, FAMFS_VERDICT_OK, "no space is kept");
	else if (le32_get(entry->file.map_type) == OMF_INTERLEAVE)
		say_if(field, field->value == 1, "one interleaved extent",
		       "interleaved extents, 1 is possible");
	else
		say_if(field, field->value >= 1 && field->value <= OMF_MAX_EXTENTS, "extents",
		       "extents, 1 to 16 are possible");
}

void judge_nstrips(const struct famfs_raw *raw, struct famfs_raw_field *field)
{
	(void)raw;
	say_if(field, field->value >= 1 && field->value <= OMF_MAX_EXTENTS, "strips",
	       "strips, 1 to 16 are possible");
}

void judge_chunk_size(const struct famfs_raw *raw, struct famfs_raw_field *field)
{
	uint64_t chunk = field->value;

	(void)raw;
	if (chunk < OMF_ALLOC_UNIT || (chunk & (chunk - 1)))
		say(field, FAMFS_VERDICT_BAD, "bytes; not a power of two from 2 MiB");
	else
		say(field, FAMFS_VERDICT_OK, "%" PRIu64 " MiB", chunk >> 20);
}

void judge_devindex(const struct famfs_raw *raw, struct famfs_raw_field *field)
{
	(void)raw;
	if (field->value == 0)
		say(field, FAMFS_VERDICT_OK, "this device");
	else if (field->value < OMF_MAX_DAXDEVS)
		say(field, FAMFS_VERDICT_NONE, "a device that an earlier entry added");
	else
		say(field, FAMFS_VERDICT_BAD, "the limit is %d", OMF_MAX_DAXDEVS - 1);
}

void judge_extent_offset(const struct famfs_raw *raw, struct famfs_raw_field *field)
{
	uint64_t daxdev = field_value(raw, field->at - sizeof(le64), sizeof(le64));
	uint64_t data = OMF_LOG_OFFSET + raw->log_length;

	if (field->value & (OMF_ALLOC_UNIT - 1))
		say(field, FAMFS_VERDICT_BAD, "not in units of 2 MiB");
	else if (daxdev == 0 && field->value < data)
		say(field, FAMFS_VERDICT_BAD, "on the metadata, data begins at %#" PRIx64, data);
	else if (daxdev == 0 && raw->device_size && field->value >= raw->device_size)
		say(field, FAMFS_VERDICT_BAD, "beyond the device of %#" PRIx64 " bytes",
		    raw->device_size);
	else
		say(field, FAMFS_VERDICT_OK, "device offset, %" PRIu64 " MiB", field->value >> 20);
}

void judge_extent_length(const struct famfs_raw *raw, struct famfs_raw_field *field)
{
	uint64_t offset = field_value(raw, field->at - sizeof(le64), sizeof(le64));
	uint64_t daxdev = field_value(raw, field->at - 2 * sizeof(le64), sizeof(le64));
	uint64_t size = raw->device_size;

	if (field->value == 0)
		say(field, FAMFS_VERDICT_BAD, "empty");
	else if (field->value & (OMF_ALLOC_UNIT - 1))
		say(field, FAMFS_VERDICT_BAD, "bytes; not in units of 2 MiB");
	else if (daxdev == 0 && size && (offset > size || field->value > size - offset))
		say(field, FAMFS_VERDICT_BAD, "bytes; ends beyond the device of %" PRIu64, size);
	else
		say(field, FAMFS_VERDICT_OK, "%" PRIu64 " MiB", field->value >> 20);
}

void judge_added_size(const struct famfs_raw *raw, struct famfs_raw_field *field)
{
	(void)raw;
	say_if(field, field->value > 0 && field->value <= OMF_DEVICE_MAX, "bytes of the device",
	       "no size that a device can have");
}

void judge_added_index(const struct famfs_raw *raw, struct famfs_raw_field *field)
{
	(void)raw;
	say_if(field, field->value > 0 && field->value < OMF_MAX_DAXDEVS, "what extents call it",
	       "1 to 63 are possible");
}
