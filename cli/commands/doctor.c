/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/doctor.h"
#include "core/cleanup.h"
#include "core/commands.h"
#include "core/common.h"
#include "core/report.h"
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
	/* Whoever watches sees what is being waited for. */
	fflush(stdout);
}

static int print_result(struct doctor *doctor)
{
	const unsigned *counts = doctor->counts;
	const struct field fields[] = {
		field_number("ok_count", NULL, counts[SEVERITY_OK]),
		field_number("warning_count", NULL, counts[SEVERITY_WARNING]),
		field_number("problem_count", NULL, counts[SEVERITY_PROBLEM]),
	};

	output_fields(&doctor->out, fields, COUNT_OF(fields));
	if (!common.quiet)
		output_note(&doctor->out, "%u problem%s, %u warning%s", counts[SEVERITY_PROBLEM],
			    counts[SEVERITY_PROBLEM] == 1 ? "" : "s", counts[SEVERITY_WARNING],
			    counts[SEVERITY_WARNING] == 1 ? "" : "s");
	return counts[SEVERITY_PROBLEM] ? EXIT_FAILED : EXIT_DONE;
}

static int run(int argc, const char *const *argv)
{
	struct doctor doctor = { 0 };
	int ret;

	output_begin(&doctor.out, common.json, "famfsctl.doctor/1");
	output_array_begin(&doctor.out, "findings");
	doctor_check_host(&doctor);
	doctor_check_mounts(&doctor);
	for (int i = 0; i < argc; i++)
		doctor_check_target(&doctor, argv[i]);
	output_array_end(&doctor.out);
	ret = print_result(&doctor);
	output_end(&doctor.out);
	return ret;
}

const struct command cmd_doctor = {
	.name = "doctor",
	.synopsis = "[OPTION...] [DEVICE|PATH...]",
	.summary = "Check this host, its mounts and the given famfs, and name the repairs",
	.description = "It changes nothing. Each finding is ok, a warning or a problem.",
	.example = "doctor\ndoctor fam.img",
	.exit_codes = "0  no problem, perhaps warnings\n1  a problem was found\n2  wrong usage",
	.flags = COMMAND_JSON,
	.arg_kinds = { VALUE_VOLUME },
	.run = run,
};
