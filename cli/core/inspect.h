/* SPDX-License-Identifier: Apache-2.0 */
/* A device that is looked at whatever is wrong with it: dump-super, dump-log and map. */
#ifndef CLI_CORE_INSPECT_H
#define CLI_CORE_INSPECT_H

#include "famfs.h"
#include "output/output.h"

static inline void cleanup_medium_(struct famfs_medium **medium)
{
	famfs_medium_close(*medium);
}

#define cleanup_medium __attribute__((cleanup(cleanup_medium_)))

/* Opens what `arg` names, which is not a file in it. Returns an exit code after reporting. */
int medium_open(const char *arg, struct famfs_medium **out);

/* Members of the outermost object: what is known of the device as a whole. Nothing in text. */
void medium_members(struct output *out, const struct famfs_medium *medium);

/* Warns of what is not as the medium says. */
void medium_warn(const char *name, const struct famfs_medium_info *info);

#endif
