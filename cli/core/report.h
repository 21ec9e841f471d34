/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every line on stderr. "famfsctl COMMAND: PROBLEM[: CAUSE]", lower case, one line whatever the
 * names in it hold, then perhaps "hint: ...". Under --json each message is one JSON object on a
 * line, with its hint inside. Under --quiet only errors and their hints come out. Safe to call from
 * any thread.
 */
#ifndef CLI_CORE_REPORT_H
#define CLI_CORE_REPORT_H

#include "core/report_id.h"
#include "famfs.h"

enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1, /* or partly failed */
	EXIT_USAGE = 2,
	EXIT_REFUSED = 3, /* by a safety check */
};

/* Sets the program's name for the following lines; the default is "famfsctl". The string is not
 * copied. */
void report_set_program(const char *name);

/* Sets the command's name for the following lines; NULL for famfsctl itself. The string is not
 * copied. */
void report_set_command(const char *name);

/* Switches messages to JSON, or back to text. */
void report_json(bool json);

/* Prints a JSON message that still waits for its hint. Call it before the process ends, however it
 * ends. */
void report_finish(void);

void report_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints an error with its id for JSON, and an errno or 0. */
void report_as(enum report_id id, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same without an errno, with its hint or NULL; no line of another thread comes between. */
void report_hinted(enum report_id id, const char *hint, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Prints the message, a colon and the text of errno `code`. Returns EXIT_FAILED. */
int report_errno(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Returns EXIT_FAILED. */
int report_no_memory(void);

void report_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints a message of a server that runs in the foreground. */
void report_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Prints a hint on how to act on the last message. Text output does not repeat a recent hint.
 * Follows the rules of famfs_shell_format(): each %s is quoted as a word of a shell.
 */
void report_hint(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints a hint without quoting: it must hold only words of this program. */
void report_plain_hint(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints the hint where to read about options. */
void report_see_help(void);

/* Reports wrong usage, with the hint where to read about options. Returns EXIT_USAGE. */
int report_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* `suggestion` is the name that may have been meant, or NULL. Returns EXIT_USAGE. */
int report_unknown_command(const char *name, const char *suggestion);

/* The library's message and hint. Returns EXIT_FAILED or EXIT_REFUSED. */
int report_failure(const struct famfs_error *err);

/* The same with this hint in place of the remedy, unless it is NULL. */
int report_failure_hinted(const struct famfs_error *err, const char *hint);

/* Prints the same as a warning, if the command continues. */
void report_unfinished(const struct famfs_error *err);

/* Asks on the terminal and returns whether the answer is yes. Returns true with --yes, and false
 * without a terminal or with JSON. */
bool report_confirm(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A famfs_log_fn: prints warnings and errors, and other messages as --verbose asks. */
void report_log(void *arg, int priority, const char *message);

/* Shows a line on the terminal that the next line replaces; NULL removes it. */
void report_status(const char *line);

#endif
