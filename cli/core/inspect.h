/* SPDX-License-Identifier: Apache-2.0 */
/* Opens a device whatever is wrong with it, for dump-super, dump-log and map. */
#ifndef CLI_CORE_INSPECT_H
#define CLI_CORE_INSPECT_H

#include "famfs_inspect.h"
#include "output/output.h"

static inline void cleanup_inspect_(struct famfs_inspect **inspect)
{
	famfs_inspect_close(*inspect);
}

#define cleanup_inspect __attribute__((cleanup(cleanup_inspect_)))

/* Opens the device that `arg` names; a file in a famfs is refused. Returns an exit code after
 * reporting. */
int inspect_open(const char *arg, struct famfs_inspect **out);

/* Prints the facts about the whole device, as members of the outermost object. Prints nothing in
 * text. */
void inspect_members(struct output *out, const struct famfs_inspect *inspect);

/* Warns if the facts of the device do not agree with the medium. */
void inspect_warn(const char *name, const struct famfs_inspect_info *info);

#endif
