/* SPDX-License-Identifier: Apache-2.0 */
#include "core/commands.h"
#include "core/common.h"
#include "core/inspect.h"
#include "core/options.h"
#include "core/report.h"
#include "dump/fields.h"
#include "famfs_inspect.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
	int all;
	int raw;
	bool range;
	uint64_t first, last;
} opt;

static const struct poptOption options[] = {
	{ "entry", 'e', POPT_ARG_STRING, NULL, 'e',
	  "show only these entries, with all fields, published or not", "N[-M]" },
	{ "all", 'a', POPT_ARG_NONE, &opt.all, 0, "also show slots that are not published", NULL },
	{ "raw", 0, POPT_ARG_NONE, &opt.raw, 0, "also show the bytes in hexadecimal", NULL },
	POPT_TABLEEND,
};

static int take_option(int val, const char *name, const char *value)
{
	const char *dash = strchr(value, '-');
	char first[24];
	int ret;

	(void)val;
	if (!dash)
		dash = value + strlen(value);
	if ((size_t)(dash - value) >= sizeof(first))
		return report_usage("--%s expects N or N-M, got '%s'", name, value);
	snprintf(first, sizeof(first), "%.*s", (int)(dash - value), value);
	ret = option_number(name, first, 0, UINT64_MAX - 1, &opt.first);
	opt.last = opt.first;
	if (ret == EXIT_DONE && *dash)
		ret = option_number(name, dash + 1, opt.first, UINT64_MAX - 1, &opt.last);
	opt.range = true;
	return ret;
}

struct dump {
	struct output out;
	bool details; /* every field of every entry */
	bool any;
};

/* The slot was never written, so its bytes cannot be wrong. */
static bool is_unused(const struct famfs_log_entry *entry)
{
	return entry->empty && !entry->published;
}

static const char *crc_word(const struct famfs_log_entry *entry)
{
	if (!entry->raw->crc_bytes || is_unused(entry))
		return "-";
	return entry->raw->crc_stored == entry->raw->crc_computed ? "ok" : "BAD";
}

static const char *state_word(const struct famfs_log_entry *entry)
{
	return entry->published ? "" : entry->empty ? " (empty)" : " (not published)";
}

static bool has_size(const struct famfs_log_entry *entry)
{
	return entry->type == FAMFS_ENTRY_FILE || entry->type == FAMFS_ENTRY_DAXDEV;
}

/* How readers interpret the recorded path if they do not use it unchanged, else "". */
static const char *reading(char buf[128], const struct famfs_log_entry *entry)
{
	*buf = '\0';
	if (entry->hidden)
		snprintf(buf, 128, " (hidden)");
	else if (entry->readable && strcmp(entry->path, entry->read_as) != 0)
		snprintf(buf, 128, " (read as '/%s')", entry->read_as);
	return buf;
}

static void print_row(struct dump *dump, const struct famfs_log_entry *entry)
{
	const struct famfs_raw *raw = entry->raw;
	bool unused = is_unused(entry), fault = raw->fault && !unused;
	char why[240] = "", read_as[128];
	const struct field fields[] = {
		column(8, field_number(NULL, "entry", raw->entry)),
		column(12, field_hex(NULL, "offset", raw->offset)),
		column_gap(),
		column(-8,
		       field_text(NULL, "type", unused ? "-" : famfs_entry_type_name(entry->type))),
		column(15, field_when(has_size(entry) && !unused,
				      field_number(NULL, "size", entry->fmap.size))),
		column_gap(),
		column(-5, field_text(NULL, "crc", crc_word(entry))),
		field_path(NULL, "path", entry->path),
		field_text(NULL, "", reading(read_as, entry)),
		field_text(NULL, "", state_word(entry)),
		field_text(NULL, "", why),
	};

	if (fault)
		snprintf(why, sizeof(why), "  [%s: %s]", famfs_fault_name(raw->fault),
			 raw->message);
	if (!dump->any || dump->details)
		output_heading(&dump->out, fields, COUNT_OF(fields));
	output_row(&dump->out, fields, COUNT_OF(fields));
}

static void print_extents(struct dump *dump, const struct famfs_fmap *map)
{
	output_array_begin(&dump->out, "extents");
	for (uint32_t i = 0; i < map->nextents; i++) {
		const struct famfs_extent *extent = &map->extents[i];
		const struct field fields[] = {
			field_number("daxdev", NULL, extent->daxdev),
			field_number("offset", NULL, extent->offset),
			field_number("length", NULL, extent->length),
		};

		output_row(&dump->out, fields, COUNT_OF(fields));
	}
	output_array_end(&dump->out);
}

