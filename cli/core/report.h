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

/* Names the program in the lines to come; "famfsctl" before. The string is not copied. */
void report_set_program(const char *name);

/* Names the command in the lines to come; NULL for famfsctl itself. The string is not copied. */
void report_set_command(const char *name);

/* From now on messages are JSON, or text again. */
void report_json(bool json);

/* Writes out a message that waits for its hint. Before the process ends, however it does. */
void report_finish(void);

void report_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* An error with a word of its own for JSON, and an errno or 0. */
void report_as(enum report_id id, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same without an errno, and its hint or NULL: no line of another thread comes between. */
void report_hinted(enum report_id id, const char *hint, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The message, a colon and what errno `code` means. Returns EXIT_FAILED. */
int report_errno(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Returns EXIT_FAILED. */
int report_no_memory(void);

void report_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What a server in the foreground has to say. */
void report_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Prints a hint on how to act on the last message. Text output does not repeat a recent hint.
 * Follows the rules of famfs_shell_format(): each %s is quoted as a word of a shell.
 */
void report_hint(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A hint that holds only words of this program: nothing in it is quoted. */
void report_plain_hint(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The hint where to read about options. */
void report_see_help(void);

/* An error in how the command was called, and where to read more. Returns EXIT_USAGE. */
int report_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* `guess` is what may have been meant, or NULL. Returns EXIT_USAGE. */
int report_unknown_command(const char *name, const char *suggestion);

/* The library's message and hint. Returns EXIT_FAILED or EXIT_REFUSED. */
int report_failure(const struct famfs_error *err);

/* The same of what did not fail: a warning. */
void report_unfinished(const struct famfs_error *err);

/* Asks on the terminal; --yes is a yes, and no terminal to ask on, or JSON, is a no. */
bool report_confirm(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A famfs_log_fn: warnings and worse become lines, and the rest as --verbose asks for it. */
void report_log(void *arg, int priority, const char *message);

/* Shows a line that the next one replaces, for terminals; NULL takes it away. */
void report_status(const char *line);

#endif
