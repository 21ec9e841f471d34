/* SPDX-License-Identifier: Apache-2.0 */
/* A map that a kernel has taken against the file that it is said to be of. */
#ifndef FUSEKERNEL_VERIFY_H
#define FUSEKERNEL_VERIFY_H

#include "fmap.h"
#include "tree.h"

/* Whether a kernel of the generation can have the file's map at all. */
bool verify_sendable(const struct generation *gen, const struct tree_file *file);

/* Size, type, shape, and for each byte where it lies. */
bool verify_places(const struct generation *gen, const struct tree_file *file,
		   const struct fmap *map, struct verdict *verdict);

/* Reads the file's bytes from the image, where the map says that they are, and compares. */
bool verify_bytes(int image, const struct tree_file *file, const struct fmap *map,
		  struct verdict *verdict);

#endif
