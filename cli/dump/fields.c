/* SPDX-License-Identifier: Apache-2.0 */
#include "dump/fields.h"

#include "output/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <uuid/uuid.h>

#define CRC_LENGTH 24

#define TEXT_MAX 80 /* bytes of a text field */
#define HEX_MAX  16 /* bytes of a field whose bytes are shown */

/* "0x1a2b" for JSON, where 64 bits and more are strings. Returns buf. */
static const char *raw_crc(char buf[CRC_LENGTH], uint64_t crc)
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
		field_number("offset", NULL, raw->offset),
		field_number("bytes", NULL, raw->size),
		field_text("crc_stored", NULL, raw_crc(stored, raw->crc_stored)),
		field_text("crc_computed", NULL, raw_crc(computed, raw->crc_computed)),
		field_bool("crc_ok", NULL, raw->crc_bytes && raw->crc_stored == raw->crc_computed),
		field_when(raw->fault, field_text("fault", NULL, famfs_fault_name(raw->fault))),
		field_when(raw->fault, field_text("message", NULL, raw->message)),
	};

	output_fields(out, fields, COUNT_OF(fields));
}

struct dump {
	struct output *out;
	const struct famfs_raw *raw;
	bool any;
};

/* The value for people, and as a string in JSON; JSON has numbers as numbers. */
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
		column(12, field_hex(NULL, "offset", field->offset)),
		column(6, field_number(NULL, "size", field->size)),
		column_gap(),
		column(-4, field_text(NULL, "", verdict_word(field->verdict))),
		column(-27, field_text(NULL, "field", name)),
		column(-20, field_path(NULL, "value", text)),
		column_gap(),
		field_text(NULL, "meaning", field->meaning),
	};

	if (field->index == FAMFS_NO_INDEX)
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
	bool indexed = field->index != FAMFS_NO_INDEX;
	bool number = field->kind == FAMFS_RAW_NUMBER;
	const struct field fields[] = {
		field_text("group", NULL, field->group),
		field_when(indexed, field_number("index", NULL, field->index)),
		field_text("name", NULL, field->name),
		field_number("offset", NULL, field->offset),
		field_number("bytes", NULL, field->size),
		field_text("raw", NULL, hex),
		number ? field_number("value", NULL, field->value)
		       : field_when(field->kind != FAMFS_RAW_UNUSED,
				    field_path("value", NULL, text)),
		field_when(field->verdict != FAMFS_VERDICT_NONE,
			   field_text("verdict", NULL,
				      field->verdict == FAMFS_VERDICT_OK ? "ok" : "bad")),
		field_text("meaning", NULL, field->meaning),
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

/* The last line is always printed, so that the end is visible. */
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
		output_field(out, field_text("raw", NULL, hex));
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
	output_array_begin(out, "structures");
	output_item_begin(out);
	output_field(out, field_text("structure", NULL, name));
	raw_members(out, raw);
	output_note(out, "%s at 0x%" PRIx64 ", %zu bytes: %s%s%s", name, raw->offset, raw->size,
		    raw->fault ? "BAD, " : "ok", raw->fault ? raw->message : "", more);
	raw_print_fields(out, raw);
	if (bytes)
		raw_print_bytes(out, raw);
	output_item_end(out);
	output_array_end(out);
}
