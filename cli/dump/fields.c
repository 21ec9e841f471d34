/* SPDX-License-Identifier: Apache-2.0 */
#include "dump/fields.h"

#include "output/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <uuid/uuid.h>

#define TEXT_MAX 80 /* bytes of a text field */
#define HEX_MAX  16 /* bytes of a field whose bytes are shown */

const char *raw_crc(char buf[CRC_LENGTH], uint64_t crc)
{
	snprintf(buf, CRC_LENGTH, "0x%08" PRIx64, crc);
	return buf;
}

static void hex_of(char *buf, const unsigned char *bytes, size_t count)
{
	*buf = '\0';
	for (size_t i = 0; i < count; i++)
		snprintf(buf + 2 * i, 3, "%02x", bytes[i]);
}

void raw_members(struct output *out, const struct famfs_raw *raw)
{
	char stored[CRC_LENGTH], computed[CRC_LENGTH];
	const struct field fields[] = {
		{ .key = "offset", .kind = FIELD_NUMBER, .number = raw->offset },
		{ .key = "bytes", .kind = FIELD_NUMBER, .number = raw->size },
		{ .key = "crc_stored",
		  .kind = FIELD_TEXT,
		  .text = raw_crc(stored, raw->crc_stored) },
		{ .key = "crc_computed",
		  .kind = FIELD_TEXT,
		  .text = raw_crc(computed, raw->crc_computed) },
		{ .key = "crc_ok",
		  .kind = FIELD_BOOL,
		  .flag = raw->crc_bytes && raw->crc_stored == raw->crc_computed },
		{ .key = "fault",
		  .kind = raw->fault ? FIELD_TEXT : FIELD_NULL,
		  .text = raw->fault },
		{ .key = "message",
		  .kind = raw->fault ? FIELD_TEXT : FIELD_NULL,
		  .text = raw->message },
	};

	output_fields(out, fields, COUNT_OF(fields));
}

struct dump {
	struct output *out;
	const struct famfs_raw *raw;
	bool any;
};

/* What the bytes say, for people and as a string in JSON; numbers come as numbers. */
static void value_text(char buf[TEXT_MAX + 1], const struct famfs_raw_field *field,
		       const unsigned char *bytes)
{
	switch (field->kind) {
	case FAMFS_RAW_NUMBER: snprintf(buf, TEXT_MAX + 1, "%" PRIu64, field->value); break;
	case FAMFS_RAW_HEX: snprintf(buf, TEXT_MAX + 1, "0x%" PRIx64, field->value); break;
	case FAMFS_RAW_OCTAL: snprintf(buf, TEXT_MAX + 1, "%04" PRIo64, field->value); break;
	case FAMFS_RAW_UUID: uuid_unparse_lower(bytes, buf); break;
	case FAMFS_RAW_TEXT:
		memcpy(buf, bytes, strnlen((const char *)bytes, field->size));
		buf[strnlen((const char *)bytes, field->size)] = '\0';
		break;
	case FAMFS_RAW_UNUSED: *buf = '\0'; break;
	}
}

static const char *verdict_word(enum famfs_verdict verdict)
{
	switch (verdict) {
	case FAMFS_VERDICT_OK: return "ok";
	case FAMFS_VERDICT_BAD: return "BAD";
	case FAMFS_VERDICT_NONE: break;
	}
	return "-";
}

static void print_row(struct dump *dump, const struct famfs_raw_field *field, const char *text)
{
	char name[48];
	const struct field fields[] = {
		{ .label = "offset", .width = 12, .kind = FIELD_HEX, .number = field->offset },
		{ .label = "size", .width = 6, .kind = FIELD_NUMBER, .number = field->size },
		{ .label = "  ", .kind = FIELD_TEXT, .text = "  " },
		{ .label = "",
		  .width = -4,
		  .kind = FIELD_TEXT,
		  .text = verdict_word(field->verdict) },
		{ .label = "field", .width = -27, .kind = FIELD_TEXT, .text = name },
		{ .label = "value", .width = -20, .kind = FIELD_PATH, .text = text },
		{ .label = "  ", .kind = FIELD_TEXT, .text = "  " },
		{ .label = "meaning", .kind = FIELD_TEXT, .text = field->meaning },
	};

	if (field->index == FAMFS_WIRE_NO_INDEX)
		snprintf(name, sizeof(name), "%s", field->name);
	else
		snprintf(name, sizeof(name), "%s[%" PRIu32 "].%s", field->group, field->index,
			 field->name);
	if (!dump->any)
		output_heading(dump->out, fields, COUNT_OF(fields));
	output_row(dump->out, fields, COUNT_OF(fields));
}

