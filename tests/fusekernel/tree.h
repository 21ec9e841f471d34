/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file system with every kind of map: files that famfsctl copies, and files whose shapes would
 * need terabytes or luck, which an encoder of the tests adds to the log. The image is sparse.
 */
#ifndef FUSEKERNEL_TREE_H
#define FUSEKERNEL_TREE_H

#include "process.h"

#include <stddef.h>
#include <stdint.h>

#define MAX_TREE_FILES  96
#define MAX_MEDIA_PARTS 16 /* extents or strips of a file on the medium */

struct tree_file {
	char path[80];
	uint64_t size;
	uint64_t seed; /* seed of its bytes */
	uint32_t dev;  /* index of its device; 0 is the image */
	bool whole;    /* every byte was written; otherwise the ranges of tree_sample() */
	bool interleaved;
	uint32_t count; /* extents or strips */
	uint64_t chunk; /* chunk size in the log */
	struct {
		uint64_t offset;
		uint64_t length;
	} parts[MAX_MEDIA_PARTS];
};

struct tree {
	uint64_t device_size;
	uint64_t log_length;
	unsigned int nfiles;
	struct tree_file files[MAX_TREE_FILES];
	uint8_t *used; /* allocation units, while the tree is made */
};

/* Formats setup->image and fills it. Ends the run when that fails. */
void tree_create(struct tree *tree, struct setup *setup);

/* Finds a file by its path, which must exist. */
const struct tree_file *tree_find(const struct tree *tree, const char *path);

/* Device offset of a byte of the file according to the log, and how many bytes follow it there. */
uint64_t tree_place(const struct tree_file *file, uint64_t offset, uint64_t *run);

/* The expected bytes of the file. */
void tree_fill(const struct tree_file *file, uint64_t offset, void *buf, size_t size);

/* For a file that is not whole, ranges with contents: around the borders of its parts and of
 * the first, the last and many other chunks. False if there are no more. */
bool tree_sample(const struct tree_file *file, unsigned int number, uint64_t *offset, size_t *size);

/* log.c: the medium */

/* Appends an entry for the file, whose parts are set, and publishes it. */
void log_append_file(struct tree *tree, int image, const struct tree_file *file);

/* The first function returns the number of entries, the second removes the entries after it. */
uint64_t log_count(int image);
void log_cut(int image, uint64_t count);

/* Changes the UUID of the superblock, like a new file system; the second call restores it. */
void log_other_uuid(int image);

/* Appends an entry for a directory. */
void log_append_dir(int image, const char *path);

/* Adds a further device to the log, which is not attached. */
void log_append_device(int image, uint32_t index, uint64_t size);

/* Reads the log: fills in the parts of the tree's files and marks the used units. */
void log_read(struct tree *tree, int image);

#endif
