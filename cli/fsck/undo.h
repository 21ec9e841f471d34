/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The undo file, which keeps bytes that a repair overwrites. It is created when the first bytes
 * must be kept.
 */
#ifndef CLI_FSCK_UNDO_H
#define CLI_FSCK_UNDO_H

#include "famfs.h"

#include <stddef.h>
#include <stdint.h>

struct undo {
	const char *device;
	const char *wanted;       /* name that the user asked for, or NULL */
	char *name;               /* of the file that was last tried */
	int fd;                   /* -1 until it exists */
	struct famfs_error error; /* why a range could not be kept */
};

/* Both strings must outlive the undo. */
void undo_init(struct undo *undo, const char *device, const char *wanted);

/*
 * Saves a range, on stable storage when it returns. Returns 0, or a negative errno with
 * undo->error; then the range must not be overwritten.
 */
int undo_save(struct undo *undo, uint64_t offset, const void *old, size_t length);

/* The name of the file, or NULL when nothing had to be kept. */
const char *undo_name(const struct undo *undo);

/* Closes the file and frees what the struct holds. */
void undo_close(struct undo *undo);

#endif
