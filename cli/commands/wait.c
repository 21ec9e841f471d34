/* SPDX-License-Identifier: Apache-2.0 */
#include "core/commands.h"
#include "core/common.h"
#include "core/options.h"
#include "core/report.h"
#include "core/session.h"
#include "famfs.h"
#include "output/output.h"

#include <errno.h>

#define MS_PER_SECOND 1000

enum {
	OPT_TIMEOUT = 1,
};

static uint64_t timeout_ms = FAMFS_WAIT_FOREVER;

static const struct poptOption options[] = {
	{ "timeout", 't', POPT_ARG_STRING, NULL, OPT_TIMEOUT,
	  "give up after this many seconds (default: never); 0 checks once", "SECONDS" },
	POPT_TABLEEND,
};

static int take_option(int val, const char *name, const char *value)
{
	uint64_t seconds;
	int ret = option_number(name, value, 0, UINT32_MAX, &seconds);

	(void)val;
	if (ret == EXIT_DONE)
		timeout_ms = seconds * MS_PER_SECOND;
	return ret;
}

static int wait_for(struct session *session, const char *arg)
{
	struct famfs_error err = { 0 };
	int ret = session_use(session, arg);

	if (ret != EXIT_DONE)
		return ret;
	ret = famfs_wait(session->volume, session_path(session), timeout_ms, &err);
	if (ret == -ETIMEDOUT) {
		report_as(REPORT_FAILED, ETIMEDOUT, "'%s' did not appear within %u s", arg,
			  (unsigned)(timeout_ms / MS_PER_SECOND));
		return EXIT_FAILED;
	}
	return ret < 0 ? report_failure(&err) : EXIT_DONE;
}

/* Text output has no result; the exit code has it. */
static void print_result(struct output *out, const char *arg, bool found)
{
	const struct field fields[] = {
		field_path("argument", NULL, arg),
		field_bool("found", NULL, found),
	};

	if (out->json)
		output_row(out, fields, COUNT_OF(fields));
	else if (found)
		output_action("find", "found", "'%s'", arg);
}

static int run(int argc, const char *const *argv)
{
	cleanup_session struct session session = SESSION_READ;
	struct output out;
	int ret = EXIT_DONE;

	output_begin(&out, common.json, "famfsctl.wait/1");
	output_array_begin(&out, "files");
	for (int i = 0; i < argc && ret == EXIT_DONE; i++) {
		ret = wait_for(&session, argv[i]);
		print_result(&out, argv[i], ret == EXIT_DONE);
	}
	output_array_end(&out);
	output_end(&out);
	return ret;
}

const struct command cmd_wait = {
	.name = "wait",
	.synopsis = "[OPTION...] PATH...",
	.summary = "Wait until files exist and are complete, whichever host makes them",
	.example = "wait --timeout 60 /mnt/famfs/results",
	.flags = COMMAND_JSON,
	.options = options,
	.take_option = take_option,
	.min_args = 1,
	.arg_kinds = { VALUE_PATH },
	.run = run,
};
