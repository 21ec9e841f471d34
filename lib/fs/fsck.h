/* SPDX-License-Identifier: Apache-2.0 */
/* The state that the check and the repair of a file system share. */
#ifndef FS_FSCK_H
#define FS_FSCK_H

#include "fs/finding.h"
#include "fs/volume.h"

/* Counts of paths in valid entries. */
struct path_counts {
	uint64_t not_normalised;
	uint64_t hidden;
	uint64_t not_utf8;
	uint64_t first_not_utf8; /* entry; valid if not_utf8 is not 0 */
};

struct fsck {
	const struct famfs_fsck_params *params;
	struct famfs_fsck_result *result;
	struct famfs_volume *vol;
	struct findings findings;
	struct path_counts paths;
	struct omf_log_header header; /* as it was checked */
	int header_read;              /* 0, or -errno if it could not be read */
	bool borrowed;                /* the device belongs to another check */
};

/* A volume observer, with a struct fsck as its argument: records what the replay finds. */
void fsck_observe(void *arg, uint64_t entry, const struct omf_entry *raw, enum famfs_fault fault,
		  const struct record *rec, bool implied, const char *text);

/* After the replay with the observer: completes the findings about entries, and adds those about
 * the log header and the recorded size. */
void fsck_check(struct fsck *fsck);

/* Checks the current state through a new volume on the device of `fsck`, which stays open and
 * locked. The caller sets only `params` in `again`, and calls fsck_end() on it, also after a
 * failure. */
int fsck_recheck(const struct fsck *fsck, struct fsck *again, struct famfs_error *err);

/* Frees the findings and closes the volume; leaves a borrowed device open. */
void fsck_end(struct fsck *fsck);

/* Repairs the problems that have a repair, and sets `repaired` in each finding that was repaired.
 * The device is open for writing and locked against all other processes. */
int fsck_repair(struct fsck *fsck, struct famfs_error *err);

#endif
