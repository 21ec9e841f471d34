/* SPDX-License-Identifier: Apache-2.0 */
#include "media/describe.h"

#include <stdarg.h>
#include <stdio.h>

__attribute__((format(printf, 2, 3))) static void set(struct famfs_raw_field *field,
						      const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(field->meaning, sizeof(field->meaning), format, ap);
	va_end(ap);
}

DESCRIBE(crc)
{
	(void)c;
	set(field, "CRC over %zu bytes is right", raw->crc_bytes);
}

DESCRIBE(unused)
{
	size_t used = 0;

	(void)c;
	for (size_t i = 0; i < field->size; i++)
		used += raw->bytes[field->at + i] != 0;
	if (used) {
		set(field, "%zu of %zu bytes are not zero", used, field->size);
		return;
	}
	set(field, "zeros");
	field->verdict = FAMFS_VERDICT_OK;
}

DESCRIBE(mib)
{
	(void)raw, (void)c;
	set(field, "%" PRIu64 " MiB", field->value >> 20);
}

DESCRIBE(alloc_unit)
{
	(void)raw, (void)c;
	set(field, "%s",
	    field->value == OMF_ALLOC_UNIT
		    ? "2 MiB"
		    : "4 KiB; files are laid out in units of 2 MiB all the same");
}

DESCRIBE(log_length)
{
	(void)raw, (void)c;
	set(field, "%" PRIu64 " MiB, %" PRIu64 " entries", field->value >> 20,
	    omf_log_capacity(field->value));
}

DESCRIBE(minor)
{
	(void)raw, (void)c;
	if (field->value <= OMF_MINOR) {
		set(field, "media format, minor");
		field->verdict = FAMFS_VERDICT_OK;
	} else {
		set(field, "newer than %d.%d: can be read, not added to", OMF_MAJOR, OMF_MINOR);
	}
}

DESCRIBE(device_size)
{
	(void)raw;
	if (!c->device_size)
		field->verdict = FAMFS_VERDICT_NONE;
	set(field, "%s",
	    c->device_size ? "the size of the device; outside the CRC"
			   : "recorded size of the device; outside the CRC");
}

DESCRIBE(super_flags)
{
	static const char *const names[] = { "none", "primary", "secondary", "primary, secondary" };

	(void)raw, (void)c;
	set(field, "%s; outside the CRC, no reader uses them",
	    field->value < 4 ? names[field->value] : "unknown flags");
}

DESCRIBE(next_index)
{
	(void)raw;
	set(field, "entries published, %" PRIu64 " left; outside the CRC",
	    omf_log_capacity(c->log_length) - field->value);
}

DESCRIBE(next_seqnum)
{
	(void)raw;
	if (field->value == c->next_index) {
		set(field, "equal to the next index; outside the CRC");
		return;
	}
	set(field, "ahead of the next index: an append was interrupted or is in progress");
}

DESCRIBE(type)
{
	static const char *const types[] = {
		[OMF_FILE] = "a file",
		[OMF_MKDIR] = "a directory",
		[OMF_ADD_DAXDEV] = "another device",
		[OMF_INVALID] = "no file: put in the place of a damaged entry",
	};

	(void)raw, (void)c;
	set(field, "%s", types[field->value]);
}

DESCRIBE(map_type)
{
	(void)raw, (void)c;
	set(field, "%s",
	    field->value == OMF_SIMPLE ? "simple: the bytes run through the extents in order"
				       : "interleaved: chunks go round the strips");
}

DESCRIBE(count)
{
	(void)raw;
	set(field, "%s", c->map_type == OMF_INTERLEAVE ? "one interleaved extent" : "extents");
}

DESCRIBE(daxdev)
{
	(void)raw, (void)c;
	if (field->value == 0) {
		set(field, "this device");
		return;
	}
	set(field, "a device that an earlier entry added");
	field->verdict = FAMFS_VERDICT_NONE;
}

DESCRIBE(offset)
{
	(void)raw, (void)c;
	set(field, "device offset, %" PRIu64 " MiB", field->value >> 20);
}

DESCRIBE(file_size)
{
	(void)raw;
	if (!c->fmap) {
		set(field, "bytes; its map is damaged");
		field->verdict = FAMFS_VERDICT_NONE;
		return;
	}
	if (field->value == 0) {
		set(field, "bytes: an empty file");
		return;
	}
	set(field, "bytes; %" PRIu64 " behind the end", fmap_allocated(c->fmap) - field->value);
}

DESCRIBE(path)
{
	const struct path_reading *path = c->path;

	(void)raw;
	if (path_is_meta(c->read_as, path->length))
		set(field, "%zu bytes, in " META_DIR ": hidden", path->recorded);
	else if (path->length < path->recorded)
		set(field, "%zu bytes, read as '/%s'", path->recorded, c->read_as);
	else
		set(field, "%zu bytes, relative to the root", path->recorded);
}

DESCRIBE(file_flags)
{
	const char *text = field->value == 0                 ? "none"
			   : field->value == 1               ? "all hosts read"
			   : field->value == OMF_FLAG_ALL_RW ? "all hosts read and write"
							     : "unknown flags";

	(void)raw, (void)c;
	set(field, "%s; no reader uses them", text);
}
