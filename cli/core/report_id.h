/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words that name an error in JSON. They are promised to scripts: none is ever renamed or given
 * another meaning. docs/JSON.md explains them.
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
