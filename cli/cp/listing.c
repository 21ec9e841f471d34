/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cleanup.h"
#include "core/common.h"
#include "core/interrupt.h"
#include "core/report.h"
#include "core/session.h"
#include "cp/cp.h"
#include "output/output.h"
#include "output/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The words for an event in the listing, in the summary and in JSON. */
static const struct {
	const char *verb; /* "copy 'SOURCE' to 'DESTINATION'" */
	const char *join;
	const char *one; /* noun of the count; NULL: not repeated */
	const char *many;
	const char *done;  /* "3 files copied", "3 files would be copied" */
	const char *event; /* JSON name of the event */
	const char *count; /* JSON name of its count */
} words[CP_EVENTS] = {
	[CP_COPIED] = { "copy", "to", " file", " files", "copied", "copied", "copied" },
	[CP_OVERWRITTEN] = { "overwrite", "from", NULL, NULL, "overwritten", "overwritten",
			     "overwritten" },
	[CP_SAME] = { "keep", "like", NULL, NULL, "the same", "same", "same" },
	[CP_UPDATED] = { "update", "from", NULL, NULL, "updated", "updated", "updated" },
	[CP_DIRECTORY] = { "make directory", NULL, " directory", " directories", "made",
			   "directory", "directories" },
	[CP_EXCLUDED] = { "exclude", NULL, NULL, NULL, "excluded", "excluded", "excluded" },
	[CP_SKIPPED] = { NULL, NULL, NULL, NULL, "skipped", NULL, "skipped" },
	[CP_FAILED] = { NULL, NULL, NULL, NULL, "failed", NULL, "failed" },
};

static void list_json(enum cp_event event, const char *source, const char *destination,
		      uint64_t bytes)
{
	const struct field fields[] = {
		field_text("event", NULL, words[event].event),
		field_bool("dry_run", NULL, common.dry_run),
		field_path("source", NULL, source),
		field_path("destination", NULL, destination),
		field_number("bytes", NULL, bytes),
	};
	struct output out;

	output_begin(&out, true, PROGRESS_SCHEMA);
	output_fields(&out, fields, COUNT_OF(fields));
	output_end(&out);
}

/* The destination comes first, except for a copy, which reads from source to destination. */
static void list_text(const struct cp *cp, enum cp_event event, const char *source,
		      const char *destination)
{
	const char *first = event == CP_COPIED || event == CP_EXCLUDED ? source : destination;
	const char *second = event == CP_COPIED ? destination : source;
	struct output out = { .json = false };

	if (cp->options->progress == PROGRESS_LINE)
		report_status(NULL);
	if (cp->options->compare && event == CP_SAME)
		output_note(&out, "'%s' is the same as '%s'", first, second);
	else if (words[event].join)
		output_note(&out, "%s%s '%s' %s '%s'", common.dry_run ? "would " : "",
			    words[event].verb, first, words[event].join, second);
	else
		output_note(&out, "%s%s '%s'", common.dry_run ? "would " : "", words[event].verb,
			    first);
}

void cp_did(struct cp *cp, enum cp_event event, const char *source, const char *destination,
	    uint64_t bytes)
{
	atomic_fetch_add(&cp->events[event], 1);
	atomic_fetch_add(&cp->bytes, bytes);
	if (!common.verbose && !common.dry_run)
		return;
	flockfile(stdout);
	if (cp->options->progress == PROGRESS_JSON)
		list_json(event, source, destination, bytes);
	else
		list_text(cp, event, source, destination);
	funlockfile(stdout);
}

void cp_skip(struct cp *cp, const char *source, const char *why, const char *hint)
{
	atomic_fetch_add(&cp->events[CP_SKIPPED], 1);
	report_hinted(REPORT_SKIPPED, hint, "skipping '%s': %s", source, why);
}

bool cp_stopped(const struct cp *cp)
{
	return interrupt_pending() || atomic_load_explicit(&cp->over, memory_order_relaxed);
}

/* A full device may still have room for a smaller file, so try each one. */
static bool is_for_all(int code)
{
	return error_is_final(code) && code != -ENOSPC;
}

