/* SPDX-License-Identifier: Apache-2.0 */
#include "core/command.h"
#include "core/common.h"
#include "core/help.h"
#include "core/options.h"
#include "core/report.h"
#include "famfs.h"
#include "helpers/helpers.h"
#include "output/stdout.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * A descriptor from 0 to 2 that the caller closed would be given to the device, and the next
 * message would be written into it. The stand-ins refuse to be used, so that output is not lost
 * silently.
 */
static void occupy_standard_streams(void)
{
	int fd = open("/dev/null", O_RDONLY);

	while (fd >= 0 && fd <= STDERR_FILENO)
		fd = open("/dev/null", O_RDONLY);
	if (fd > STDERR_FILENO)
		close(fd);
}

static void note_nothing(int sig)
{
	(void)sig;
}

/* Treat a closed pipe as an error like a full disk, with a message and an exit code. Use a handler,
 * because programs that are started would inherit SIG_IGN. */
static void survive_broken_pipes(void)
{
	const struct sigaction action = { .sa_handler = note_nothing, .sa_flags = SA_RESTART };

	sigaction(SIGPIPE, &action, NULL);
}

static int close_stdout(int ret, int failed)
{
	int code = stdout_finish();

	if (code == 0)
		return ret;
	report_errno(-code, "cannot write to standard output");
	return ret == EXIT_DONE ? failed : ret;
}

static int run_command(const struct command *cmd, int argc, const char *const *argv)
{
	int ret;

	famfs_guard_memory_errors();
	ret = command_run(cmd, argc, argv);
	return close_stdout(ret, cmd->exit_failed ? cmd->exit_failed : EXIT_FAILED);
}

static int run_name(const char *name, int argc, const char *const *argv)
{
	const struct command *cmd = command_find(name);

	return cmd ? run_command(cmd, argc, argv)
		   : report_unknown_command(name, command_suggest(name));
}

static void list_commands(void)
{
	for (size_t i = 0; commands[i].command; i++) {
		if (commands[i].listed)
			puts(commands[i].command->name);
	}
}

/* Runs famfsctl without a command. */
static int run_global(bool list)
{
	if (common.version) {
		help_version(stdout);
	} else if (list) {
		list_commands();
	} else if (common.help) {
		help_program(stdout);
	} else if (common.json) {
		return report_usage("missing command");
	} else {
		help_program(stderr);
		return EXIT_USAGE;
	}
	return close_stdout(EXIT_DONE, EXIT_FAILED);
}

/* Look for --json before parsing: errors of the parser must be JSON, too. */
static bool wants_json(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--json") == 0)
			return true;
	}
	return false;
}

static int run_famfsctl(int argc, const char *const *argv)
{
	int list = 0, ret;
	const struct poptOption own[] = {
		{ "list-commands", 0, POPT_ARG_NONE, &list, 0, NULL, NULL },
		POPT_TABLEEND,
	};
	struct options options;

	ret = options_parse_global(own, argc, argv, &options);
	if (ret == EXIT_DONE && options.count > 0 && !list)
		ret = run_name(options.args[0], options.count, options.args);
	else if (ret == EXIT_DONE)
		ret = run_global(list);
	options_free(&options);
	return ret;
}

int main(int argc, char **argv)
{
	const struct command *helper = helper_find(argc > 0 ? argv[0] : "");
	int ret;

	occupy_standard_streams();
	survive_broken_pipes();
	stdout_start();
	report_json(wants_json(argc, argv));
	ret = helper ? run_command(helper, argc, (const char *const *)argv)
		     : run_famfsctl(argc, (const char *const *)argv);
	report_finish();
	return ret;
}
