/* SPDX-License-Identifier: Apache-2.0 */
/* fsck.famfs, which fsck(8) runs, with the options and exit codes of all its helpers. */
#include "fsck/fsck.h"
#include "core/cleanup.h"
#include "core/common.h"
#include "core/interrupt.h"
#include "core/options.h"
#include "core/parse.h"
#include "core/report.h"
#include "famfs.h"
#include "helpers/helpers.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static struct {
	int automatic;
	int preen;
	int force;
	bool progress;
	uint64_t progress_fd;
	char *device; /* that followed -C, as a number would */
	char *save;
} opt;

static const struct poptOption options[] = {
	{ "auto", 'a', POPT_ARG_NONE, &opt.automatic, 0,
	  "make all repairs that lose nothing, without asking", NULL },
	{ "preen", 'p', POPT_ARG_NONE, &opt.preen, 0, "the same as -a", NULL },
	{ "force", 'f', POPT_ARG_NONE, &opt.force, 0, "ignored: every check is complete", NULL },
	{ "progress", 'C', POPT_ARG_STRING | POPT_ARGFLAG_OPTIONAL, NULL, 'C',
	  "report progress to a descriptor, in the form of fsck(8)", "FD" },
	{ "save", 0, POPT_ARG_STRING, NULL, 's',
	  "save the old bytes of repairs here (famfs-fsck-DEVICE.undo)", "FILE" },
	POPT_TABLEEND,
};

/* -C5, -C 5, or a bare -C with the device behind it. */
static int take_progress(const char *value)
{
	opt.progress = value && parse_number(value, INT_MAX, &opt.progress_fd);
	if (!value || opt.progress)
		return EXIT_DONE;
	if (opt.device)
		return report_usage("too many arguments");
	return option_string(&opt.device, value);
}

static int take_option(int val, const char *name, const char *value)
{
	(void)name;
	return val == 'C' ? take_progress(value) : option_string(&opt.save, value);
}

/* Prints "PASS DONE ALL DEVICE": readers expect five passes. Descriptor 0 requests a bar on the
 * terminal, but a check ends before one could be drawn. */
static void tell_progress(int pass, int done, const char *device)
{
	if (opt.progress && opt.progress_fd > 0)
		dprintf((int)opt.progress_fd, "%d %d 1 %s\n", pass, done, device);
}

static uint64_t count_problems(const struct famfs_target *target)
{
	const struct famfs_fsck_params params = { 0 };
	struct famfs_fsck_result result;

	return famfs_fsck(target, &params, &result, NULL) < 0 ? 0 : result.problems;
}

static int repair(const struct famfs_target *target)
{
	const struct fsck_request request = {
		.repair = true,
		.never_ask = !common.yes,
		.save = opt.save,
	};
	int ret;

	/* A repair is short, and is completed once it has begun to write. */
	interrupt_hold();
	ret = fsck_target(target, &request);
	/* If no repair is allowed, the problems are still shown. */
	if (ret == FSCK_FAILED)
		ret |= fsck_target(target, &(struct fsck_request){ .repair = false });
	if (ret & FSCK_LEFT && !common.yes)
		report_hint("run: fsck.famfs -y %s", target->device);
	if (interrupt_held())
		ret |= FSCK_INTERRUPTED;
	return ret;
}

/* At boot, the check of a clean file system must not fail because a repair would be refused: on a
 * client, or while it is mounted. */
static int check(const struct famfs_target *target)
{
	bool mend = opt.automatic || opt.preen || common.yes;

	if (mend && count_problems(target) > 0)
		return repair(target);
	return fsck_target(target, &(struct fsck_request){ .repair = false });
}

static int check_usage(int argc)
{
	int ways = (opt.automatic || opt.preen) + (common.yes > 0) + (common.dry_run > 0);

	if (ways > 1)
		return report_usage("only one of -a or -p, -n and -y can be given");
	if (opt.progress && fcntl((int)opt.progress_fd, F_GETFD) < 0)
		return report_usage("--progress expects an open descriptor, got '%llu'",
				    (unsigned long long)opt.progress_fd);
	if (argc + (opt.device != NULL) != 1)
		return report_usage(argc ? "too many arguments" : "missing argument");
	return EXIT_DONE;
}

static int run(int argc, const char *const *argv)
{
	cleanup_target struct famfs_target *target = NULL;
	int ret = check_usage(argc) == EXIT_DONE ? FSCK_CLEAN : FSCK_USAGE;

	if (ret == FSCK_CLEAN)
		ret = fsck_resolve(argc ? argv[0] : opt.device, &target);
	if (ret == FSCK_CLEAN) {
		interrupt_exit("fsck.famfs: interrupted\n", FSCK_INTERRUPTED);
		tell_progress(1, 0, target->device);
		ret = check(target);
		tell_progress(5, 1, target->device);
	}
	free(opt.device);
	free(opt.save);
	opt.device = opt.save = NULL;
	return ret;
}

const struct command helper_fsck = {
	.name = "fsck.famfs",
	.helper = true,
	.synopsis = "[OPTION...] DEVICE|MOUNT|famfs:UUID",
	.summary = "Check a famfs, and repair it on request, for fsck(8)",
	.description = "Without -a, -p or -y nothing is written.",
	.example = "fsck.famfs -a fam.img",
	.exit_codes =
		"0    clean\n1    repaired\n4    problems left\n8    could not check or repair\n"
		"16   wrong usage\n32   interrupted\nThey are added, like those of fsck(8).",
	.flags = COMMAND_DRY_RUN | COMMAND_YES,
	.options = options,
	.take_option = take_option,
	.max_args = 1,
	.arg_kinds = { VALUE_VOLUME },
	.exit_failed = FSCK_FAILED,
	.exit_usage = FSCK_USAGE,
	.run = run,
};
