/* SPDX-License-Identifier: Apache-2.0 */
#include "core/commands.h"
#include "core/report.h"
#include "famfs.h"
#include "output/output.h"

static struct {
	int lazy;
} opt;

static const struct poptOption options[] = {
	{ "lazy", 'l', POPT_ARG_NONE, &opt.lazy, 0,
	  "detach the mount now, and end the server when it is no longer in use", NULL },
	POPT_TABLEEND,
};

static int run(int argc, const char *const *argv)
{
	int result = EXIT_DONE;

	for (int i = 0; i < argc; i++) {
		struct famfs_error err = { 0 };
		int ret = famfs_unmount(argv[i], opt.lazy, &err);

		if (ret < 0) {
			result = report_failure(&err);
			continue;
		}
		output_action("unmount", "unmounted", "'%s'", argv[i]);
		/* The file system is unmounted, so the exit code is 0, but the device has yet to be
		 * reset. */
		if (ret > 0)
			report_unfinished(&err);
	}
	return result;
}

const struct command cmd_umount = {
	.name = "umount",
	.synopsis = "[OPTION...] DIR...",
	.summary = "Unmount a famfs",
	.example = "umount /mnt/famfs",
	.options = options,
	.min_args = 1,
	.arg_kinds = { VALUE_MOUNT },
	.run = run,
};
