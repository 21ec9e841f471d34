/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The programs that mount(8), fsck(8) and mkfs(8) run: mount.famfs, mount.fuse.famfs, fsck.famfs
 * and mkfs.famfs, which are links to famfsctl. Each is a command whose arguments and exit codes its
 * caller defines.
 */
#ifndef CLI_HELPERS_HELPERS_H
#define CLI_HELPERS_HELPERS_H

#include "core/command.h"

extern const struct command helper_fsck;
extern const struct command helper_mkfs;
extern const struct command helper_mount;
extern const struct command helper_mount_fuse;

/* Ends with NULL. */
extern const struct command *const helpers[];

/* Finds a helper by argv[0], with or without a directory. Returns NULL if there is none. */
const struct command *helper_find(const char *argv0);

#endif
