/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "famfs.h"
#include "options.h"
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void print_usage(FILE *file)
{
	fputs("usage: famfsctl COMMAND [OPTION...] [ARGUMENT...]\n\n"
	      "Administer famfs, the file system in memory that several hosts share.\n\n"
	      "Commands:\n",
	      file);
	for (size_t i = 0; commands[i]; i++)
		fprintf(file, "  %-12s%s\n", commands[i]->name, commands[i]->summary);
	fputs("\nOptions:\n"
	      "  -h, --help              show this help; COMMAND --help shows that of a command\n"
	      "  -V, --version           show the version\n"
	      "      --list-commands     list the names of the commands\n",
	      file);
}

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

static int close_stdout(int ret, int failed)
{
	bool bad = ferror(stdout);

	/* An earlier failure may have left no reason behind. */
	errno = bad ? EIO : 0;
	if (fclose(stdout) == 0 && !bad)
		return ret;
	report_error("cannot write to standard output: %s", strerror(errno));
	return ret == EXIT_DONE ? failed : ret;
}

static int run_command(const char *name, int argc, const char **argv)
{
	const struct command *cmd = command_find(name);
	int ret;

	if (!cmd) {
		const char *guess = command_guess(name);

		report_error("unknown command '%s'", name);
		if (guess)
			report_hint("did you mean '%s'?", guess);
		else
			report_hint("see 'famfsctl --help'");
		return EXIT_USAGE;
	}
	ret = command_run(cmd, argc, argv);
	return close_stdout(ret, cmd->exit_failed ? cmd->exit_failed : EXIT_FAILED);
}

static int run_help(const char *name)
{
	const struct command *cmd = name ? command_find(name) : NULL;

	if (name && !cmd)
		return report_usage("unknown command '%s'", name);
	if (cmd)
		command_help(cmd, stdout);
	else
		print_usage(stdout);
	return EXIT_DONE;
}

static int run_global(int help, int version, int list, const char *const *args)
{
	if (version) {
		printf("famfsctl %s (libfamfs %s, famfs format 2.2)\n", FAMFS_VERSION,
		       famfs_version());
	} else if (list) {
		for (size_t i = 0; commands[i]; i++)
			puts(commands[i]->name);
	} else if (help || args) {
		return run_help(help ? args ? args[0] : NULL : args[1]);
	} else {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	return EXIT_DONE;
}

int main(int argc, char **argv)
{
	int help = 0, version = 0, list = 0, ret;
	const struct poptOption options[] = {
		{ "help", 'h', POPT_ARG_NONE, &help, 0, NULL, NULL },
		{ "version", 'V', POPT_ARG_NONE, &version, 0, NULL, NULL },
		{ "list-commands", 0, POPT_ARG_NONE, &list, 0, NULL, NULL },
		POPT_TABLEEND,
	};
	const char **args;
	poptContext context;

	occupy_standard_streams();
	context = poptGetContext("famfsctl", argc, (const char **)argv, options,
				 POPT_CONTEXT_POSIXMEHARDER);
	if (!context) {
		report_error("out of memory");
		return EXIT_FAILED;
	}

	ret = poptGetNextOpt(context);
	args = poptGetArgs(context);
	if (ret < -1) {
		ret = options_bad(context, ret);
	} else if (args && !help && !version && !list && strcmp(args[0], "help") != 0) {
		int count = 0;

		while (args[count])
			count++;
		famfs_guard_memory_errors();
		ret = run_command(args[0], count, args);
	} else {
		ret = close_stdout(run_global(help, version, list, args), EXIT_FAILED);
	}
	poptFreeContext(context);
	return ret;
}
