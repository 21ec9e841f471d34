/* SPDX-License-Identifier: Apache-2.0 */
/* A command of the reference implementation. Here the server follows the log by itself. */
#include "core/cleanup.h"
#include "core/commands.h"
#include "core/common.h"
#include "core/reference.h"
#include "core/report.h"
#include "core/session.h"
#include "famfs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

static const struct poptOption options[] = {
	REFERENCE_READING,
	REFERENCE_IGNORED("dryrun", 0),
	REFERENCE_IGNORED("client", 'c'),
	REFERENCE_IGNORED("set-daxmode", 'M'),
	REFERENCE_IGNORED("shadowtest", 's'),
	REFERENCE_HIDDEN("shadow", 'S', 'S'),
	REFERENCE_HIDDEN("daxdev", 'd', 'd'),
	POPT_TABLEEND,
};

static int refuse_shadow(int val, const char *name, const char *value)
{
	(void)val;
	(void)value;
	return report_usage("--%s is about a shadow tree, and there is none: the server has the "
			    "names in memory",
			    name);
}

struct newest {
	uint64_t entry;
	bool found;
	char path[FAMFS_MAX_PATH + 2];
};

static int keep_newest(void *arg, const char *path, const struct famfs_stat *st)
{
	struct newest *newest = arg;

	if (st->entry == FAMFS_NO_ENTRY || (newest->found && st->entry < newest->entry))
		return 0;
	newest->found = true;
	newest->entry = st->entry;
	snprintf(newest->path, sizeof(newest->path), "%s", path);
	return 0;
}

/* If the mount shows the newest file, it shows all that were made before it. */
static int see_newest(const struct session *session)
{
	cleanup_free char *full = NULL;
	struct newest newest = { 0 };
	struct famfs_error err = { 0 };
	struct stat st;

	if (famfs_walk(session->volume, "", true, keep_newest, &newest, &err) < 0)
		return report_failure(&err);
	if (asprintf(&full, "%s/%s", session->target->mountpoint, newest.path) < 0)
		return report_no_memory();
	if (lstat(full, &st) < 0)
		return report_errno(errno, "cannot see '%s', which is in the log", full);
	return EXIT_DONE;
}

static int run(int argc, const char *const *argv)
{
	cleanup_session struct session session = SESSION_READ;
	struct famfs_info info;
	int ret = reference_check_reading();

	(void)argc;
	if (ret == EXIT_DONE)
		ret = session_use(&session, argv[0]);
	if (ret == EXIT_DONE && !session.target->mountpoint) {
		report_error("'%s' is not in a mounted famfs", argv[0]);
		return EXIT_FAILED;
	}
	if (ret == EXIT_DONE)
		ret = see_newest(&session);
	if (ret != EXIT_DONE)
		return ret;
	famfs_info(session.volume, &info);
	if (info.bad_entries) {
		report_error("the log has %" PRIu64 " damaged entries, which were skipped",
			     info.bad_entries);
		report_hint("to see which, run: famfsctl fsck %s", argv[0]);
		return EXIT_FAILED;
	}
	if (!common.quiet)
		printf("nothing to do: the mount follows the log by itself, and is at its end: "
		       "files: %" PRIu64 ", directories: %" PRIu64 ", log entries: %" PRIu64 "\n",
		       info.files, info.directories, info.log_entries);
	return EXIT_DONE;
}

const struct command cmd_logplay = {
	.name = "logplay",
	.synopsis = "[OPTION...] MOUNT",
	.summary = "Check that a mount has followed the log, which it does by itself",
	.example = "logplay /mnt/famfs",
	.flags = COMMAND_DRY_RUN,
	.options = options,
	.take_option = refuse_shadow,
	.min_args = 1,
	.max_args = 1,
	.arg_kinds = { VALUE_MOUNT },
	.run = run,
};
