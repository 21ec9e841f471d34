/* SPDX-License-Identifier: Apache-2.0 */
#include "core/help.h"
#include "core/commands.h"
#include "core/report.h"

static int run(int argc, const char *const *argv)
{
	const struct command *cmd;

	if (argc == 0) {
		help_program(stdout);
		return EXIT_DONE;
	}
	cmd = command_find(argv[0]);
	if (!cmd)
		return report_unknown_command(argv[0], command_suggest(argv[0]));
	help_command(cmd, stdout);
	return EXIT_DONE;
}

/* Unlisted, because the help names it itself. */
const struct command cmd_help = {
	.name = "help",
	.synopsis = "[COMMAND]",
	.summary = "Show the commands, or the help of one",
	.example = "help mkfs",
	.max_args = 1,
	.arg_kinds = { VALUE_COMMAND },
	.run = run,
};
