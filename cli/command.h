/* SPDX-License-Identifier: Apache-2.0 */
/* The commands. Help, completion and dispatch read the same table. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <popt.h>
#include <stdio.h>

#define NO_ARGS (-1)

struct command {
	const char *name;
	const char *synopsis; /* what follows the name */
	const char *summary;  /* one sentence */
	const char *example;  /* what follows "famfsctl " */

	/*
	 * Options without a value set an int through .arg. Those with a value have .arg NULL and a
	 * .val of their own, and are handed to take_option(), so that a repeated one leaks nothing.
	 */
	const struct poptOption *options;

	/* `name` is the long name. Returns 0, or an exit code after reporting. */
	int (*take_option)(int val, const char *name, const char *value);

	int min_args;
	int max_args; /* 0: any number, NO_ARGS: none */

	/* Where the exit codes are not the usual ones; 0: they are. */
	int exit_failed;
	int exit_usage;

	/* Returns the exit code. The arguments are those after the options. */
	int (*run)(int argc, const char *const *argv);
};

/* Ends with NULL. */
extern const struct command *const commands[];

/* NULL when there is none of that name. */
const struct command *command_find(const char *name);

/* The name of the command that `name` is most likely a misspelling of, or NULL. */
const char *command_guess(const char *name);

/* Parses argv[1] onwards, and runs the command or shows its help. Returns the exit code. */
int command_run(const struct command *cmd, int argc, const char **argv);

void command_help(const struct command *cmd, FILE *file);

#endif
