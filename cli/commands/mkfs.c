/* SPDX-License-Identifier: Apache-2.0 */
#include "core/commands.h"
#include "core/common.h"
#include "core/options.h"
#include "core/reference.h"
#include "core/report.h"
#include "famfs.h"
#include "helpers/helpers.h"
#include "output/output.h"
#include "output/text.h"

#include <inttypes.h>
#include <string.h>

enum { OPTION_SIZE = 256, OPTION_UUID };

static struct {
	int force;
	int force_foreign;
	int kill;
	uint64_t log_length;
	uint64_t size;
	uint8_t uuid[16];
	bool has_uuid;
} opt;

static const struct poptOption options[] = {
	{ "force", 'f', POPT_ARG_NONE, &opt.force, 0,
	  "overwrite a famfs of this host, or other data", NULL },
	{ "force-foreign", 0, POPT_ARG_NONE, &opt.force_foreign, 0,
	  "overwrite another host's famfs; needs --force too", NULL },
	{ "kill", 'k', POPT_ARG_NONE, &opt.kill, 0,
	  "erase the existing famfs without making a new one; needs --force too", NULL },
	{ "loglen", 'l', POPT_ARG_STRING, NULL, 'l',
	  "length of the log, a power of two from 8M (default: by the device's size)", "SIZE" },
	{ "size", 0, POPT_ARG_STRING, NULL, OPTION_SIZE,
	  "create the image file with this size, or resize it", "SIZE" },
	{ "uuid", 0, POPT_ARG_STRING, NULL, OPTION_UUID,
	  "UUID of the file system (default: random)", "UUID" },
	REFERENCE_IGNORED("fuse", 0),
	REFERENCE_IGNORED("nofuse", 'F'),
	REFERENCE_IGNORED("set-daxmode", 'M'),
	REFERENCE_IGNORED("nodax", 'D'),
	POPT_TABLEEND,
};

static int take_option(int val, const char *name, const char *value)
{
	switch (val) {
	case 'l':
		return option_power_of_two(name, value, FAMFS_MIN_LOG_LENGTH, "8M",
					   &opt.log_length);
	case OPTION_SIZE: return option_size(name, value, &opt.size);
	default: opt.has_uuid = true; return option_uuid(name, value, opt.uuid);
	}
}

static void print_result(const char *device, const struct famfs_mkfs_result *result)
{
	const char *identity = famfs_system_uuid_source_name(result->system_uuid_source);
	const struct field fields[] = {
		field_path("device", NULL, device),
		field_bool("dry_run", NULL, common.dry_run),
		field_when(result->replaced[0], field_text("replaced", NULL, result->replaced)),
		field_uuid("uuid", "uuid", result->uuid),
		field_size("device_size", "size", result->device_size),
		field_size("log_length", "log", result->log_length),
		field_number("log_capacity", "log entries", result->log_entries),
		field_size("data_offset", "data offset", result->data_offset),
		field_size("data_length", "space for data", result->data_length),
		field_uuid("master_uuid", "master", result->system_uuid),
		field_text("identity_source", "identity from", identity),
	};
	struct output out;

	if (common.quiet && !common.json)
		return;
	output_begin(&out, common.json, "famfsctl.mkfs/1");
	if (result->replaced[0])
		output_note(&out, "%s %s", common.dry_run ? "would destroy" : "destroyed",
			    result->replaced);
	output_note(&out, "%s a famfs file system on '%s'", common.dry_run ? "would make" : "made",
		    device);
	output_fields(&out, fields, COUNT_OF(fields));
	output_end(&out);
}

static void print_erased(const char *device, const struct famfs_mkfs_result *result)
{
	struct output out = { .json = false };

	if (common.quiet)
		return;
	if (*result->replaced)
		output_note(&out, "%s %s on '%s'", common.dry_run ? "would erase" : "erased",
			    result->replaced, device);
	else
		output_note(&out, "nothing to erase: '%s' does not hold a famfs file system",
			    device);
}

static int run(int argc, const char *const *argv)
{
	struct famfs_mkfs_params params = {
		.log_length = opt.log_length,
		.size = opt.size,
		.force = opt.force,
		.force_foreign = opt.force_foreign,
		.dry_run = common.dry_run,
		.erase = opt.kill,
	};
	struct famfs_mkfs_result result = { 0 };
	struct famfs_error err = { 0 };

	(void)argc;
	if (opt.kill && common.json)
		return report_usage("--kill and --json exclude each other");
	if (opt.kill && (opt.log_length || opt.size || opt.has_uuid))
		return report_usage("--kill takes no --loglen, --size or --uuid");
	memcpy(params.uuid, opt.uuid, sizeof(params.uuid));
	if (famfs_mkfs(argv[0], &params, &result, &err) < 0)
		return report_failure(&err);
	if (opt.kill)
		print_erased(argv[0], &result);
	else
		print_result(argv[0], &result);
	return EXIT_DONE;
}

const struct command cmd_mkfs = {
	.name = "mkfs",
	.synopsis = "[OPTION...] DEVICE",
	.summary = "Create a famfs file system on a device or image file",
	.example = "mkfs --size 4G fam.img",
	.flags = COMMAND_JSON | COMMAND_DRY_RUN,
	.options = options,
	.take_option = take_option,
	.min_args = 1,
	.max_args = 1,
	.arg_kinds = { VALUE_DEVICE },
	.run = run,
};

/* mkfs(8) passes the size of the file system after the device. */
static int run_helper(int argc, const char *const *argv)
{
	if (argc > 1 && (!famfs_parse_size(argv[1], &opt.size) || opt.size == 0))
		return report_usage("the second argument is a size such as 64M, got '%s'", argv[1]);
	return run(1, argv);
}

const struct command helper_mkfs = {
	.name = "mkfs.famfs",
	.helper = true,
	.synopsis = "[OPTION...] DEVICE [SIZE]",
	.summary = "Create a famfs file system on a device or image file",
	.description = "The same as famfsctl mkfs, for mkfs(8). SIZE is that of the image file, "
		       "like --size.",
	.example = "mkfs.famfs fam.img 4G",
	.flags = COMMAND_DRY_RUN,
	.options = options,
	.take_option = take_option,
	.min_args = 1,
	.max_args = 2,
	.arg_kinds = { VALUE_DEVICE },
	.run = run_helper,
};
