/* SPDX-License-Identifier: Apache-2.0 */
/* What a path in the log may look like: relative and normalised, so that it cannot leave the
 * mount, and outside the server's own .meta. */
#ifndef MEDIA_PATH_H
#define MEDIA_PATH_H

#include <stddef.h>

#define META_DIR ".meta"

/* NULL when the `length` bytes at `path` are a usable path, else what is wrong with it ("has an
 * empty component"), static storage. Says nothing about length limits. */
const char *path_fault(const char *path, size_t length);

/* Offset of the last component: 0 when there is but one. */
size_t path_leaf(const char *path, size_t length);

#endif
