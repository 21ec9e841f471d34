/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of the superblock and the log header, and what all structures have. */
#include "media/fieldjudge.h"

#include "media/fieldsay.h"
#include "media/format.h"
#include "media/layout.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

uint64_t field_value(const struct famfs_raw *raw, size_t at, size_t size)
{
	le64 wide;
	le32 narrow;

	if (size == sizeof(wide)) {
		memcpy(&wide, raw->bytes + at, sizeof(wide));
		return le64_get(wide);
	}
	if (size == sizeof(narrow)) {
		memcpy(&narrow, raw->bytes + at, sizeof(narrow));
		return le32_get(narrow);
	}
	return 0;
}

void say(struct famfs_raw_field *field, enum famfs_verdict verdict, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(field->meaning, sizeof(field->meaning), format, ap);
	va_end(ap);
	field->verdict = verdict;
}

void say_if(struct famfs_raw_field *field, bool ok, const char *good, const char *bad)
{
	say(field, ok ? FAMFS_VERDICT_OK : FAMFS_VERDICT_BAD, "%s", ok ? good : bad);
}

void judge_crc(const struct famfs_raw *raw, struct famfs_raw_field *field)
{
	if (raw->crc_stored == raw->crc_computed)
		say(field, FAMFS_VERDICT_OK, "CRC over %zu bytes is right", raw->crc_bytes);
	else
		say(field, FAMFS_VERDICT_BAD, "CRC over %zu bytes, computed %#" PRIx64,
		    raw->crc_bytes, raw->crc_computed);
}

void judge_unused(const struct famfs_raw *raw, struct famfs_raw_field *field)
{
	size_t set = 0;

	for (size_t i = 0; i < field->size; i++)
		set += raw->bytes[field->at + i] != 0;
	if (set)
		say(field, FAMFS_VERDICT_NONE, "%zu of %zu bytes are not zero", set, field->size);
	else
		say(field, FAMFS_VERDICT_OK, "zeros");
}

void judge_super_magic(const struct famfs_raw *raw, struct famfs_raw_field *field)
{
	(void)raw;
	if (field->value == OMF_SUPER_MAGIC)
		say(field, FAMFS_VERDICT_OK, "a famfs superblock");
	else
		say(field, FAMFS_VERDICT_BAD, "no famfs superblock, expected %#" PRIx64,
		    OMF_SUPER_MAGIC);
}

void judge_super_version(const struct famfs_raw *raw, struct famfs_raw_field *field)
{
	(void)raw;
	if (field->value == OMF_SUPER_VERSION)
		say(field, FAMFS_VERDICT_OK, "the layout of this superblock");
	else
		say(field, FAMFS_VERDICT_BAD, "another layout, this program knows %d",
		    OMF_SUPER_VERSION);
}

void judge_log_offset(const struct famfs_raw *raw, struct famfs_raw_field *field)
{
	(void)raw;
	if (field->value == OMF_LOG_OFFSET)
		say(field, FAMFS_VERDICT_OK, "2 MiB, where the log always is");
	else
		say(field, FAMFS_VERDICT_BAD, "the log is always at %#" PRIx64, OMF_LOG_OFFSET);
}

static bool is_log_length(uint64_t length)
{
	return length >= OMF_LOG_LENGTH_MIN && (length & (length - 1)) == 0;
}

static void say_log_length(const struct famfs_raw *raw, struct famfs_raw_field *field)
{
	uint64_t length = field->value;

	if (!is_log_length(length))
		say(field, FAMFS_VERDICT_BAD, "not a power of two from 8 MiB");
	else if (raw->device_size &&
		 (raw->device_size < OMF_LOG_OFFSET || length > raw->device_size - OMF_LOG_OFFSET))
		say(field, FAMFS_VERDICT_BAD, "does not fit the device of %" PRIu64 " bytes",
		    raw->device_size);
	else
		say(field, FAMFS_VERDICT_OK, "%" PRIu64 " MiB, %" PRIu64 " entries", length >> 20,
		    omf_log_capacity(length));
}

void judge_log_length(const struct famfs_raw *raw, struct famfs_raw_field *field)
{
	say_log_length(raw, field);
}

void judge_alloc_unit(const struct famfs_raw *raw, struct famfs_raw_field *field)
{
	(void)raw;
	if (field->value == OMF_ALLOC_UNIT)
		say(field, FAMFS_VERDICT_OK, "2 MiB");
	else if (field->value == 4096)
		say(field, FAMFS_VERDICT_OK,
		    "4 KiB; files are laid out in units of 2 MiB all the "
		    "same");
	else
		say(field, FAMFS_VERDICT_BAD, "expected 2 MiB or 4 KiB");
}

void judge_major(const struct famfs_raw *raw, struct famfs_raw_field *field)
{
	(void)raw;
	if (field->value == OMF_MAJOR)
		say(field, FAMFS_VERDICT_OK, "media format, major");
	else
		say(field, FAMFS_VERDICT_BAD, "media format, this program knows %d.x", OMF_MAJOR);
}

