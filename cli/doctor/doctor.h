/* SPDX-License-Identifier: Apache-2.0 */
/* The findings of doctor: each has a severity, a stable id and a repair. */
#ifndef CLI_DOCTOR_DOCTOR_H
#define CLI_DOCTOR_DOCTOR_H

#include "output/output.h"

enum severity {
	SEVERITY_OK,
	SEVERITY_WARNING, /* works, but not as expected */
	SEVERITY_PROBLEM, /* does not work */
	SEVERITIES,
};

struct doctor {
	struct output out;
	unsigned counts[SEVERITIES];
};

/*
 * Prints a finding. `id` is stable for scripts: docs/man/famfsctl-doctor.8.scd lists them.
 * `subject` is a device, a mountpoint or NULL; `repair` is a command line made by
 * famfs_shell_format(), or NULL.
 */
void doctor_say(struct doctor *doctor, enum severity severity, const char *id, const char *subject,
		const char *repair, const char *format, ...) __attribute__((format(printf, 6, 7)));

/* Checks kernel, FUSE, DAX devices, installation, identity and limits. */
void doctor_check_host(struct doctor *doctor);

/* Checks each mounted famfs: whether its server answers and its log is sound. */
void doctor_check_mounts(struct doctor *doctor);

/* Checks the log and the space of the famfs that `arg` names. */
void doctor_check_target(struct doctor *doctor, const char *arg);

#endif
