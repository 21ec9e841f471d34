/* SPDX-License-Identifier: Apache-2.0 */
/* Commands of the reference implementation for which there is little to do here. */
#include "core/reference.h"
#include "core/cleanup.h"
#include "core/commands.h"
#include "core/common.h"
#include "core/options.h"
#include "core/report.h"
#include "core/session.h"
#include "famfs.h"
#include "output/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

int reference_ignored, reference_mmap, reference_read;

int reference_check_reading(void)
{
	if (reference_mmap && reference_read)
		return report_usage("--mmap and --read exclude each other");
	return EXIT_DONE;
}

/* ---- logplay: the server follows the log by itself ---- */

static const struct poptOption logplay_options[] = {
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

/* The mount shows the newest file, and so all that were made before it. */
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

static int run_logplay(int argc, const char *const *argv)
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
		report_error("the log has %" PRIu64 " damaged entries, which were passed over",
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
	.hidden = true,
	.synopsis = "[OPTION...] MOUNT",
	.summary = "Check that a mount has followed the log, which it does by itself",
	.example = "logplay /mnt/famfs",
	.flags = COMMAND_DRY_RUN,
	.options = logplay_options,
	.take_option = refuse_shadow,
	.min_args = 1,
	.max_args = 1,
	.arg_kinds = { VALUE_MOUNT },
	.run = run_logplay,
};

/* ---- mkmeta: each mount has its .meta files ---- */

static int run_mkmeta(int argc, const char *const *argv)
{
	cleanup_session struct session session = SESSION_READ;
	int ret = session_use(&session, argv[0]);

	(void)argc;
	if (ret == EXIT_DONE && !common.quiet)
		puts("nothing to do: each mount has its .meta files");
	return ret;
}

const struct command cmd_mkmeta = {
	.name = "mkmeta",
	.hidden = true,
	.synopsis = "DEVICE",
	.summary = "Check that there is a famfs; a mount has its .meta files by itself",
	.example = "mkmeta fam.img",
	.min_args = 1,
	.max_args = 1,
	.arg_kinds = { VALUE_DEVICE },
	.run = run_mkmeta,
};

/* ---- getmap: dump-fmap in the form that scripts of the reference read ---- */

static int go_on;

static const struct poptOption getmap_options[] = {
	{ "continue", 'c', POPT_ARG_NONE | POPT_ARGFLAG_DOC_HIDDEN, &go_on, 0, NULL, NULL },
	POPT_TABLEEND,
};

static void print_map(const char *name, const struct famfs_fmap *map)
{
	cleanup_free char *shown = text_escape(name);

	printf("File:     %s\n\tsize:    %" PRIu64 "\n\textents: %" PRIu32 "\n", shown ? shown : "",
	       map->size, map->type == FAMFS_MAP_SIMPLE ? map->nextents : 1);
	if (map->type == FAMFS_MAP_INTERLEAVED)
		printf("Interleave_Param chunk_size: %" PRIu64 "\nInterleaved extent has %" PRIu32
		       " strips:\n",
		       map->chunk_size, map->nextents);
	for (uint32_t i = 0; i < map->nextents; i++)
		printf("\t\t%" PRIx64 "\t%" PRIu64 "\n", map->extents[i].offset,
		       map->extents[i].length);
	printf("famfs_getmap: good file %s\n", shown ? shown : "");
}

static int getmap(struct session *session, const char *arg)
{
	struct famfs_error err = { 0 };
	struct famfs_fmap map;
	int ret = session_use(session, arg);

	if (ret != EXIT_DONE)
		return ret;
	if (famfs_fmap(session->volume, session_path(session), &map, &err) < 0)
		return report_failure(&err);
	if (!common.quiet)
		print_map(arg, &map);
	return EXIT_DONE;
}

static int run_getmap(int argc, const char *const *argv)
{
	cleanup_session struct session session = SESSION_READ;
	int result = EXIT_DONE;

	for (int i = 0; i < argc && (result == EXIT_DONE || go_on); i++) {
		int ret = getmap(&session, argv[i]);

		if (ret != EXIT_DONE)
			result = ret;
	}
	return result;
}

const struct command cmd_getmap = {
	.name = "getmap",
	.hidden = true,
	.synopsis = "[OPTION...] FILE...",
	.summary = "Show the maps of files as the reference implementation does; see dump-fmap",
	.example = "getmap /mnt/famfs/data/a",
	.options = getmap_options,
	.min_args = 1,
	.arg_kinds = { VALUE_PATH },
	.run = run_getmap,
};
