/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that an option names for output. It is written under a temporary name and
 * renamed: an existing file is replaced whole or not at all, and nothing is written through a link
 * or to a device. It keeps the mode of the file that it replaces.
 */
#ifndef CLI_OUTPUT_NEWFILE_H
#define CLI_OUTPUT_NEWFILE_H

#include "famfs.h"

#include <stdio.h>

struct new_file {
	const char *path; /* as given */
	const char *name; /* in `dir`, a part of `path` */
	int dir;          /* the directory that it is created in */
	char temporary[40];
	FILE *stream; /* to write to */
};

/*
 * Opens the directory of `path`, which must outlive the struct, and a temporary file in it.
 * Refuses a path that is not a regular file, and a directory in a mounted famfs, also one
 * that a symbolic link leads to. Reports what fails. Returns an exit code; after EXIT_DONE,
 * new_file_finish() is due.
 */
int new_file_open(struct new_file *file, const char *path);

/* Renames the file into place. If that fails, reports it and leaves the old file. */
int new_file_finish(struct new_file *file);

/*
 * Opens the directory of the file `path`, as a descriptor (O_PATH) for openat(2); *name becomes
 * the file's name in it, a part of `path`. Refused with -EPERM: a directory in a mounted famfs.
 * -EISDIR when `path` ends in a slash.
 */
int new_file_directory(const char *path, const char **name, struct famfs_error *err);

#endif
