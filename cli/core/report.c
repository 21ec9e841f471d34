/* SPDX-License-Identifier: Apache-2.0 */
#include "core/report.h"
#include "core/cleanup.h"
#include "core/common.h"
#include "core/remedy.h"
#include "output/json.h"
#include "output/text.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

enum severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_NOTE };

#define HINT_COUNT 4

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *program = "famfsctl";
static const char *command;
static bool status_shown;
static bool json;
static bool dropped; /* --quiet suppressed the last message, so suppress its hint too */

static char *hints[HINT_COUNT]; /* recent hints */
static unsigned next_hint;

/* In JSON a message waits for its hint until the next message or the end. */
static struct {
	bool waits;
	enum severity severity;
	const char *id;
	int code;
	char *text;
	char *hint;
} pending;

void report_set_program(const char *name)
{
	program = name;
}

void report_set_command(const char *name)
{
	command = name;
}

void report_json(bool wanted)
{
	json = wanted;
}

static void clear_status(void)
{
	if (status_shown)
		fputs("\r\033[K", stderr);
	status_shown = false;
}

static void put_member(FILE *file, const char *key, const char *value, const char *end)
{
	fprintf(file, "\"%s\":", key);
	if (value)
		json_put_string(file, value);
	else
		fputs("null", file);
	fputs(end, file);
}

static void put_pending(FILE *file)
{
	static const char *const kinds[] = { "error", "warning", "note" };

	fprintf(file, "{\"schema\":\"famfsctl.error/1\",\"%s\":{", kinds[pending.severity]);
	put_member(file, "id", pending.id, ",");
	put_member(file, "command", command, ",");
	put_member(file, "message", pending.text ? pending.text : "out of memory", ",");
	put_member(file, "hint", pending.hint, ",");
	put_member(file, "errno", pending.code ? strerrorname_np(pending.code) : NULL, "}}\n");
}

/* Write the whole line in one call: stderr is not buffered, and other processes may write to it. */
static void flush_pending(void)
{
	cleanup_free char *line = NULL;
	size_t length;
	FILE *file;

	if (!pending.waits)
		return;
	pending.waits = false;
	clear_status();
	file = open_memstream(&line, &length);
	if (file)
		put_pending(file);
	if (!file || fclose(file) != 0)
		put_pending(stderr);
	else
		fwrite(line, 1, length, stderr);
	free(pending.text);
	free(pending.hint);
	pending.text = pending.hint = NULL;
}

static void print_line(enum severity severity, const char *text)
{
	cleanup_free char *escaped = text_escape(text);

	clear_status();
	fprintf(stderr, "%s%s%s: %s%s\n", program, command ? " " : "", command ? command : "",
		severity == SEVERITY_WARNING ? "warning: " : "",
		escaped ? escaped : "out of memory");
}

/* The caller holds the lock. */
static void say(enum severity severity, const char *id, int code, const char *text)
{
	dropped = common.quiet && severity != SEVERITY_ERROR;
	if (dropped)
		return;
	if (!json) {
		print_line(severity, text);
		return;
	}
	flush_pending();
	pending.waits = true;
	pending.severity = severity;
	pending.id = id;
	pending.code = code;
	pending.text = strdup(text);
	if (severity == SEVERITY_NOTE)
		flush_pending();
}

static bool was_given(const char *hint)
{
	for (unsigned i = 0; i < HINT_COUNT; i++) {
		if (hints[i] && strcmp(hint, hints[i]) == 0)
			return true;
	}
	free(hints[next_hint]);
	hints[next_hint] = strdup(hint);
	next_hint = (next_hint + 1) % HINT_COUNT;
	return false;
}

static void json_hint(const char *hint)
{
	cleanup_free char *before = pending.hint;

	pending.hint = NULL;
	if (!pending.waits)
		say(SEVERITY_NOTE, report_id_name(REPORT_NOTE, 0), 0, hint);
	else if (asprintf(&pending.hint, "%s%s%s", before ? before : "", before ? "; " : "", hint) <
		 0)
		pending.hint = NULL;
}

/* The caller holds the lock. */
static void say_hint(const char *hint)
{
	cleanup_free char *escaped = NULL;

	if (dropped)
		return;
	if (json) {
		json_hint(hint);
		return;
	}
	escaped = text_escape(hint);
	if (!escaped || was_given(hint))
		return;
	clear_status();
	fprintf(stderr, "hint: %s\n", escaped);
}

