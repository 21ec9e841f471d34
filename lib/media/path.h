/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths in the log.
 *
 * Writers record normalised paths: relative, without empty, '.' and '..' components, outside of the
 * server's own .meta. The reference implementation records paths as typed, such as "d//y", "./pw2"
 * and "d/../x", so readers accept every path that stays inside the file system.
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

/* A path as a reader decodes it. */
struct path_reading {
	size_t recorded;   /* bytes; OMF_PATH_SIZE if the NUL is missing */
	size_t length;     /* of the normalised path */
	const char *fault; /* why readers refuse it ("is empty"), static storage; or NULL */
};

/* Decodes the path field of an entry, OMF_PATH_SIZE bytes. `out` receives the normalised path,
 * or "" if there is a fault. */
struct path_reading path_read(const char *field, char out[OMF_PATH_SIZE]);

/* Whether a normalised path is .meta or inside it. Readers hide such a file, since the server's
 * own files have these paths. */
bool path_is_meta(const char *path, size_t length);

/* Why a writer must not use the `length` bytes at `path` ("has an empty component"), in static
 * storage; NULL if it may. Does not check length limits and character sets. */
const char *path_fault(const char *path, size_t length);

/* Offset of the last component: 0 if there is only one. */
size_t path_leaf(const char *path, size_t length);

struct famfs_error;

/* Like famfs_path_check(); with `raw_names` the path need not be UTF-8. */
int path_check(const char *path, bool raw_names, struct famfs_error *err);

#endif
