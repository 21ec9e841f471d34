/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands. Dispatch, help, completion and the tests read the same table.
 *
 * A command describes all that can follow its name, so that nobody has to know it twice:
 * - .options and .take_option: its own options. What all commands share (-q, -v, --color, -h, -V)
 *   is added by itself, and with .flags also --json, --dry-run and --yes; the command finds them in
 *   `common` (common.h). It declares none of them itself, and uses none of their letters.
 * - .values: what completion offers for an option's value, where its placeholder (SIZE, UID, ...)
 *   does not say so already; see options_value(). A fixed set of words is one table of struct word,
 *   which option_word() parses as well.
 * - .arg_kinds: what completion offers for the arguments.
 * - POPT_ARGFLAG_DOC_HIDDEN in an option's .argInfo keeps it out of help and completion.
 */
#ifndef CLI_CORE_COMMAND_H
#define CLI_CORE_COMMAND_H

#include <popt.h>
#include <stdbool.h>
#include <stdio.h>

#define NO_ARGS (-1)

/* What an argument, or the value of an option, can be. */
enum value_kind {
	VALUE_NONE,      /* nothing that could be offered: a number, a new name */
	VALUE_WORD,      /* one of .words */
	VALUE_WORDS,     /* several of .words with commas between; "name=" takes a value */
	VALUE_DEVICE,    /* a DAX device or an image */
	VALUE_VOLUME,    /* a DAX device, an image or a mount */
	VALUE_PATH,      /* in a famfs: a path in a mount, or DEVICE:/PATH */
	VALUE_SOURCE,    /* any file of this host */
	VALUE_MOUNT,     /* where a famfs is mounted */
	VALUE_DIRECTORY, /* of this host */
	VALUE_FILE,      /* of this host */
	VALUE_USER,
	VALUE_GROUP,
	VALUE_COMMAND, /* name of a command */
};

/* A table of them ends with a NULL name. */
struct word {
	const char *name;
	const char *meaning; /* for completion */
};

/* A table of them ends with a NULL option. */
struct option_value {
	const char *option; /* long name */
	enum value_kind kind;
	const struct word *words; /* of VALUE_WORD and VALUE_WORDS */
};

/* Which of the options that are declared once a command takes. */
enum command_flags {
	COMMAND_JSON = 1,    /* --json: it prints results */
	COMMAND_DRY_RUN = 2, /* -n, --dry-run: it writes */
	COMMAND_YES = 4,     /* -y, --yes: it asks */
};

#define MAX_ARG_KINDS 3

struct command {
	const char *name;
	const char *const *aliases; /* names that work as well and are not listed; NULL: none */
	bool helper;                /* the name is that of a program; see helper.h */
	const char *synopsis;       /* what follows the name */
	const char *summary;        /* one sentence, without its full stop */
	const char *description;    /* what help says beyond that, in lines; NULL: nothing */
	const char
		*example; /* what follows "famfsctl ", more of them a line each; of a helper all */
	const char *exit_codes; /* lines of help where they are not the usual ones, or NULL */
	unsigned flags;         /* enum command_flags */

	/*
	 * Options without a value set an int through .arg. Those with a value, and those of tables
	 * that several commands share, have .arg NULL and a .val of their own below COMMON_VAL, and
	 * are handed to take_option(), so that a repeated one leaks nothing.
	 */
	const struct poptOption *options;
	const struct option_value *values; /* NULL: placeholders say it all */

	/* `name` is the long name; `value` is NULL for options without one and for
	 * POPT_ARGFLAG_OPTIONAL. Returns 0, or an exit code after reporting. */
	int (*take_option)(int val, const char *name, const char *value);

	int min_args;
	int max_args; /* 0: any number, NO_ARGS: none */

	/* One for each argument; the last that is not VALUE_NONE also stands for those behind it.
	 */
	enum value_kind arg_kinds[MAX_ARG_KINDS];
	const struct word *arg_words; /* of VALUE_WORD among them */

	/* Where the exit codes are not the usual ones; 0: they are. */
	int exit_failed;
	int exit_usage;

	/* Returns the exit code. The arguments are those after the options. */
	int (*run)(int argc, const char *const *argv);
};

/* An entry of the table of commands, which command_list.h lists. */
struct command_entry {
	const struct command *command;
	bool listed; /* in the help and in completion; the others are for programs, but for "help"
		      */
};

/* Ends with a NULL command. */
extern const struct command_entry commands[];

/* By name or alias; NULL when there is none. */
const struct command *command_find(const char *name);

/* The name of the command that `name` is most likely a misspelling of, or NULL. */
const char *command_suggest(const char *name);

/* What stands before its name on a command line. */
const char *command_prefix(const struct command *cmd);

/* What completion offers for argument `index`, counted from 0. */
enum value_kind command_arg_kind(const struct command *cmd, int index);

/* Parses argv[1] onwards, and runs the command or shows its help. Returns the exit code. */
int command_run(const struct command *cmd, int argc, const char *const *argv);

#endif
