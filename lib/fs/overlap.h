/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The allocation units that two files of the namespace share, or that one file has twice. A host
 * hangs at the unmount if its kernel mapped such a unit through two inodes, or at two offsets of
 * one inode; see docs/PROTOCOL.md.
 *
 * The bitmaps are allocated at the first overlap that the allocator reports, so a clean medium
 * costs nothing. Only device 0 counts: no kernel accepts fmaps that name another device.
 *
 * The volume's mutex serialises changes. Readers take no lock: a file's units are marked before the
 * file becomes visible.
 */
#ifndef FS_OVERLAP_H
#define FS_OVERLAP_H

#include "fs/namespace.h"

struct overlap {
	uint64_t units;   /* of device 0 */
	uint64_t *shown;  /* bitmap: units of visible files; NULL before the first overlap */
	uint64_t *shared; /* bitmap: units in use twice; allocated with `shown` */
	bool unknown;     /* out of memory: every file counts as sharing */
};

/* Marks the units of all visible files. On failure returns -ENOMEM and sets `unknown`. */
int overlap_begin(struct overlap *overlap, uint64_t units, const struct namespace *ns);
void overlap_destroy(struct overlap *overlap);

static inline bool overlap_begun(const struct overlap *overlap)
{
	return overlap->shown != NULL || overlap->unknown;
}

/* Marks the units of a file that is about to become visible. */
void overlap_add(struct overlap *overlap, const struct famfs_fmap *fmap);

/* Whether the file shares a unit with another visible file or with itself. */
bool overlap_found(const struct overlap *overlap, const struct famfs_fmap *fmap);

/* Finds the first file in the order of the log that shares space with `fmap`, the fmap of node
 * `self`. Returns `self` if the fmap overlaps itself, NODE_NONE if there is no such file. Visits at
 * most `*budget` nodes and subtracts them from it. */
node_t overlap_partner(const struct namespace *ns, node_t self, const struct famfs_fmap *fmap,
		       uint64_t *budget);

#endif
