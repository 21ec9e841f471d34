/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"
#include "cleanup.h"
#include "text.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *command;
static bool status_shown;

#define HINT_LENGTH sizeof(((struct famfs_error *)0)->hint)
#define HINT_COUNT  4

static char hints[HINT_COUNT][HINT_LENGTH]; /* given lately */
static unsigned next_hint;

void report_set_command(const char *name)
{
	command = name;
}

static void clear_status(void)
{
	if (status_shown)
		fputs("\r\033[K", stderr);
	status_shown = false;
}

static void print_line(const char *kind, const char *text)
{
	cleanup_free char *escaped = text_escape(text);

	clear_status();
	fprintf(stderr, "famfsctl%s%s: %s%s\n", command ? " " : "", command ? command : "", kind,
		escaped ? escaped : "out of memory");
}

static bool was_given(const char *hint)
{
	for (unsigned i = 0; i < HINT_COUNT; i++) {
		if (strcmp(hint, hints[i]) == 0)
			return true;
	}
	snprintf(hints[next_hint], HINT_LENGTH, "%s", hint);
	next_hint = (next_hint + 1) % HINT_COUNT;
	return false;
}

static void print_hint(const char *hint)
{
	cleanup_free char *escaped = text_escape(hint);

	if (!escaped || was_given(hint))
		return;
	clear_status();
	fprintf(stderr, "hint: %s\n", escaped);
}

static void print_message(const char *kind, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

static void print_message(const char *kind, const char *format, va_list args)
{
	cleanup_free char *text = NULL;

	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	pthread_mutex_lock(&lock);
	print_line(kind, text ? text : "out of memory");
	pthread_mutex_unlock(&lock);
}

void report_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_message("", format, args);
	va_end(args);
}

void report_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_message("warning: ", format, args);
	va_end(args);
}

void report_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_message("", format, args);
	va_end(args);
}

void report_hint(const char *format, ...)
{
	char hint[HINT_LENGTH];
	va_list args;

	va_start(args, format);
	vsnprintf(hint, sizeof(hint), format, args);
	va_end(args);

	pthread_mutex_lock(&lock);
	print_hint(hint);
	pthread_mutex_unlock(&lock);
}

int report_usage(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_message("", format, args);
	va_end(args);
	report_hint("see 'famfsctl%s%s --help'", command ? " " : "", command ? command : "");
	return EXIT_USAGE;
}

int report_failure(const struct famfs_error *err)
{
	/* One critical section, so that no other thread's line comes between. */
	pthread_mutex_lock(&lock);
	print_line("", err->message[0] ? err->message : strerror(-err->code));
	if (err->hint[0])
		print_hint(err->hint);
	pthread_mutex_unlock(&lock);
	return err->refused ? EXIT_REFUSED : EXIT_FAILED;
}

bool report_confirm(const char *format, ...)
{
	cleanup_free char *text = NULL, *escaped = NULL;
	char answer[16];
	va_list args;

	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return false;
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	escaped = text ? text_escape(text) : NULL;
	if (!escaped)
		return false;

	fflush(stdout);
	fprintf(stderr, "%s [y/N] ", escaped);
	if (!fgets(answer, sizeof(answer), stdin))
		return false;
	return answer[0] == 'y' || answer[0] == 'Y';
}

void report_log(void *arg, int priority, const char *message)
{
	(void)arg;
	if (priority <= LOG_WARNING)
		report_warning("%s", message);
}

void report_status(const char *line)
{
	pthread_mutex_lock(&lock);
	if (line)
		fprintf(stderr, "\r%s\033[K", line);
	else
		clear_status();
	status_shown = line != NULL;
	pthread_mutex_unlock(&lock);
}
