/* SPDX-License-Identifier: Apache-2.0 */
#include "core/commands.h"
#include "core/common.h"
#include "core/device.h"
#include "core/options.h"
#include "core/report.h"
#include "core/session.h"
#include "dump/wire.h"
#include "famfs.h"
#include "output/output.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static struct {
	int recursive;
	const char *wire; /* name of a profile; NULL: print the map from the log */
} opt;

static const struct word profiles[] = {
	{ "v1", "RFC v1 of the kernel patches, April 2025" },
	{ "v2", "RFC v2, July 2025" },
	{ "pull", "v3 to v10, January to March 2026" },
	{ "push", "the push ioctl, June 2026" },
	{ NULL, NULL },
};

static const struct option_value values[] = {
	{ "wire", VALUE_WORD, profiles },
	{ NULL, VALUE_NONE, NULL },
};

static const struct poptOption options[] = {
	{ "recursive", 'r', POPT_ARG_NONE, &opt.recursive, 0,
	  "show all files below a directory, not only those in it", NULL },
	{ "wire", 'w', POPT_ARG_STRING, NULL, 'w',
	  "show the bytes that a kernel receives instead: v1, v2, pull or push", "PROFILE" },
	POPT_TABLEEND,
};

static int take_option(int val, const char *name, const char *value)
{
	unsigned index;
	int ret = option_word(name, value, profiles, &index);

	(void)val;
	if (ret == EXIT_DONE)
		opt.wire = profiles[index].name;
	return ret;
}

struct dump {
	struct output out;
	struct famfs_volume *volume;
	int result;
};

static void print_daxdevs(struct dump *dump)
{
	uint32_t count = famfs_daxdev_count(dump->volume);

	output_array_begin(&dump->out, "daxdevs");
	for (uint32_t i = 0; i < count; i++) {
		struct famfs_daxdev dev;

		if (famfs_daxdev(dump->volume, i, &dev) < 0)
			continue;
		output_note(&dump->out, "device %" PRIu32 ": %s", dev.index, dev.name);
		if (!dump->out.json)
			continue;
		const struct field fields[] = {
			field_number("index", NULL, dev.index),
			field_path("name", NULL, dev.name),
			field_number("size", NULL, dev.size),
		};
		output_row(&dump->out, fields, COUNT_OF(fields));
	}
	output_array_end(&dump->out);
}

static void print_file(struct dump *dump, const char *path, const struct famfs_fmap *map)
{
	bool interleaved = map->type == FAMFS_FMAP_INTERLEAVED;
	const struct field fields[] = {
		field_path("path", NULL, path),
		field_number("size", NULL, map->size),
		field_text("type", NULL, interleaved ? "interleaved" : "simple"),
		field_number("nstrips", NULL, map->nextents),
		field_number("chunk_size", NULL, map->chunk_size),
	};

	output_note(&dump->out, "%s", "");
	if (dump->out.json) {
		output_fields(&dump->out, fields, interleaved ? 5 : 3);
	} else if (interleaved) {
		output_note(&dump->out,
			    "%s: %" PRIu64 " bytes, interleaved: %" PRIu32
			    " strips, chunk size %" PRIu64,
			    path, map->size, map->nextents, map->chunk_size);
	} else {
		output_note(&dump->out, "%s: %" PRIu64 " bytes, simple", path, map->size);
	}
}

static void print_extents(struct dump *dump, const struct famfs_fmap *map)
{
	uint64_t logical = 0;

	output_array_begin(&dump->out, "extents");
	for (uint32_t i = 0; i < map->nextents; i++) {
		const struct famfs_extent *extent = &map->extents[i];
		const struct field fields[] = {
			column(5, field_number(NULL, "ext", i)),
			column(19, field_hex(NULL, "logical", logical)),
			column(8, field_number("daxdev", "device", extent->daxdev)),
			column(19, field_hex("offset", "offset", extent->offset)),
			column(19, field_hex("length", "length", extent->length)),
		};

		if (i == 0)
			output_heading(&dump->out, fields, COUNT_OF(fields));
		output_row(&dump->out, fields, COUNT_OF(fields));
		logical += map->type == FAMFS_FMAP_INTERLEAVED ? map->chunk_size : extent->length;
	}
	output_array_end(&dump->out);
}

static int visit(void *arg, const char *path, const struct famfs_stat *st)
{
	struct dump *dump = arg;
	struct famfs_error err = { 0 };
	struct famfs_fmap map;

	if (!S_ISREG(st->mode))
		return 0;
	if (famfs_fmap(dump->volume, path, &map, &err) < 0) {
		dump->result = report_failure(&err);
		return 0;
	}
	output_item_begin(&dump->out);
	print_file(dump, path, &map);
	print_extents(dump, &map);
	output_item_end(&dump->out);

	/* Stop when stdout is broken; main() reports it. */
	return ferror(stdout) ? 1 : 0;
}

static int check_same_device(struct session *session, int argc, const char *const *argv)
{
	for (int i = 1; i < argc; i++) {
		int ret = session_resolve(session, argv[i]);

		if (ret != EXIT_DONE)
			return ret;
		if (!same_device(session->device, session->target->device))
			return report_usage("'%s' and '%s' lie on different devices", argv[0],
					    argv[i]);
	}
	return EXIT_DONE;
}

static int run(int argc, const char *const *argv)
{
	cleanup_session struct session session = SESSION_READ;
	struct dump dump = { 0 };
	int ret;

	if (opt.wire && opt.recursive)
		return report_usage("--wire takes files, not --recursive");
	ret = session_use(&session, argv[0]);
	if (ret == EXIT_DONE && opt.wire)
		return wire_dump(&session, opt.wire, common.json, argc, argv);
	if (ret == EXIT_DONE)
		ret = check_same_device(&session, argc, argv);
	if (ret != EXIT_DONE)
		return ret;

	dump.volume = session.volume;
	output_begin(&dump.out, common.json, "famfsctl.dump-fmap/1");
	print_daxdevs(&dump);
	output_array_begin(&dump.out, "files");
	for (int i = 0; i < argc; i++) {
		struct famfs_error err = { 0 };

		ret = session_resolve(&session, argv[i]);
		if (ret != EXIT_DONE)
			dump.result = ret;
		else if (famfs_walk(dump.volume, session_path(&session), opt.recursive, visit,
				    &dump, &err) < 0)
			dump.result = report_failure(&err);
	}
	output_array_end(&dump.out);
	output_end(&dump.out);
	return dump.result;
}

const struct command cmd_dump_fmap = {
	.name = "dump-fmap",
	.synopsis = "[OPTION...] PATH...",
	.summary = "Show where the bytes of files are, according to the log",
	.example = "dump-fmap --json fam.img:/data/a",
	.flags = COMMAND_JSON,
	.options = options,
	.values = values,
	.take_option = take_option,
	.min_args = 1,
	.arg_kinds = { VALUE_PATH },
	.run = run,
};