void cp_failed(struct cp *cp, const struct famfs_error *err, const char *hint)
{
	bool stopped = cp_stopped(cp);

	if (is_for_all(err->code))
		atomic_store(&cp->over, true);
	/* An abandoned copy is not counted as a failure: the reason was reported. */
	if (err->code == -ECANCELED && stopped)
		return;
	atomic_fetch_add(&cp->events[CP_FAILED], 1);
	report_failure_hinted(err, hint);
}

void cp_cannot(struct cp *cp, const char *verb, const char *source)
{
	int code = errno;

	atomic_fetch_add(&cp->events[CP_FAILED], 1);
	report_errno(code, "cannot %s '%s'", verb, source);
}

void cp_error(struct cp *cp, const char *format, ...)
{
	cleanup_free char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	atomic_fetch_add(&cp->events[CP_FAILED], 1);
	report_error("%s", text ? text : "out of memory");
}

static uint64_t count_of(const struct cp *cp, enum cp_event event)
{
	return atomic_load(&cp->events[event]);
}

static size_t append(char *text, size_t size, size_t length, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static size_t append(char *text, size_t size, size_t length, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	length += (size_t)vsnprintf(text + length, size - length, format, args);
	va_end(args);
	return length < size ? length : size - 1;
}

/* "17 files copied, 2 directories made, 1 skipped, 30 GiB written" */
static void summary_text(const struct cp *cp, char *text, size_t size)
{
	const char *would = common.dry_run ? "would be " : "";
	/* The count of this event is always printed, with its noun. */
	const enum cp_event main_event = cp->options->compare ? CP_SAME : CP_COPIED;
	uint64_t written = atomic_load(&cp->bytes);
	char bytes[TEXT_SIZE_LENGTH];
	size_t length = 0;

	for (enum cp_event event = 0; event < CP_EVENTS; event++) {
		uint64_t count = count_of(cp, event);
		const enum cp_event named = event == main_event ? CP_COPIED : event;
		const char *noun = count == 1 ? words[named].one : words[named].many;

		if (!count && event != main_event)
			continue;
		length = append(text, size, length, "%s%" PRIu64 "%s ", length ? ", " : "", count,
				noun ? noun : "");
		if (event == CP_FAILED && common.dry_run)
			length = append(text, size, length, "would fail");
		else
			length = append(text, size, length, "%s%s", would, words[event].done);
	}
	if (written)
		append(text, size, length, ", %s %swritten", text_size(bytes, written), would);
}

static void summary_json(const struct cp *cp)
{
	struct field fields[CP_EVENTS + 4] = {
		field_text("event", NULL, "end"),
		field_bool("dry_run", NULL, common.dry_run),
		field_bool("complete", NULL, !cp_stopped(cp)),
		field_number("bytes", NULL, atomic_load(&cp->bytes)),
	};
	struct output out;

	for (enum cp_event event = 0; event < CP_EVENTS; event++)
		fields[4 + event] = field_number(words[event].count, NULL, count_of(cp, event));
	output_begin(&out, true, PROGRESS_SCHEMA);
	output_fields(&out, fields, COUNT_OF(fields));
	output_end(&out);
}

int cp_summary(struct cp *cp)
{
	const struct cp_options *options = cp->options;
	bool stopped = cp_stopped(cp);
	bool partial = count_of(cp, CP_SKIPPED) || count_of(cp, CP_FAILED) || stopped;
	bool wanted = common.verbose || common.dry_run || options->resume || options->compare ||
		      options->progress == PROGRESS_LINE || partial;
	char text[512];

	summary_text(cp, text, sizeof(text));
	if (options->progress == PROGRESS_JSON)
		summary_json(cp);
	else if (stopped)
		report_as(interrupt_pending() ? REPORT_INTERRUPTED : REPORT_FAILED, 0, "%s: %s",
			  interrupt_pending() ? "interrupted" : "stopped", text);
	else if (wanted)
		report_note("%s", text);
	if (interrupt_pending() && !common.dry_run && !options->compare)
		report_plain_hint("the copied files are complete; to continue, repeat the command "
				  "with --resume%s",
				  cp->named ? " -T" : "");
	return partial ? EXIT_FAILED : EXIT_DONE;
}
