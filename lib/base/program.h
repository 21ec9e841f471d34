/* SPDX-License-Identifier: Apache-2.0 */
/* Finds other programs. */
#ifndef BASE_PROGRAM_H
#define BASE_PROGRAM_H

#include <stddef.h>

/* The directories of root's programs, as in $PATH. */
#define PROGRAM_DIRS "/usr/sbin:/usr/bin:/sbin:/bin"

/*
 * Returns the directories to search, separated by colons: $PATH; but PROGRAM_DIRS for root, and for
 * a process with raised privileges, whose environment another user may have set.
 */
const char *program_dirs(void);

/* Copies the path of the first executable file `name` in `dirs` to `path`. -ENOENT if there is
 * none, -ENAMETOOLONG if `size` is too small. */
int program_find(const char *dirs, const char *name, char *path, size_t size);

#endif