/* One critical section, so that no line of another thread comes between. `hint` may be NULL. */
static void say_both(enum severity severity, const char *id, int code, const char *text,
		     const char *hint)
{
	pthread_mutex_lock(&lock);
	say(severity, id, code, text);
	if (hint)
		say_hint(hint);
	pthread_mutex_unlock(&lock);
}

static void message(enum severity severity, enum report_id id, int code, const char *hint,
		    const char *format, va_list args) __attribute__((format(printf, 5, 0)));

static void message(enum severity severity, enum report_id id, int code, const char *hint,
		    const char *format, va_list args)
{
	cleanup_free char *text = NULL;

	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	say_both(severity, report_id_name(id, code), code, text ? text : "out of memory", hint);
}

void report_finish(void)
{
	pthread_mutex_lock(&lock);
	flush_pending();
	pthread_mutex_unlock(&lock);
}

void report_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message(SEVERITY_ERROR, REPORT_FAILED, 0, NULL, format, args);
	va_end(args);
}

void report_as(enum report_id id, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message(SEVERITY_ERROR, id, code, NULL, format, args);
	va_end(args);
}

void report_hinted(enum report_id id, const char *hint, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message(SEVERITY_ERROR, id, 0, hint, format, args);
	va_end(args);
}

int report_errno(int code, const char *format, ...)
{
	cleanup_free char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	report_as(REPORT_FAILED, code, "%s: %s", text ? text : "failed", strerror(code));
	return EXIT_FAILED;
}

int report_no_memory(void)
{
	report_as(REPORT_FAILED, ENOMEM, "out of memory");
	return EXIT_FAILED;
}

void report_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message(SEVERITY_WARNING, REPORT_LOG, 0, NULL, format, args);
	va_end(args);
}

void report_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message(SEVERITY_NOTE, REPORT_NOTE, 0, NULL, format, args);
	va_end(args);
}

static void say_alone(const char *hint)
{
	pthread_mutex_lock(&lock);
	say_hint(hint ? hint : "out of memory");
	pthread_mutex_unlock(&lock);
}

void report_hint(const char *format, ...)
{
	cleanup_free char *hint = NULL;
	va_list args;

	va_start(args, format);
	hint = famfs_shell_vformat(format, args);
	va_end(args);
	say_alone(hint);
}

void report_plain_hint(const char *format, ...)
{
	cleanup_free char *hint = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&hint, format, args) < 0)
		hint = NULL;
	va_end(args);
	say_alone(hint);
}

void report_see_help(void)
{
	report_plain_hint("see '%s%s%s --help'", program, command ? " " : "",
			  command ? command : "");
}

int report_usage(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message(SEVERITY_ERROR, REPORT_USAGE, 0, NULL, format, args);
	va_end(args);
	report_see_help();
	return EXIT_USAGE;
}

int report_unknown_command(const char *name, const char *suggestion)
{
	report_as(REPORT_UNKNOWN_COMMAND, 0, "unknown command '%s'", name);
	if (suggestion)
		report_hint("did you mean %s?", suggestion);
	else
		report_hint("see 'famfsctl --help'");
	return EXIT_USAGE;
}

int report_failure_hinted(const struct famfs_error *err, const char *hint)
{
	const char *id = report_id_name(err->refused ? REPORT_REFUSED : REPORT_FAILED, -err->code);
	cleanup_free char *remedy = hint ? NULL : remedy_hint(err);

	say_both(SEVERITY_ERROR, id, -err->code,
		 err->message[0] ? err->message : strerror(-err->code), hint ? hint : remedy);
	return err->refused ? EXIT_REFUSED : EXIT_FAILED;
}

int report_failure(const struct famfs_error *err)
{
	return report_failure_hinted(err, NULL);
}

void report_unfinished(const struct famfs_error *err)
{
	cleanup_free char *remedy = remedy_hint(err);

	say_both(SEVERITY_WARNING, report_id_name(REPORT_LOG, 0), -err->code, err->message, remedy);
}

bool report_confirm(const char *format, ...)
{
	cleanup_free char *text = NULL, *escaped = NULL;
	char answer[16];
	va_list args;

	if (common.yes)
		return true;
	if (json || !isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
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

void report_log(void *arg, int priority, const char *text)
{
	(void)arg;
	if (priority <= LOG_WARNING)
		report_warning("%s", text);
	else if (common.verbose >= 2 || (common.verbose && priority <= LOG_INFO))
		report_note("%s", text);
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
