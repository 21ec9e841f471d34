/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cleanup.h"
#include "core/common.h"
#include "doctor/doctor.h"
#include "output/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const words[SEVERITIES] = {
	[SEVERITY_OK] = "ok",
	[SEVERITY_WARNING] = "warning",
	[SEVERITY_PROBLEM] = "problem",
};

static void print_word(enum severity severity)
{
	static const char *const colors[SEVERITIES] = { "32", "33", "31" };

	if (common_color(STDOUT_FILENO))
		printf("\033[%sm%-8s\033[0m ", colors[severity], words[severity]);
	else
		printf("%-8s ", words[severity]);
}

static void print_text(enum severity severity, const char *id, const char *subject,
		       const char *repair, const char *message)
{
	cleanup_free char *escaped = text_escape(message);
	cleanup_free char *name = text_escape(subject ? subject : "");
	cleanup_free char *command = text_escape(repair ? repair : "");

	if (common.quiet && severity == SEVERITY_OK)
		return;
	print_word(severity);
	printf("%-22s %s%s%s\n", id, name ? name : "", subject ? ": " : "", escaped ? escaped : "");
	if (repair)
		printf("         repair: %s\n", command ? command : "");
}

void doctor_say(struct doctor *doctor, enum severity severity, const char *id, const char *subject,
		const char *repair, const char *format, ...)
{
	cleanup_free char *message = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&message, format, args) < 0)
		message = NULL;
	va_end(args);
	const struct field fields[] = {
		field_text("id", NULL, id),
		field_text("severity", NULL, words[severity]),
		field_path("subject", NULL, subject),
		field_text("message", NULL, message ? message : ""),
		field_path("repair", NULL, repair),
	};

	doctor->counts[severity]++;
	if (doctor->out.json)
		output_row(&doctor->out, fields, COUNT_OF(fields));
	else
		print_text(severity, id, subject, repair, message ? message : "");
	/* Show each finding before the next check, which may take long. */
	fflush(stdout);
}
