/* SPDX-License-Identifier: Apache-2.0 */
#include "output/output.h"
#include "core/cleanup.h"
#include "core/common.h"
#include "famfs.h"
#include "output/json.h"
#include "output/text.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <uuid/uuid.h>

#define LABEL_WIDTH 17

static void json_value(const struct field *field)
{
	char uuid[UUID_STR_LEN];

	switch (field->kind) {
	case FIELD_NUMBER:
	case FIELD_SIZE:
	case FIELD_HEX: printf("%" PRIu64, field->number); break;
	case FIELD_TEXT:
	case FIELD_PATH: json_put_string(stdout, field->text); break;
	case FIELD_UUID:
		uuid_unparse_lower(field->uuid, uuid);
		json_put_string(stdout, uuid);
		break;
	case FIELD_BOOL: fputs(field->flag ? "true" : "false", stdout); break;
	case FIELD_NULL: fputs("null", stdout); break;
	}
}

/* Start a line for each row, so that JSON can be read and compared by lines. */
static void json_separate(struct output *out, bool row)
{
	if (out->filled[out->depth])
		putchar(',');
	if (row)
		putchar('\n');
	out->filled[out->depth] = true;
}

static void json_open(struct output *out, char bracket)
{
	assert(out->depth + 1 < OUTPUT_DEPTH);
	putchar(bracket);
	out->filled[++out->depth] = false;
}

static void json_close(struct output *out, char bracket)
{
	putchar(bracket);
	out->depth--;
}

static void json_member(struct output *out, const struct field *field)
{
	json_separate(out, false);
	printf("\"%s\":", field->key);
	json_value(field);
	if (field->kind != FIELD_PATH || famfs_is_utf8(field->text))
		return;
	printf(",\"%s_hex\":\"", field->key);
	for (const unsigned char *p = (const unsigned char *)field->text; *p; p++)
		printf("%02x", *p);
	putchar('"');
}

static void json_members(struct output *out, const struct field *fields, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (fields[i].key)
			json_member(out, &fields[i]);
	}
}

static void print_escaped(const char *text, int width)
{
	cleanup_free char *escaped = text_escape(text);

	printf("%*s", width, escaped ? escaped : "");
}

static void print_value(const struct field *field, int width)
{
	char text[64], size[TEXT_SIZE_LENGTH];

	switch (field->kind) {
	case FIELD_NUMBER: printf("%*" PRIu64, width, field->number); return;
	case FIELD_HEX: snprintf(text, sizeof(text), "0x%" PRIx64, field->number); break;
	case FIELD_TEXT:
	case FIELD_PATH: print_escaped(field->text, width); return;
	case FIELD_BOOL: snprintf(text, sizeof(text), "%s", field->flag ? "yes" : "no"); break;
	case FIELD_NULL: snprintf(text, sizeof(text), "-"); break;
	case FIELD_UUID: uuid_unparse_lower(field->uuid, text); break;
	case FIELD_SIZE:
		text_size(size, field->number);
		if (field->number < 1024)
			snprintf(text, sizeof(text), "%s", size);
		else
			snprintf(text, sizeof(text), "%s (%" PRIu64 ")", size, field->number);
		break;
	}
	printf("%*s", width, text);
}

void output_begin(struct output *out, bool json, const char *schema)
{
	*out = (struct output){ .json = json };
	if (!json)
		return;
	json_open(out, '{');
	output_field(out, field_text("schema", NULL, schema));
}

void output_end(struct output *out)
{
	if (!out->json)
		return;
	json_close(out, '}');
	putchar('\n');
	assert(out->depth == 0);
}

void output_array_begin(struct output *out, const char *key)
{
	if (!out->json)
		return;
	json_separate(out, false);
	printf("\"%s\":", key);
	json_open(out, '[');
}

void output_array_end(struct output *out)
{
	if (out->json)
		json_close(out, ']');
}

void output_item_begin(struct output *out)
{
	if (!out->json)
		return;
	json_separate(out, true);
	json_open(out, '{');
}

void output_item_end(struct output *out)
{
	if (out->json)
		json_close(out, '}');
}

void output_fields(struct output *out, const struct field *fields, size_t count)
{
	if (out->json) {
		json_members(out, fields, count);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (!fields[i].label)
			continue;
		printf("%-*s ", LABEL_WIDTH, fields[i].label);
		print_value(&fields[i], 0);
		putchar('\n');
	}
}

void output_field(struct output *out, struct field field)
{
	output_fields(out, &field, 1);
}

void output_row(struct output *out, const struct field *fields, size_t count)
{
	if (out->json) {
		output_item_begin(out);
		json_members(out, fields, count);
		output_item_end(out);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (fields[i].label)
			print_value(&fields[i], fields[i].width);
	}
	putchar('\n');
}

void output_heading(struct output *out, const struct field *fields, size_t count)
{
	if (out->json)
		return;
	for (size_t i = 0; i < count; i++) {
		if (fields[i].label)
			printf("%*s", fields[i].width, fields[i].label);
	}
	putchar('\n');
}

void output_action(const char *verb, const char *done, const char *format, ...)
{
	cleanup_free char *text = NULL;
	va_list args;

	if (common.quiet || !(common.dry_run || common.verbose))
		return;
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	printf("%s%s ", common.dry_run ? "would " : "", common.dry_run ? verb : done);
	print_escaped(text ? text : "", 0);
	putchar('\n');
}

void output_note(struct output *out, const char *format, ...)
{
	cleanup_free char *text = NULL;
	va_list args;

	if (out->json)
		return;
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	print_escaped(text ? text : "", 0);
	putchar('\n');
}
