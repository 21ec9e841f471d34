/* SPDX-License-Identifier: Apache-2.0 */
/* The problems that a check of a file system found. */
#ifndef FS_FINDING_H
#define FS_FINDING_H

#include "famfs.h"
#include "media/format.h"

/* The repair of a problem. */
enum repair_action {
	REPAIR_NONE,
	REPAIR_CUT,      /* remove the damaged entries at the end of the log */
	REPAIR_MODE,     /* keep the permission bits, drop the others */
	REPAIR_RETIRE,   /* replace the entry by an INVALID one; needs confirmation */
	REPAIR_HEADER,   /* rewrite the log header */
	REPAIR_CAPACITY, /* record the size that the device has */
};

/* Neighbouring torn entries with the same bytes are one finding, so that a wrong index does not
 * cost memory for each entry that was never written. */
struct finding {
	uint64_t entry; /* the first entry; FAMFS_NO_ENTRY if it is not about an entry */
	uint64_t count; /* entries; 1 if it is not about an entry */
	enum famfs_fault fault;
	enum repair_action action;
	bool agreed; /* the repair may be made */
	bool repaired;
	bool not_normalised;  /* the path is recorded in another form */
	struct omf_entry raw; /* the bytes of each of the entries as they were checked */
	char path[OMF_PATH_SIZE];
	char message[200];
};

struct findings {
	struct finding *list;
	size_t count;
	size_t room;
	bool failed; /* out of memory */
};

uint64_t finding_last_entry(const struct finding *finding);

/* The problem as callbacks receive it. It points into the finding. */
struct famfs_problem finding_problem(const struct finding *finding);

/* Appends a finding about one entry, zeroed except for the arguments. NULL: out of memory, and
 * findings->failed is set. Adding another finding invalidates the pointer. */
struct finding *findings_add(struct findings *findings, uint64_t entry, enum famfs_fault fault,
			     enum repair_action action);

/* Appends a finding that is not about an entry, with its message. */
__attribute__((format(printf, 4, 5))) void findings_add_global(struct findings *findings,
							       enum famfs_fault fault,
							       enum repair_action action,
							       const char *format, ...);

#endif