static void print_object(struct dump *dump, const struct famfs_raw_field *field, const char *text)
{
	const unsigned char *bytes = dump->raw->bytes + field->at;
	char hex[2 * FAMFS_RAW_SIZE + 1];
	bool indexed = field->index != FAMFS_WIRE_NO_INDEX;
	bool number = field->kind == FAMFS_RAW_NUMBER;
	const struct field fields[] = {
		{ .key = "group", .kind = FIELD_TEXT, .text = field->group },
		{ .key = "index",
		  .kind = indexed ? FIELD_NUMBER : FIELD_NULL,
		  .number = field->index },
		{ .key = "name", .kind = FIELD_TEXT, .text = field->name },
		{ .key = "offset", .kind = FIELD_NUMBER, .number = field->offset },
		{ .key = "bytes", .kind = FIELD_NUMBER, .number = field->size },
		{ .key = "raw", .kind = FIELD_TEXT, .text = hex },
		number ? (struct field){ .key = "value",
					 .kind = FIELD_NUMBER,
					 .number = field->value }
		       : (struct field){ .key = "value",
					 .kind = field->kind == FAMFS_RAW_UNUSED ? FIELD_NULL
										 : FIELD_PATH,
					 .text = text },
		{ .key = "verdict",
		  .kind = field->verdict == FAMFS_VERDICT_NONE ? FIELD_NULL : FIELD_TEXT,
		  .text = field->verdict == FAMFS_VERDICT_OK ? "ok" : "bad" },
		{ .key = "meaning", .kind = FIELD_TEXT, .text = field->meaning },
	};

	hex_of(hex, bytes, field->size);
	output_row(dump->out, fields, COUNT_OF(fields));
}

static int print_field(void *arg, const struct famfs_raw_field *field)
{
	struct dump *dump = arg;
	char text[TEXT_MAX + 1];

	value_text(text, field, dump->raw->bytes + field->at);
	if (dump->out->json)
		print_object(dump, field, text);
	else
		print_row(dump, field, text);
	dump->any = true;
	return ferror(stdout);
}

void raw_print_fields(struct output *out, const struct famfs_raw *raw)
{
	struct dump dump = { .out = out, .raw = raw };

	output_array_begin(out, "fields");
	famfs_raw_fields(raw, print_field, &dump);
	output_array_end(out);
}

static void print_line(const struct famfs_raw *raw, size_t at)
{
	printf("%12" PRIx64 " ", raw->offset + at);
	for (size_t i = at; i < at + HEX_MAX; i++) {
		if (i % 8 == 0)
			putchar(' ');
		if (i < raw->size)
			printf("%02x ", raw->bytes[i]);
		else
			fputs("   ", stdout);
	}
	fputs(" |", stdout);
	for (size_t i = at; i < at + HEX_MAX && i < raw->size; i++)
		putchar(raw->bytes[i] >= 0x20 && raw->bytes[i] < 0x7f ? raw->bytes[i] : '.');
	fputs("|\n", stdout);
}

/* The last line is always shown, so that the end can be seen. */
static bool same_as_before(const struct famfs_raw *raw, size_t at)
{
	return at >= HEX_MAX && at + HEX_MAX < raw->size &&
	       memcmp(raw->bytes + at, raw->bytes + at - HEX_MAX, HEX_MAX) == 0;
}

void raw_print_bytes(struct output *out, const struct famfs_raw *raw)
{
	char hex[2 * FAMFS_RAW_SIZE + 1];

	if (out->json) {
		hex_of(hex, raw->bytes, raw->size);
		output_fields(out, &(struct field){ .key = "raw", .kind = FIELD_TEXT, .text = hex },
			      1);
		return;
	}
	for (size_t at = 0; at < raw->size; at += HEX_MAX) {
		bool again = same_as_before(raw, at);

		if (!again)
			print_line(raw, at);
		else if (!same_as_before(raw, at - HEX_MAX))
			puts("*");
	}
}

void raw_print_structure(struct output *out, const char *name, const struct famfs_raw *raw,
			 const char *more, bool bytes)
{
	const struct field structure = { .key = "structure", .kind = FIELD_TEXT, .text = name };

	output_array_begin(out, "structures");
	output_item_begin(out);
	output_fields(out, &structure, 1);
	raw_members(out, raw);
	output_note(out, "%s at 0x%" PRIx64 ", %zu bytes: %s%s%s", name, raw->offset, raw->size,
		    raw->fault ? "BAD, " : "ok", raw->fault ? raw->message : "", more);
	raw_print_fields(out, raw);
	if (bytes)
		raw_print_bytes(out, raw);
	output_item_end(out);
	output_array_end(out);
}
