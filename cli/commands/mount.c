/* SPDX-License-Identifier: Apache-2.0 */
#include "core/commands.h"
#include "core/common.h"
#include "core/options.h"
#include "core/reference.h"
#include "core/report.h"
#include "famfs.h"
#include "mount/options.h"
#include "output/output.h"

#include <errno.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

static struct {
	int foreground;
	int debug;
	int no_mode_switch;
	int own; /* the same as -o noallow_other */
	int v1;
	char *mount_options;
} opt;

enum { OPTION_FMAP = 1000, OPTION_REFERENCE };

static const struct option_value values[] = {
	{ "options", VALUE_WORDS, mount_words },
	{ "fmap", VALUE_WORD, mount_profiles },
	{ "metadata", VALUE_WORD, mount_metadata },
	{ NULL, VALUE_NONE, NULL },
};

static const struct poptOption options[] = {
	{ "options", 'o', POPT_ARG_STRING, NULL, 'o',
	  "mount options, comma-separated: ro, rw, allow_other, ...", "OPTIONS" },
	{ "fmap", 0, POPT_ARG_STRING, NULL, OPTION_FMAP,
	  "profile for a famfs kernel: auto, off, v2, pull, push; same as -o fmap=", "PROFILE" },
	{ "no-mode-switch", 0, POPT_ARG_NONE, &opt.no_mode_switch, 0,
	  "do not switch the mode of a DAX device; same as -o nomodeswitch", NULL },
	{ "foreground", 0, POPT_ARG_NONE, &opt.foreground, 0,
	  "serve in this process until the unmount", NULL },
	{ "debug", 'd', POPT_ARG_NONE, &opt.debug, 0, "print every request; implies --foreground",
	  NULL },
	REFERENCE_IGNORED("fuse", 'f'),
	REFERENCE_READING,
	REFERENCE_IGNORED("load-module", 'L'),
	REFERENCE_IGNORED("set-daxmode", 'M'),
	REFERENCE_HIDDEN("timeout", 't', OPTION_REFERENCE),
	REFERENCE_HIDDEN("cache", 'c', OPTION_REFERENCE),
	REFERENCE_HIDDEN("shadow", 'S', OPTION_REFERENCE),
	{ "nofuse", 'F', POPT_ARG_NONE | POPT_ARGFLAG_DOC_HIDDEN, &opt.v1, 0, NULL, NULL },
	{ "nouseraccess", 'u', POPT_ARG_NONE | POPT_ARGFLAG_DOC_HIDDEN, &opt.own, 0, NULL, NULL },
	POPT_TABLEEND,
};

static int take_option(int val, const char *name, const char *value)
{
	(void)name;
	if (val == OPTION_REFERENCE)
		return EXIT_DONE;
	return mount_add_option(&opt.mount_options, val == OPTION_FMAP ? "fmap=" : "", value);
}

/* A server in the background has no stderr, so its messages go to the system log. */
static void log_message(void *arg, int priority, const char *message)
{
	const pid_t *starter = arg;

	if (priority <= LOG_WARNING)
		report_warning("%s", message);
	else if (opt.debug || opt.foreground)
		report_note("%s", message);
	else
		report_log(NULL, priority, message);
	if (getpid() != *starter)
		syslog(LOG_DAEMON | priority, "%s", message);
}

static int failed(int code, const struct famfs_error *err)
{
	const char *suggestion = code == -EINVAL ? mount_suggest_option(opt.mount_options) : NULL;

	/* The library returns EINVAL for options that do not exist. */
	if (code != -EINVAL)
		return report_failure(err);
	if (!suggestion)
		return report_usage("%s", err->message);
	report_as(REPORT_USAGE, 0, "%s", err->message);
	report_hint("did you mean %s?", suggestion);
	return EXIT_USAGE;
}

static int run(int argc, const char *const *argv)
{
	pid_t starter = getpid();
	struct famfs_mount_params params = {
		.device = argv[0],
		.mountpoint = argv[1],
		.foreground = opt.foreground,
		.debug = opt.debug,
		.dry_run = common.dry_run,
		.log = log_message,
		.log_arg = &starter,
	};
	struct famfs_error err = { 0 };
	int ret;

	(void)argc;
	if (opt.v1)
		return report_usage("--nofuse asks for the kernel module of the reference "
				    "implementation (v1), which this program does not use");
	if (reference_check_reading() != EXIT_DONE)
		return EXIT_USAGE;
	if (opt.own && mount_add_option(&opt.mount_options, "noallow_other", "") != EXIT_DONE)
		return EXIT_FAILED;
	if (opt.no_mode_switch &&
	    mount_add_option(&opt.mount_options, "nomodeswitch", "") != EXIT_DONE)
		return EXIT_FAILED;
	openlog("famfsctl", LOG_PID, LOG_DAEMON);
	params.options = opt.mount_options;
	ret = famfs_mount(&params, &err);
	if (ret == 0)
		output_action("mount", "mounted", "'%s' at '%s'", argv[0], argv[1]);
	ret = ret == 0 ? EXIT_DONE : failed(ret, &err);
	free(opt.mount_options);
	opt.mount_options = NULL;
	return ret;
}

const struct command cmd_mount = {
	.name = "mount",
	.synopsis = "[OPTION...] DEVICE DIR",
	.summary = "Mount a famfs, and return when the mount answers",
	.example = "mount fam.img /mnt/famfs",
	.flags = COMMAND_DRY_RUN,
	.options = options,
	.values = values,
	.take_option = take_option,
	.min_args = 2,
	.max_args = 2,
	.arg_kinds = { VALUE_DEVICE, VALUE_DIRECTORY },
	.run = run,
};
