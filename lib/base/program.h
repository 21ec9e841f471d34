/* SPDX-License-Identifier: Apache-2.0 */
/* Where other programs are found. */
#ifndef BASE_PROGRAM_H
#define BASE_PROGRAM_H

#include <stddef.h>

/* The directories of root's programs, as in $PATH. */
#define PROGRAM_DIRS "/usr/sbin:/usr/bin:/sbin:/bin"

/*
 * The directories to look in, separated by colons: PROGRAM_DIRS for root and for a process with
 * raised privileges, whose environment may be another user's; those of $PATH for others.
 */
const char *program_dirs(void);

/* The first executable file `name` in `dirs`, to `path`. -ENOENT when there is none, -ENAMETOOLONG
 * when there is one and `size` is too small. */
int program_find(const char *dirs, const char *name, char *path, size_t size);

#endif
