/* SPDX-License-Identifier: Apache-2.0 */
#include "dump/wire.h"

#include "core/report.h"
#include "famfs_inspect.h"
#include "output/output.h"

#include <inttypes.h>
#include <stdio.h>

struct dump {
	struct output out;
	const struct famfs_wire *wire;
	bool first;
};

/* Prints the bytes of a field, and its value as the kernel reads it. */
static int print_field(void *arg, const struct famfs_wire_field *field)
{
	struct dump *dump = arg;
	const unsigned char *bytes = (const unsigned char *)dump->wire->data + field->offset;
	char name[64], hex[3 * 8 + 1] = "";

	for (size_t i = 0; i < field->size; i++)
		snprintf(hex + 3 * i, sizeof(hex) - 3 * i, "%02x ", bytes[i]);
	if (field->index == FAMFS_NO_INDEX)
		snprintf(name, sizeof(name), "%s.%s", field->group, field->name);
	else
		snprintf(name, sizeof(name), "%s[%" PRIu32 "].%s", field->group, field->index,
			 field->name);
	const struct field fields[] = {
		column(8, field_number("offset", "offset", field->offset)),
		column(6, field_number("size", "size", field->size)),
		column_gap(),
		column(-26, field_text(NULL, "bytes", hex)),
		column(-26, field_text("name", "field", name)),
		field_number("value", "value", field->value),
	};

	if (dump->first)
		output_heading(&dump->out, fields, COUNT_OF(fields));
	dump->first = false;
	output_row(&dump->out, fields, COUNT_OF(fields));
	return ferror(stdout);
}

static void print_file(struct dump *dump, const char *path, const char *profile)
{
	const struct field fields[] = {
		field_path("path", NULL, path),
		field_number("reply_size", NULL, dump->wire->size),
	};

	output_item_begin(&dump->out);
	if (dump->out.json)
		output_fields(&dump->out, fields, COUNT_OF(fields));
	output_note(&dump->out, "%s: GET_FMAP reply of %zu bytes, profile %s", path,
		    dump->wire->size, profile);
	output_array_begin(&dump->out, "fields");
	dump->first = true;
	famfs_wire_fields(dump->wire, print_field, dump);
	output_array_end(&dump->out);
	output_item_end(&dump->out);
}

static int dump_one(struct session *session, struct dump *dump, const char *profile,
		    const char *arg)
{
	struct famfs_error err = { 0 };
	struct famfs_wire wire;
	int ret = session_use(session, arg);

	if (ret != EXIT_DONE)
		return ret;
	if (famfs_fmap_wire(session->volume, session_path(session), profile, &wire, &err) < 0)
		return report_failure(&err);
	dump->wire = &wire;
	print_file(dump, session_path(session), profile);
	famfs_wire_free(&wire);
	return EXIT_DONE;
}

int wire_dump(struct session *session, const char *profile, bool json, int argc,
	      const char *const *argv)
{
	struct dump dump = { .first = true };
	int result = EXIT_DONE;

	output_begin(&dump.out, json, "famfsctl.wire/1");
	output_field(&dump.out, field_text("profile", NULL, profile));
	output_array_begin(&dump.out, "files");
	for (int i = 0; i < argc && !ferror(stdout); i++) {
		int ret = dump_one(session, &dump, profile, argv[i]);

		if (ret != EXIT_DONE)
			result = ret;
	}
	output_array_end(&dump.out);
	output_end(&dump.out);
	return result;
}
