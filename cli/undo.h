/* SPDX-License-Identifier: Apache-2.0 */
/* The file that keeps what a repair is about to overwrite. Made when there is something to keep. */
#ifndef CLI_UNDO_H
#define CLI_UNDO_H

#include <stddef.h>
#include <stdint.h>

struct undo {
	const char *device;
	const char *wanted; /* name that the user asked for, or NULL */
	char *name;         /* of the file, once it exists */
	int fd;
};

/* Both strings must outlive the undo. */
void undo_init(struct undo *undo, const char *device, const char *wanted);

/*
 * Keeps a range, on stable storage when it returns. Returns 0 or a negative errno after reporting;
 * then the range must not be overwritten.
 */
int undo_save(struct undo *undo, uint64_t offset, const void *old, size_t length);

/* Closes the file and frees what the struct holds. */
void undo_close(struct undo *undo);

#endif
