/* SPDX-License-Identifier: Apache-2.0 */
/* Compares a map that a kernel has accepted with the file. */
#ifndef FUSEKERNEL_VERIFY_H
#define FUSEKERNEL_VERIFY_H

#include "fmap.h"
#include "tree.h"

/* Returns whether a kernel of the generation can accept the file's map. */
bool verify_sendable(const struct generation *gen, const struct tree_file *file);

/* Checks size, type, shape, and the place of each byte. */
bool verify_places(const struct generation *gen, const struct tree_file *file,
		   const struct fmap *map, struct verdict *verdict);

/* Reads the file's bytes from the image, at the places in the map, and compares. */
bool verify_bytes(int image, const struct tree_file *file, const struct fmap *map,
		  struct verdict *verdict);

#endif
