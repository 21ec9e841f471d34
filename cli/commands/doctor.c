/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/doctor.h"
#include "core/commands.h"
#include "core/common.h"
#include "core/report.h"

#include <stdio.h>
#include <string.h>

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
	.summary = "Check this host, its mounts and the given famfs, and suggest repairs",
	.description = "It changes nothing. Each finding is ok, a warning or a problem.",
	.example = "doctor\ndoctor fam.img",
	.exit_codes = "0  no problem, perhaps warnings\n1  a problem was found\n2  wrong usage",
	.flags = COMMAND_JSON,
	.arg_kinds = { VALUE_VOLUME },
	.run = run,
};
