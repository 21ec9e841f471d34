/* SPDX-License-Identifier: Apache-2.0 */
#include "map/map.h"
#include "core/cleanup.h"
#include "core/commands.h"
#include "core/common.h"
#include "core/device.h"
#include "core/inspect.h"
#include "core/options.h"
#include "core/report.h"
#include "core/session.h"
#include "famfs.h"
#include "output/newfile.h"

#include <stdio.h>
#include <string.h>

static struct {
	char *svg;
} opt;

static const struct poptOption options[] = {
	{ "svg", 0, POPT_ARG_STRING, NULL, 's',
	  "write the picture as SVG, to stdout if FILE is \"-\"", "FILE" },
	POPT_TABLEEND,
};

static int take_option(int val, const char *name, const char *value)
{
	(void)val;
	if (!*value)
		return report_usage("--%s expects a file, got ''", name);
	return option_string(&opt.svg, value);
}

/* Refuse to write the picture over the device it shows. */
static int check_svg(const char *arg)
{
	cleanup_target struct famfs_target *target = NULL;

	if (famfs_target_resolve(arg, &target, NULL) < 0)
		return EXIT_DONE;
	if (same_device(opt.svg, target->device)) {
		report_as(REPORT_REFUSED, 0,
			  "'%s' is the device to show, not a file for the picture", opt.svg);
		return EXIT_REFUSED;
	}
	return EXIT_DONE;
}

static int write_svg(const struct space_map *map, const char *name)
{
	struct new_file file;
	int ret;

	if (strcmp(opt.svg, "-") == 0) {
		map_print_svg(stdout, map, name);
		return EXIT_DONE;
	}
	ret = new_file_open(&file, opt.svg);
	if (ret != EXIT_DONE)
		return ret;
	map_print_svg(file.stream, map, name);
	return new_file_finish(&file);
}

static void print_regions(struct output *out, const struct space_map *map)
{
	output_array_begin(out, "regions");
	for (size_t i = 0; i < map->nregions && !ferror(stdout); i++) {
		const struct space_region *region = &map->regions[i];
		const struct space_file *file = space_region_file(map, region);
		bool shared = region->other != NO_SEGMENT;
		uint64_t entry = file ? file->entry : 0;
		uint64_t strip = file ? map->segments[region->segment].strip : 0;
		uint64_t other = shared ? map->files[map->segments[region->other].file].entry : 0;
		const struct field fields[] = {
			field_number("offset", NULL, region->offset),
			field_number("length", NULL, region->length),
			field_text("kind", NULL, region_kind_name(region->kind)),
			field_when(file, field_number("entry", NULL, entry)),
			field_when(file && file->chunk_size, field_number("strip", NULL, strip)),
			field_when(shared, field_number("shared_with", NULL, other)),
		};

		output_row(out, fields, COUNT_OF(fields));
	}
	output_array_end(out);
}

static void print_files(struct output *out, const struct space_map *map)
{
	output_array_begin(out, "files");
	for (size_t i = 0; i < map->nfiles && !ferror(stdout); i++) {
		const struct space_file *file = &map->files[i];
		const struct field fields[] = {
			field_number("entry", NULL, file->entry),
			field_when(!file->kept, field_path("path", NULL, space_path(map, file))),
			field_number("size", NULL, file->size),
			field_number("extents", NULL, file->nsegments),
			field_when(file->chunk_size,
				   field_number("chunk_size", NULL, file->chunk_size)),
			field_text("fault", NULL, file->fault),
		};

		output_row(out, fields, COUNT_OF(fields));
	}
	output_array_end(out);
}

static void print_json(const struct space_map *map, const struct famfs_inspect *inspect)
{
	const struct field fields[] = {
		field_when(map->info.uuid_known, field_uuid("uuid", NULL, map->info.uuid)),
		field_number("damaged_entries", NULL, map->damaged),
		field_number("extents_elsewhere", NULL, map->elsewhere),
	};
	struct output out;

	output_begin(&out, true, "famfsctl.map/1");
	inspect_members(&out, inspect);
	output_fields(&out, fields, COUNT_OF(fields));
	print_regions(&out, map);
	print_files(&out, map);
	output_end(&out);
}

static int show(struct famfs_inspect *inspect, const char *name)
{
	struct space_map map;
	int ret = space_map_read(inspect, &map);

	if (ret == EXIT_DONE) {
		inspect_warn(name, &map.info);
		if (opt.svg)
			ret = write_svg(&map, name);
		if (common.json)
			print_json(&map, inspect);
		else if (!opt.svg)
			ret = map_print_text(&map, name, common.verbose);
	}
	space_map_clear(&map);
	return ret;
}

static int run(int argc, const char *const *argv)
{
	cleanup_inspect struct famfs_inspect *inspect = NULL;
	int ret = EXIT_DONE;

	(void)argc;
	if (opt.svg && common.json && strcmp(opt.svg, "-") == 0)
		ret = report_usage("--svg=- and --json exclude each other");
	else if (opt.svg)
		ret = check_svg(argv[0]);
	if (ret == EXIT_DONE)
		ret = inspect_open(argv[0], &inspect);
	if (ret == EXIT_DONE)
		ret = show(inspect, argv[0]);
	free(opt.svg);
	opt.svg = NULL;
	return ret;
}

const struct command cmd_map = {
	.name = "map",
	.synopsis = "[OPTION...] DEVICE|MOUNT",
	.summary = "Show a whole device as a picture: log, files, stripes, free space, damage",
	.description = "With --verbose it also lists the place of each file.",
	.example = "map fam.img\nmap --svg fam.svg fam.img",
	.flags = COMMAND_JSON,
	.options = options,
	.take_option = take_option,
	.min_args = 1,
	.max_args = 1,
	.arg_kinds = { VALUE_VOLUME },
	.run = run,
};