static void print_members(struct dump *dump, const struct famfs_log_entry *entry)
{
	bool named = *entry->path != '\0', mapped = entry->type == FAMFS_ENTRY_FILE;
	bool striped = mapped && entry->fmap.type == FAMFS_FMAP_INTERLEAVED;
	char octal[16];
	const struct field fields[] = {
		field_number("entry", NULL, entry->raw->entry),
		field_bool("published", NULL, entry->published),
		field_bool("empty", NULL, entry->empty),
		field_text("type", NULL, famfs_entry_type_name(entry->type)),
		field_number("type_number", NULL, entry->recorded_type),
		field_when(named, field_path("path", NULL, entry->path)),
		field_when(entry->readable, field_path("read_as", NULL, entry->read_as)),
		field_bool("hidden", NULL, entry->hidden),
		field_when(has_size(entry), field_number("size", NULL, entry->fmap.size)),
		field_when(named, field_text("mode", NULL, octal)),
		field_when(named, field_number("uid", NULL, entry->uid)),
		field_when(named, field_number("gid", NULL, entry->gid)),
		field_when(mapped, field_text("map", NULL, striped ? "interleaved" : "simple")),
		field_when(striped, field_number("chunk_size", NULL, entry->fmap.chunk_size)),
	};

	snprintf(octal, sizeof(octal), "%04" PRIo32, entry->mode);
	output_fields(&dump->out, fields, COUNT_OF(fields));
	raw_members(&dump->out, entry->raw);
	print_extents(dump, &entry->fmap);
}

static int print_entry(void *arg, const struct famfs_log_entry *entry)
{
	struct dump *dump = arg;

	if (is_unused(entry) && !opt.range)
		return 0;
	if (dump->details && dump->any)
		output_note(&dump->out, "%s", "");
	output_item_begin(&dump->out);
	if (dump->out.json)
		print_members(dump, entry);
	else
		print_row(dump, entry);
	if (dump->details && (dump->out.json || !is_unused(entry)))
		raw_print_fields(&dump->out, entry->raw);
	if (opt.raw)
		raw_print_bytes(&dump->out, entry->raw);
	output_item_end(&dump->out);
	dump->any = true;
	return ferror(stdout);
}

/* Print the header with the whole log, not with single entries. */
static void print_header(struct dump *dump, const struct famfs_raw *raw,
			 const struct famfs_inspect_info *info)
{
	char entries[64];

	if (opt.range && !dump->out.json)
		return;
	snprintf(entries, sizeof(entries), "; %" PRIu64 " of %" PRIu64 " entries", info->published,
		 info->log_capacity);
	raw_print_structure(&dump->out, "log header", raw, entries, opt.raw);
	output_note(&dump->out, "%s", "");
}

static int print_log(struct dump *dump, struct famfs_inspect *inspect, const char *name)
{
	struct famfs_inspect_info info;
	struct famfs_error err = { 0 };
	struct famfs_raw header;
	uint64_t first = 0, count;
	int ret;

	famfs_inspect_info(inspect, &info);
	if (famfs_inspect_log_header(inspect, &header, &err) < 0)
		return report_failure(&err);
	count = opt.all ? info.log_capacity : info.published;
	if (opt.range) {
		first = opt.first;
		count = opt.last - opt.first + 1;
	}
	if (first && first >= info.log_capacity)
		return report_usage("--entry: '%s' has room for %" PRIu64
				    " entries, numbered from 0",
				    name, info.log_capacity);
	inspect_warn(name, &info);

	output_begin(&dump->out, common.json, "famfsctl.dump-log/1");
	inspect_members(&dump->out, inspect);
	print_header(dump, &header, &info);
	output_array_begin(&dump->out, "entries");
	ret = famfs_inspect_entries(inspect, first, count, print_entry, dump, &err);
	output_array_end(&dump->out);
	output_end(&dump->out);
	return ret < 0 ? report_failure(&err) : EXIT_DONE;
}

static int run(int argc, const char *const *argv)
{
	cleanup_inspect struct famfs_inspect *inspect = NULL;
	struct dump dump = { .details = opt.range || common.verbose };
	int ret = inspect_open(argv[0], &inspect);

	(void)argc;
	return ret == EXIT_DONE ? print_log(&dump, inspect, argv[0]) : ret;
}

const struct command cmd_dump_log = {
	.name = "dump-log",
	.synopsis = "[OPTION...] DEVICE|MOUNT",
	.summary = "Show the log header and all log entries, including damaged ones",
	.description =
		"Prints a line for each entry; with --verbose or --entry also all of its fields.\n"
		"It exits 0 if the log could be read, even if it is damaged; to check it, "
		"use fsck.",
	.example = "dump-log fam.img\ndump-log --entry 3-5 --raw fam.img",
	.flags = COMMAND_JSON,
	.options = options,
	.take_option = take_option,
	.min_args = 1,
	.max_args = 1,
	.arg_kinds = { VALUE_VOLUME },
	.run = run,
};
