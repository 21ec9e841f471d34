/* SPDX-License-Identifier: Apache-2.0 */
#include "core/commands.h"
#include "core/common.h"
#include "core/device.h"
#include "core/report.h"
#include "core/session.h"
#include "famfs.h"
#include "output/output.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static struct {
	int all;
} opt;

static const struct poptOption options[] = {
	{ "all", 'a', POPT_ARG_NONE, &opt.all, 0,
	  "also list devices that cannot hold a famfs: system memory, disabled, empty", NULL },
	POPT_TABLEEND,
};

/* The contents of one device. */
struct contents {
	char path[80];
	char mountpoint[PATH_MAX]; /* empty: not mounted here */
	bool famfs;
	struct famfs_info info;
	struct famfs_error err; /* why the contents are unknown; code 0: they are known */
};

struct listing {
	struct output out;
	bool any;
};

static int find_mount(void *arg, const struct famfs_mount_info *mount)
{
	struct contents *contents = arg;

	if (!same_device(contents->path, mount->device))
		return 0;
	snprintf(contents->mountpoint, sizeof(contents->mountpoint), "%s", mount->mountpoint);
	return 1;
}

/* Read through the mount if there is one: it is the only way to read a device in famfs mode. */
static void look_inside(struct contents *contents)
{
	const struct famfs_volume_params reading = { 0 };
	struct famfs_target *target = NULL;
	struct famfs_volume *vol;
	int ret =
		famfs_target_resolve(*contents->mountpoint ? contents->mountpoint : contents->path,
				     &target, &contents->err);

	if (ret == 0)
		ret = famfs_open(target, &reading, &vol, &contents->err);
	famfs_target_free(target);
	if (ret == -EMEDIUMTYPE)
		contents->err.code = 0;
	if (ret < 0)
		return;
	famfs_info(vol, &contents->info);
	famfs_close(vol);
	contents->famfs = true;
}

static void print_device(struct output *out, const struct famfs_dax_info *dax,
			 const struct contents *contents, bool first)
{
	bool famfs = contents->famfs, mounted = *contents->mountpoint;
	const char *role = contents->info.role == FAMFS_ROLE_MASTER ? "master" : "client";
	const struct field fields[] = {
		column(-14, field_path("device", "device", contents->path)),
		column(-24, field_size("size", "size", dax->size)),
		column(-17, field_size("align", "alignment", dax->align)),
		column(-11, field_text("mode", "mode", famfs_dax_mode_name(dax->mode))),
		column(-5, field_when(dax->numa_node >= 0,
				      field_number("numa_node", "node", (uint64_t)dax->numa_node))),
		field_bool("famfs", NULL, famfs),
		column(-37, field_when(famfs, field_uuid("uuid", "famfs", contents->info.uuid))),
		column(-7, field_when(famfs, field_text("role", "role", role))),
		field_when(mounted, field_path("mountpoint", "mounted at", contents->mountpoint)),
		field_when(contents->err.code, field_text("error", NULL, contents->err.message)),
	};

	if (first)
		output_heading(out, fields, COUNT_OF(fields));
	output_row(out, fields, COUNT_OF(fields));
}

static bool usable(const struct famfs_dax_info *dax)
{
	return dax->size && (dax->mode == FAMFS_DAX_DEVDAX || dax->mode == FAMFS_DAX_FAMFS);
}

static int visit(void *arg, const struct famfs_dax_info *dax)
{
	struct listing *listing = arg;
	struct contents contents = { 0 };
	struct famfs_error err;

	if (!usable(dax) && !opt.all)
		return 0;
	snprintf(contents.path, sizeof(contents.path), "/dev/%s", dax->name);
	if (usable(dax)) {
		(void)famfs_mounts(find_mount, &contents, &err);
		look_inside(&contents);
	}
	print_device(&listing->out, dax, &contents, !listing->any);
	listing->any = true;
	/* Usually permission is missing. In JSON the error is a member of its own. */
	if (contents.err.code && !common.json)
		report_warning("%s", contents.err.message);
	return 0;
}

static int run(int argc, const char *const *argv)
{
	struct listing listing = { .any = false };
	struct famfs_error err = { 0 };
	int ret;

	(void)argc, (void)argv;
	output_begin(&listing.out, common.json, "famfsctl.list/1");
	output_array_begin(&listing.out, "devices");
	ret = famfs_dax_list(visit, &listing, &err);
	output_array_end(&listing.out);
	output_end(&listing.out);
	if (ret < 0)
		return report_failure(&err);
	if (!listing.any)
		output_note(&listing.out, "no DAX device%s", opt.all ? "" : " that can be used");
	return EXIT_DONE;
}

const struct command cmd_list = {
	.name = "list",
	.synopsis = "[OPTION...]",
	.summary = "List the DAX devices of this host and the famfs on them",
	.example = "list --all",
	.flags = COMMAND_JSON,
	.options = options,
	.max_args = NO_ARGS,
	.run = run,
};
