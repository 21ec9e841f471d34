/* SPDX-License-Identifier: Apache-2.0 */
/* A device that is looked at whatever is wrong with it: dump-super, dump-log and map. */
#ifndef CLI_CORE_INSPECT_H
#define CLI_CORE_INSPECT_H

#include "famfs_inspect.h"
#include "output/output.h"

static inline void cleanup_inspect_(struct famfs_inspect **inspect)
{
	famfs_inspect_close(*inspect);
}

#define cleanup_inspect __attribute__((cleanup(cleanup_inspect_)))

/* Opens what `arg` names, which is not a file in it. Returns an exit code after reporting. */
int inspect_open(const char *arg, struct famfs_inspect **out);

/* Members of the outermost object: what is known of the device as a whole. Nothing in text. */
void inspect_members(struct output *out, const struct famfs_inspect *inspect);

/* Warns of what is not as the medium says. */
void inspect_warn(const char *name, const struct famfs_inspect_info *info);

#endif
