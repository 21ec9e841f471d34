/* SPDX-License-Identifier: Apache-2.0 */
/* The check of a file system, for famfsctl fsck and fsck.famfs. */
#ifndef CLI_FSCK_FSCK_H
#define CLI_FSCK_FSCK_H

#include "famfs.h"

/* fsck(8)'s exit codes, which are bits */
enum {
	FSCK_CLEAN = 0,
	FSCK_REPAIRED = 1,
	FSCK_LEFT = 4,
	FSCK_FAILED = 8,
	FSCK_USAGE = 16,
	FSCK_INTERRUPTED = 32,
};

struct fsck_request {
	bool repair;
	bool never_ask;   /* do not repair problems that need an answer */
	const char *save; /* file for the old contents of repaired bytes; NULL: a name made from the
			     name of the device */
};

/* A device or a mount. Returns FSCK_CLEAN, or an exit code after reporting. */
int fsck_resolve(const char *arg, struct famfs_target **out);

/* Checks, prints what it finds, and returns an exit code. */
int fsck_target(const struct famfs_target *target, const struct fsck_request *request);

#endif
