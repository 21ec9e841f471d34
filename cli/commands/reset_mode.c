/* SPDX-License-Identifier: Apache-2.0 */
#include "core/commands.h"
#include "core/common.h"
#include "core/report.h"
#include "famfs.h"
#include "output/output.h"

static void print_device(struct output *out, const char *device, enum famfs_dax_mode was,
			 bool switched)
{
	const char *before = famfs_dax_mode_name(was);
	bool done = switched && !common.dry_run;
	const struct field fields[] = {
		field_path("device", NULL, device),
		field_text("mode_before", NULL, before),
		field_text("mode", NULL, done ? "devdax" : before),
		field_bool("would_switch", NULL, switched && !done),
	};

	output_item_begin(out);
	output_fields(out, fields, COUNT_OF(fields));
	output_item_end(out);
	if (common.quiet)
		return;
	if (!switched)
		output_note(out, "'%s' is in devdax mode already", device);
	else
		output_note(out, "'%s' %s devdax mode%s; it %s %s", device,
			    done ? "is in" : "would be in", done ? " again" : "",
			    done ? "was" : "is",
			    was == FAMFS_DAX_FAMFS ? "in famfs mode" : "without a driver");
}

static int run(int argc, const char *const *argv)
{
	const struct famfs_reset_mode_params params = { .dry_run = common.dry_run };
	struct output out;
	int result = EXIT_DONE;

	output_begin(&out, common.json, "famfsctl.reset-mode/1");
	output_array_begin(&out, "devices");
	for (int i = 0; i < argc; i++) {
		struct famfs_error err = { 0 };
		enum famfs_dax_mode was;
		int ret = famfs_reset_mode(argv[i], &params, &was, &err);

		if (ret < 0)
			result = report_failure(&err);
		else
			print_device(&out, argv[i], was, ret > 0);
	}
	output_array_end(&out);
	output_end(&out);
	return result;
}

const struct command cmd_reset_mode = {
	.name = "reset-mode",
	.synopsis = "[OPTION...] DEVICE...",
	.summary = "Reset a DAX device that was left in famfs mode to devdax mode",
	.description = "It is refused if the device is mounted, or if a process has it open or\n"
		       "mapped.",
	.example = "reset-mode --dry-run DEVICE\nreset-mode DEVICE",
	.flags = COMMAND_JSON | COMMAND_DRY_RUN,
	.min_args = 1,
	.arg_kinds = { VALUE_DEVICE },
	.run = run,
};
