/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The description of a command. Dispatch, help, completion and the tests read it.
 *
 * - .options and .take_option: the options of its own. Every command takes the common options -q,
 *   -v, --color, -h and -V; .flags adds --json, --dry-run and --yes. The command reads their values
 *   in `common` (common.h), must not declare them, and must not use their letters.
 * - .values: the candidates that completion offers for the value of an option, unless its
 *   placeholder (SIZE, UID, ...) implies them; see options_value(). A fixed set of words is one
 *   table of struct word, which option_word() parses as well.
 * - .arg_kinds: the candidates that completion offers for the arguments.
 * - POPT_ARGFLAG_DOC_HIDDEN in .argInfo of an option hides it from help and completion.
 */
#ifndef CLI_CORE_COMMAND_H
#define CLI_CORE_COMMAND_H

#include <popt.h>
#include <stdbool.h>
#include <stdio.h>

#define NO_ARGS (-1)

/* The kinds of values that an argument or an option can take. */
enum value_kind {
	VALUE_NONE,      /* no candidates: a number, a new name */
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

/* Common options that only some commands take. */
enum command_flags {
	COMMAND_JSON = 1,    /* --json: it prints results */
	COMMAND_DRY_RUN = 2, /* -n, --dry-run: it writes */
	COMMAND_YES = 4,     /* -y, --yes: it asks */
};

#define MAX_ARG_KINDS 3

struct command {
	const char *name;
	const char *const *aliases; /* other names of the command, which are not listed; or NULL */
	bool helper;                /* the command is a program of its own; see helpers/helpers.h */
	const char *synopsis;       /* the part of the usage line after the name */
	const char *summary;        /* one sentence, without the full stop */
	const char *description;    /* further lines of help, or NULL */
	const char
		*example; /* one or more lines, without "famfsctl "; a helper gives whole lines */
	const char *exit_codes; /* lines of help if the command has its own exit codes, or NULL */
	unsigned flags;         /* enum command_flags */

	/*
	 * Options without a value set an int through .arg. Those with a value, and those of tables
	 * that several commands share, have .arg NULL and a .val of their own below COMMON_VAL, and
	 * are handed to take_option(), so that a repeated one leaks nothing.
	 */
	const struct poptOption *options;
	const struct option_value *values; /* NULL: the placeholders are enough */

	/* `name` is the long name; `value` is NULL for options without one and for
	 * POPT_ARGFLAG_OPTIONAL. Returns 0, or an exit code after reporting. */
	int (*take_option)(int val, const char *name, const char *value);

	int min_args;
	int max_args; /* 0: any number, NO_ARGS: none */

	/* One for each argument; the last that is not VALUE_NONE also applies to those after it. */
	enum value_kind arg_kinds[MAX_ARG_KINDS];
	const struct word *arg_words; /* of VALUE_WORD among them */

	/* Exit codes that replace EXIT_FAILED and EXIT_USAGE; 0 keeps them. */
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

/* Returns the name of the command that `name` most likely misspells, or NULL. */
const char *command_suggest(const char *name);

/* The prefix of its name on a command line: "famfsctl ", or "" for a helper. */
const char *command_prefix(const struct command *cmd);

/* The kind of argument `index`, counted from 0. */
enum value_kind command_arg_kind(const struct command *cmd, int index);

/* Parses argv[1] onwards, and runs the command or shows its help. Returns the exit code. */
int command_run(const struct command *cmd, int argc, const char *const *argv);

#endif
