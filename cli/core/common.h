/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options that are declared once for all commands, and may precede or follow the name of the
 * command. Every command accepts -q, -v, --color, -h and -V; --json, --dry-run and --yes need a
 * flag of the command.
 */
#ifndef CLI_CORE_COMMON_H
#define CLI_CORE_COMMON_H

#include "core/command.h"

#include <stdbool.h>

/* Options of commands have lower .val. */
#define COMMON_VAL 0x10000

enum color_choice { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct common {
	int json;    /* results and messages are JSON */
	int dry_run; /* check everything, list the actions, write nothing */
	int yes;     /* report_confirm() answers yes */
	int quiet; /* print only results and errors: report.h drops the rest, commands omit prose on
		      stdout */
	unsigned verbose; /* how often -v was given; report_log() knows */
	enum color_choice color;
	int help;
	int version;
};

/* As given so far. Only the parser writes it. */
extern struct common common;

/* Returns whether output to `fd` may have colour. */
bool common_color(int fd);

/* The table of every command, and those for a flag of enum command_flags. */
extern const struct poptOption common_options[];
const struct poptOption *common_table(enum command_flags flag);

#define COMMON_FLAGS 3 /* in enum command_flags */

/* The values of common options, as in struct command. */
extern const struct option_value common_values[];

/* Takes an option of val >= COMMON_VAL. `value` is NULL when it has none. Returns an exit code. */
int common_take_option(int val, const char *value);

#endif
