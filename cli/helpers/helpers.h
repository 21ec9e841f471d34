/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names under which mount(8), fsck(8) and mkfs(8) run this program: mount.famfs,
 * mount.fuse.famfs, fsck.famfs and mkfs.famfs. Each is a command with arguments and exit codes of
 * its own, which are theirs.
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

/* By the name that the program was started under, with or without a folder. NULL: it is none. */
const struct command *helper_find(const char *argv0);

#endif
