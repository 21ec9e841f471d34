/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Results on stdout. A command describes a result once, as fields; they come out as text for
 * people or as members of a JSON object. Rows are written at once, so that a million of them
 * need no memory. Errors of stdout are found by main() at the end.
 */
#ifndef CLI_OUTPUT_OUTPUT_H
#define CLI_OUTPUT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum field_kind {
	FIELD_NUMBER,
	FIELD_SIZE, /* bytes: "4 GiB (4294967296)" in text */
	FIELD_HEX,  /* hexadecimal in text, a number in JSON */
	FIELD_TEXT,
	FIELD_PATH, /* escaped in text; JSON adds KEY_hex when it is not UTF-8 */
	FIELD_UUID,
	FIELD_BOOL,
	FIELD_NULL,
};

struct field {
	const char *key;   /* in JSON; NULL: only in text */
	const char *label; /* in text; NULL: only in JSON */
	enum field_kind kind;
	int width; /* of the column in a row of text, negative: to the left */
	union {
		uint64_t number;
		const char *text;
		const uint8_t *uuid;
		bool flag;
	};
};

/*
 * Constructors. `key` is the name in JSON; NULL leaves the field out there. `label` is the name in
 * text; NULL leaves it out there. A text, path or uuid that is NULL becomes null in JSON and "-" in
 * text.
 */
static inline struct field field_number(const char *key, const char *label, uint64_t number)
{
	return (struct field){ .key = key, .label = label, .kind = FIELD_NUMBER, .number = number };
}

static inline struct field field_size(const char *key, const char *label, uint64_t bytes)
{
	return (struct field){ .key = key, .label = label, .kind = FIELD_SIZE, .number = bytes };
}

static inline struct field field_hex(const char *key, const char *label, uint64_t number)
{
	return (struct field){ .key = key, .label = label, .kind = FIELD_HEX, .number = number };
}

static inline struct field field_text(const char *key, const char *label, const char *text)
{
	enum field_kind kind = text ? FIELD_TEXT : FIELD_NULL;

	return (struct field){ .key = key, .label = label, .kind = kind, .text = text };
}

static inline struct field field_path(const char *key, const char *label, const char *path)
{
	enum field_kind kind = path ? FIELD_PATH : FIELD_NULL;

	return (struct field){ .key = key, .label = label, .kind = kind, .text = path };
}

static inline struct field field_uuid(const char *key, const char *label, const uint8_t *uuid)
{
	enum field_kind kind = uuid ? FIELD_UUID : FIELD_NULL;

	return (struct field){ .key = key, .label = label, .kind = kind, .uuid = uuid };
}

static inline struct field field_bool(const char *key, const char *label, bool flag)
{
	return (struct field){ .key = key, .label = label, .kind = FIELD_BOOL, .flag = flag };
}

/* The field if its value is known, else a null of the same name. */
static inline struct field field_when(bool known, struct field field)
{
	if (!known)
		field.kind = FIELD_NULL;
	return field;
}

/* The field in a column of a row of text; a negative width aligns it to the left. */
static inline struct field column(int width, struct field field)
{
	field.width = width;
	return field;
}

/* Two blanks, between a column that is aligned to the right and one that is aligned to the left. */
static inline struct field column_gap(void)
{
	return field_text(NULL, "  ", "  ");
}

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#define OUTPUT_DEPTH 6

struct output {
	bool json;
	unsigned depth;
	bool filled[OUTPUT_DEPTH]; /* the object or array at this depth has a member */
};

/* The outermost object, which names its schema. */
void output_begin(struct output *out, bool json, const char *schema);
void output_end(struct output *out);

/* An array in the open object. Nothing in text. */
void output_array_begin(struct output *out, const char *key);
void output_array_end(struct output *out);

/* An object in the open array, to be filled by output_fields() and arrays. Nothing in text. */
void output_item_begin(struct output *out);
void output_item_end(struct output *out);

/* Members of the open object; in text a line each. One alone needs no array. */
void output_fields(struct output *out, const struct field *fields, size_t count);
void output_field(struct output *out, struct field field);

/* A whole object in the open array; in text a line with a column for each field. */
void output_row(struct output *out, const struct field *fields, size_t count);

/* Prints the labels of columns above rows. Prints nothing in JSON. */
void output_heading(struct output *out, const struct field *fields, size_t count);

/* Prints the action of a command that has no other output: "would VERB ..." in a dry run, "DONE
 * ..." with --verbose, else nothing. Escapes the text. */
void output_action(const char *verb, const char *done, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Prints a line of text, escaped. Prints nothing in JSON. */
void output_note(struct output *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
