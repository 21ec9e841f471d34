/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cleanup.h"
#include "core/commands.h"
#include "core/common.h"
#include "core/inspect.h"
#include "core/report.h"
#include "dump/fields.h"
#include "famfs_inspect.h"

static struct {
	int raw;
} opt;

static const struct poptOption options[] = {
	{ "raw", 0, POPT_ARG_NONE, &opt.raw, 0, "also show the bytes in hexadecimal", NULL },
	POPT_TABLEEND,
};

static int run(int argc, const char *const *argv)
{
	cleanup_inspect struct famfs_inspect *inspect = NULL;
	struct famfs_error err = { 0 };
	struct famfs_raw raw;
	struct output out;
	int ret = inspect_open(argv[0], &inspect);

	(void)argc;
	if (ret != EXIT_DONE)
		return ret;
	if (famfs_inspect_super(inspect, &raw, &err) < 0)
		return report_failure(&err);
	output_begin(&out, common.json, "famfsctl.dump-super/1");
	inspect_members(&out, inspect);
	raw_print_structure(&out, "superblock", &raw, "", opt.raw);
	output_end(&out);
	return EXIT_DONE;
}

const struct command cmd_dump_super = {
	.name = "dump-super",
	.synopsis = "[OPTION...] DEVICE|MOUNT",
	.summary = "Show every field of a superblock, even of a damaged one",
	.description = "It exits 0 if the superblock could be read, even if it is damaged; to "
		       "check it, use fsck.",
	.example = "dump-super fam.img",
	.flags = COMMAND_JSON,
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.arg_kinds = { VALUE_VOLUME },
	.run = run,
};
