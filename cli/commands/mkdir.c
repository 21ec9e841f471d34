/* SPDX-License-Identifier: Apache-2.0 */
#include "core/attrs.h"
#include "core/commands.h"
#include "core/common.h"
#include "core/report.h"
#include "core/session.h"
#include "famfs.h"
#include "output/output.h"

#include <errno.h>

static struct {
	int parents;
	struct attrs attrs;
} opt;

static const struct poptOption options[] = {
	{ "parents", 'p', POPT_ARG_NONE, &opt.parents, 0,
	  "make missing parents; accept existing directories", NULL },
	{ NULL, 0, POPT_ARG_INCLUDE_TABLE, (void *)(uintptr_t)attrs_options, 0, NULL, NULL },
	POPT_TABLEEND,
};

static int take_option(int val, const char *name, const char *value)
{
	return attrs_take_option(&opt.attrs, val, name, value);
}

/* Sets *over if the directories that follow would fail in the same way. */
static int make_directory(struct session *session, const char *arg, bool *over)
{
	const struct famfs_mkdir_params params = {
		.mode = opt.attrs.mode,
		.uid = opt.attrs.uid,
		.gid = opt.attrs.gid,
		.raw_names = opt.attrs.raw_names,
		.parents = opt.parents,
		/* As in mkdir(1), parents that are created allow their owner to write and search.
		 */
		.parents_mode = (0777 & ~attrs_umask()) | 0300,
	};
	struct famfs_error err = { 0 };
	int ret = session_use(session, arg);

	if (ret != EXIT_DONE)
		return ret;
	if (!*session_path(session) && !opt.parents) {
		report_as(REPORT_FAILED, EEXIST, "'%s' exists already: it is the root", arg);
		return EXIT_FAILED;
	}
	if (famfs_mkdir(session->volume, session_path(session), &params, &err) < 0) {
		*over = error_is_final(err.code);
		return report_failure(&err);
	}
	output_action("make", "made", "directory '%s'", arg);
	return EXIT_DONE;
}

static int run(int argc, const char *const *argv)
{
	cleanup_session struct session session = SESSION_WRITE;
	int result = EXIT_DONE;
	bool over = false;

	attrs_complete(&opt.attrs, 0777);
	for (int i = 0; i < argc && !over; i++) {
		int ret = make_directory(&session, argv[i], &over);

		if (ret != EXIT_DONE)
			result = ret;
	}
	return result;
}

const struct command cmd_mkdir = {
	.name = "mkdir",
	.synopsis = "[OPTION...] DIR...",
	.summary = "Make directories",
	.example = "mkdir -p fam.img:/data/2024",
	.flags = COMMAND_DRY_RUN,
	.options = options,
	.take_option = take_option,
	.min_args = 1,
	.arg_kinds = { VALUE_PATH },
	.run = run,
};
