/* SPDX-License-Identifier: Apache-2.0 */
/* What doctor finds: each with a severity, a stable id and its repair. */
#ifndef CLI_DOCTOR_DOCTOR_H
#define CLI_DOCTOR_DOCTOR_H

#include "output/output.h"

enum severity {
	SEVERITY_OK,
	SEVERITY_WARNING, /* works, but somebody will be surprised */
	SEVERITY_PROBLEM, /* does not work */
	SEVERITIES,
};

struct doctor {
	struct output out;
	unsigned counts[SEVERITIES];
};

/*
 * Prints a finding. `id` is a word that scripts may rely on: docs/man/famfsctl-doctor.8.scd lists
 * them. `subject` is a device, a mountpoint or NULL; `repair` a command line, which
 * famfs_shell_format() has made where it names anything, or NULL.
 */
void doctor_say(struct doctor *doctor, enum severity severity, const char *id, const char *subject,
		const char *repair, const char *format, ...) __attribute__((format(printf, 6, 7)));

/* Kernel, FUSE, DAX devices, what is installed, identity, limits. */
void doctor_check_host(struct doctor *doctor);

/* Each mounted famfs: does its server answer, is its log sound? */
void doctor_check_mounts(struct doctor *doctor);

/* The log and the space of what `arg` names. */
void doctor_check_target(struct doctor *doctor, const char *arg);

#endif
