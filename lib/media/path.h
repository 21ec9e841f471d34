/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths in the log.
 *
 * Writers write normalised paths: relative, without empty, '.' and '..' components, outside of the
 * server's own .meta. The reference implementation writes what was typed, such as "d//y", "./pw2"
 * and "d/../x", and so readers take every path that stays inside the file system.
 */
#ifndef MEDIA_PATH_H
#define MEDIA_PATH_H

#include "media/format.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define META_DIR ".meta"

/*
 * Drops empty and '.' components and resolves '..' by name. `out` has room for `length` + 1 bytes
 * and may be `path`; the result is relative and NUL-terminated. Returns its length, which is less
 * than `length` unless nothing was changed, and 0 for the root. -1: the path climbs above the root.
 */
ssize_t path_normalise(const char *path, size_t length, char *out);

/* A path as a reader takes it. */
struct path_reading {
	size_t recorded;   /* bytes of it; OMF_PATH_SIZE: it has no end */
	size_t length;     /* of the normalised path */
	const char *fault; /* why no reader takes it ("is empty"), static storage; or NULL */
};

/* Reads the OMF_PATH_SIZE bytes that an entry has for its path. `out` gets the normalised path, ""
 * when there is a fault. */
struct path_reading path_read(const char *field, char out[OMF_PATH_SIZE]);

/* Whether a normalised path is .meta or lies in it. Readers hide such a file, since the server's
 * own files are there. */
bool path_is_meta(const char *path, size_t length);

/* What keeps a writer from using the `length` bytes at `path` ("has an empty component"), static
 * storage; NULL: nothing. Says nothing about length limits and character sets. */
const char *path_fault(const char *path, size_t length);

/* Offset of the last component: 0 when there is but one. */
size_t path_leaf(const char *path, size_t length);

struct famfs_error;

/* As famfs_path_check(); with `raw_names` the path need not be UTF-8. */
int path_check(const char *path, bool raw_names, struct famfs_error *err);

#endif
