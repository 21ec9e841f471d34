/* SPDX-License-Identifier: Apache-2.0 */
/* Files in /run/famfsctl, which the processes of this host share until the next boot. */
#ifndef DEVICE_RUNDIR_H
#define DEVICE_RUNDIR_H

#include <sys/types.h>

#define RUN_DIR "/run/famfsctl"

/*
 * Opens NAME followed by SUFFIX there, as open(2) does with `flags` and `mode`; O_CREAT makes the
 * folder too. `root` is put before /run: "" except in tests. Returns a descriptor; -EPERM if the
 * folder belongs to a user other than root and the caller, or if others may write it, -ELOOP for a
 * symbolic link, or another -errno.
 */
int rundir_open(const char *root, const char *name, const char *suffix, int flags, mode_t mode);

#endif