void judge_minor(const struct famfs_raw *raw, struct famfs_raw_field *field)
{
	(void)raw;
	if (field->value <= OMF_MINOR)
		say(field, FAMFS_VERDICT_OK, "media format, minor");
	else
		say(field, FAMFS_VERDICT_NONE, "newer than %d.%d: can be read, not added to",
		    OMF_MAJOR, OMF_MINOR);
}

void judge_uuid(const struct famfs_raw *raw, struct famfs_raw_field *field)
{
	(void)raw;
	say(field, FAMFS_VERDICT_NONE, "of the file system");
}

void judge_dev_uuid(const struct famfs_raw *raw, struct famfs_raw_field *field)
{
	(void)raw;
	say(field, FAMFS_VERDICT_NONE, "of the device");
}

void judge_system_uuid(const struct famfs_raw *raw, struct famfs_raw_field *field)
{
	(void)raw;
	say(field, FAMFS_VERDICT_NONE, "of the host that is the master");
}

void judge_super_flags(const struct famfs_raw *raw, struct famfs_raw_field *field)
{
	static const char *const names[] = { "none", "primary", "secondary", "primary, secondary" };

	(void)raw;
	say(field, FAMFS_VERDICT_NONE, "%s; outside the CRC, no reader uses them",
	    field->value < 4 ? names[field->value] : "unknown flags");
}

void judge_device_size(const struct famfs_raw *raw, struct famfs_raw_field *field)
{
	uint64_t real = raw->device_size;

	if (!real)
		say(field, FAMFS_VERDICT_NONE, "recorded size of the device; outside the CRC");
	else if (field->value == real)
		say(field, FAMFS_VERDICT_OK, "the size of the device; outside the CRC");
	else
		say(field, FAMFS_VERDICT_BAD, "the device has %" PRIu64 " bytes; outside the CRC",
		    real);
}

void judge_never_written(const struct famfs_raw *raw, struct famfs_raw_field *field)
{
	(void)raw;
	say(field, FAMFS_VERDICT_NONE, "no writer sets it; outside the CRC");
}

void judge_device_name(const struct famfs_raw *raw, struct famfs_raw_field *field)
{
	(void)raw;
	say(field, FAMFS_VERDICT_NONE, "what mkfs was given; outside the CRC");
}

void judge_log_magic(const struct famfs_raw *raw, struct famfs_raw_field *field)
{
	(void)raw;
	if (field->value == OMF_LOG_MAGIC)
		say(field, FAMFS_VERDICT_OK, "a famfs log");
	else
		say(field, FAMFS_VERDICT_BAD, "no famfs log, expected %#" PRIx64, OMF_LOG_MAGIC);
}

void judge_header_length(const struct famfs_raw *raw, struct famfs_raw_field *field)
{
	if (raw->log_length && field->value != raw->log_length)
		say(field, FAMFS_VERDICT_BAD, "the superblock says %" PRIu64, raw->log_length);
	else
		say_log_length(raw, field);
}

/* By the log's length as it is believed, or else as the header has it. */
static uint64_t capacity_of(const struct famfs_raw *raw)
{
	uint64_t own = field_value(raw, offsetof(struct omf_log_header, length), sizeof(le64));
	uint64_t length = raw->log_length ? raw->log_length : own;

	return is_log_length(length) ? omf_log_capacity(length) : 0;
}

void judge_last_index(const struct famfs_raw *raw, struct famfs_raw_field *field)
{
	uint64_t capacity = capacity_of(raw);

	if (capacity && field->value == capacity - 1)
		say(field, FAMFS_VERDICT_OK, "number of the last entry that fits");
	else if (capacity)
		say(field, FAMFS_VERDICT_BAD, "the last entry that fits is %" PRIu64, capacity - 1);
	else
		say(field, FAMFS_VERDICT_NONE, "number of the last entry that fits");
}

void judge_next_index(const struct famfs_raw *raw, struct famfs_raw_field *field)
{
	uint64_t capacity = capacity_of(raw);

	if (!capacity)
		say(field, FAMFS_VERDICT_NONE, "entries published");
	else if (field->value > capacity)
		say(field, FAMFS_VERDICT_BAD, "the log has room for %" PRIu64 " entries", capacity);
	else
		say(field, FAMFS_VERDICT_OK, "entries published, %" PRIu64 " left; outside the CRC",
		    capacity - field->value);
}

void judge_next_seqnum(const struct famfs_raw *raw, struct famfs_raw_field *field)
{
	uint64_t index =
		field_value(raw, offsetof(struct omf_log_header, next_index), sizeof(le64));

	if (field->value == index)
		say(field, FAMFS_VERDICT_OK, "equal to the next index; outside the CRC");
	else if (field->value == index + 1)
		say(field, FAMFS_VERDICT_OK,
		    "one ahead of the next index: a writer was cut off, or is at it");
	else
		say(field, FAMFS_VERDICT_BAD, "the next index is %" PRIu64, index);
}
