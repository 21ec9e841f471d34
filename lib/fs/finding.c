/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t finding_last_entry(const struct finding *finding)
{
	return finding->entry + finding->count - 1;
}

/* Whether the reference implementation still shows the file: its replay does not check extents. */
static bool is_shown_elsewhere(enum famfs_fault fault)
{
	return fault == FAMFS_FAULT_SIZE || fault == FAMFS_FAULT_ALIGN ||
	       fault == FAMFS_FAULT_EXTENT || fault == FAMFS_FAULT_OVERLAP;
}

/* A sentence for people; NULL for no action. */
static const char *repair_text(const struct finding *finding)
{
	bool one = finding->count == 1;

	switch (finding->action) {
	case REPAIR_NONE: break;
	case REPAIR_CUT:
		return one ? "cut the entry off the end of the log"
			   : "cut the entries off the end of the log";
	case REPAIR_MODE: return "keep only the permission bits";
	case REPAIR_RETIRE:
		if (is_shown_elsewhere(finding->fault))
			return "replace the entry, which loses the file that it described; the "
			       "reference implementation shows this file";
		return one ? "replace the entry, which loses the file that it described"
			   : "replace the entries, which loses the files that they described";
	case REPAIR_HEADER: return "write the log header anew";
	case REPAIR_CAPACITY: return "record the size that the device has";
	}
	return NULL;
}

struct famfs_problem finding_problem(const struct finding *finding)
{
	return (struct famfs_problem){ .entry = finding->entry,
				       .fault = finding->fault,
				       .path = finding->path,
				       .message = finding->message,
				       .repair = repair_text(finding),
				       .repaired = finding->repaired,
				       .last_entry = finding_last_entry(finding) };
}

struct finding *findings_add(struct findings *findings, uint64_t entry, enum famfs_fault fault,
			     enum repair_action action)
{
	struct finding *finding;

	if (findings->count == findings->room) {
		size_t room = findings->room ? 2 * findings->room : 16;
		void *list = realloc(findings->list, room * sizeof(*findings->list));

		if (!list) {
			findings->failed = true;
			return NULL;
		}
		findings->list = list;
		findings->room = room;
	}
	finding = &findings->list[findings->count++];
	memset(finding, 0, sizeof(*finding));
	finding->entry = entry;
	finding->count = 1;
	finding->fault = fault;
	finding->action = action;
	return finding;
}

void findings_add_global(struct findings *findings, enum famfs_fault fault,
			 enum repair_action action, const char *format, ...)
{
	struct finding *finding = findings_add(findings, FAMFS_NO_ENTRY, fault, action);
	va_list ap;

	if (!finding)
		return;
	va_start(ap, format);
	vsnprintf(finding->message, sizeof(finding->message), format, ap);
	va_end(ap);
}
