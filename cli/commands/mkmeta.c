/* SPDX-License-Identifier: Apache-2.0 */
/* A command of the reference implementation. Here every mount has its own .meta files. */
#include "core/commands.h"
#include "core/common.h"
#include "core/report.h"
#include "core/session.h"

#include <stdio.h>

static int run(int argc, const char *const *argv)
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
	.synopsis = "DEVICE",
	.summary = "Check that there is a famfs; every mount has its own .meta files",
	.example = "mkmeta fam.img",
	.min_args = 1,
	.max_args = 1,
	.arg_kinds = { VALUE_DEVICE },
	.run = run,
};
