/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ids of errors in JSON, which docs/JSON.md explains. Scripts depend on them: never rename one
 * or change its meaning.
 */
#ifndef CLI_CORE_REPORT_ID_H
#define CLI_CORE_REPORT_ID_H

enum report_id {
	REPORT_FAILED, /* by its errno, where there is one */
	REPORT_USAGE,
	REPORT_UNKNOWN_COMMAND,
	REPORT_UNKNOWN_OPTION,
	REPORT_REFUSED,
	REPORT_DAMAGED,
	REPORT_DIFFERS,
	REPORT_INTERRUPTED,
	REPORT_SKIPPED,
	REPORT_LOG,
	REPORT_NOTE,
};

/* `code` is an errno, or 0. Static storage. */
const char *report_id_name(enum report_id id, int code);

#endif
