/* SPDX-License-Identifier: Apache-2.0 */
/* Between the check and the repair of a file system. */
#ifndef FS_FSCK_H
#define FS_FSCK_H

#include "fs/volume.h"

/* What a repair would do about a problem. */
enum repair_action {
	REPAIR_NONE,
	REPAIR_CUT,      /* take the damaged entries at the end out of the log */
	REPAIR_MODE,     /* keep the permission bits, drop the others */
	REPAIR_RETIRE,   /* replace the entry by one that says nothing; to be confirmed */
	REPAIR_HEADER,   /* write the log header anew */
	REPAIR_CAPACITY, /* record the size that the device has */
};

/* Neighbouring torn entries with the same bytes are one finding, so that an index that was never
 * true costs no memory for each entry that was never written. */
struct finding {
	uint64_t entry; /* the first; FAMFS_NO_ENTRY: not about an entry */
	uint64_t count; /* of entries; 1 when it is not about an entry */
	enum famfs_fault fault;
	enum repair_action action;
	bool agreed; /* the repair may be made */
	bool repaired;
	bool not_normalised;  /* the path is recorded in another form */
	struct omf_entry raw; /* each of the entries as it was judged */
	char path[OMF_PATH_SIZE];
	char message[200];
};

struct findings {
	struct finding *list;
	size_t count;
	size_t room;
	bool failed; /* out of memory */
};

/* About paths of entries that are sound. */
struct path_counts {
	uint64_t not_normalised;
	uint64_t hidden;
	uint64_t not_utf8;
	uint64_t first_not_utf8; /* an entry, when there are some */
};

struct fsck {
	const struct famfs_fsck_params *params;
	struct famfs_fsck_result *result;
	struct famfs_volume *vol;
	struct findings findings;
	struct path_counts paths;
	struct omf_log_header header; /* as it was judged */
	int header_read;              /* 0, or -errno: it could not be read */
	bool borrowed;                /* the device is that of another check */
};

/* Checks what is there now, through the device of `fsck`, which stays open and locked. Into
 * `again`: nothing but its parameters is set before. fsck_end() frees what it holds, also after a
 * failure. */
int fsck_look_again(const struct fsck *fsck, struct fsck *again, struct famfs_error *err);
void fsck_end(struct fsck *fsck);

/* Mends what can be mended, setting `repaired` as it goes. The device is open for writing and
 * locked against all other processes. */
int fsck_repair(struct fsck *fsck, struct famfs_error *err);

/* What the callbacks see. Points into the finding. */
struct famfs_problem finding_problem(const struct finding *finding);

#endif
