/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every line on stderr. "famfsctl COMMAND: PROBLEM[: CAUSE]", lower case, one line whatever the
 * names in it hold, then perhaps "hint: ...". Safe to call from any thread.
 */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "famfs.h"

enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1, /* or partly failed */
	EXIT_USAGE = 2,
	EXIT_REFUSED = 3, /* by a safety check */
};

/* Names the command in the lines to come; NULL for famfsctl itself. The string is not copied. */
void report_set_command(const char *name);

void report_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void report_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What a server in the foreground has to say. */
void report_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What to do about the line before. A hint that was given lately is not repeated. */
void report_hint(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* An error in how the command was called, and where to read more. Returns EXIT_USAGE. */
int report_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The library's message and hint. Returns EXIT_FAILED or EXIT_REFUSED. */
int report_failure(const struct famfs_error *err);

/* Asks on the terminal; no when there is none to ask. */
bool report_confirm(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A famfs_log_fn: warnings and worse become lines. */
void report_log(void *arg, int priority, const char *message);

/* Shows a line that the next one replaces, for terminals; NULL takes it away. */
void report_status(const char *line);

#endif
