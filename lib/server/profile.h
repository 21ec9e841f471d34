/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The generations of the famfs kernel patches: a table with a row of differences for each.
 *
 * Sources: the patch series on linux-fsdevel (RFC v1 of April 2025, RFC v2 of July 2025, v3 to v10
 * of January to March 2026) and the push branch of June 2026; docs/PROTOCOL.md names them.
 */
#ifndef SERVER_PROFILE_H
#define SERVER_PROFILE_H

#include "famfs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The reply that tells the kernel to use a larger buffer. */
enum fmap_more {
	FMAP_MORE_ERROR,  /* not at all: the reply is EFBIG */
	FMAP_MORE_SIZE,   /* four bytes: the size that is needed */
	FMAP_MORE_HEADER, /* the header alone, which has the size in it */
};

#define FMAP_PROFILES (FAMFS_PROFILE_PUSH + 1) /* rows, with that of FAMFS_PROFILE_UNKNOWN */

struct fmap_profile {
	enum famfs_fmap_profile generation;
	const char *name;
	unsigned int init_bit; /* of the 64 INIT flags; 0: none */
	uint32_t op_fmap;
	uint32_t op_daxdev;
	uint32_t max_extents; /* simple ones */
	uint32_t max_strips;  /* 0: interleaved maps are sent as simple ones */
	uint64_t max_reply;   /* bytes of the whole message */
	uint64_t first_reply; /* bytes that fit when the request has no size */
	bool fixed_reply;     /* the kernel takes exactly first_reply bytes */
	bool any_daxdev;      /* maps may name devices other than 0 */
	bool push; /* the server hands over the devices; the kernel does not ask for them */
	enum fmap_more more;
};

const struct fmap_profile *fmap_profile(enum famfs_fmap_profile generation);

/* "off", "v1", "v2", "pull", "push"; NULL for another word. */
const struct fmap_profile *fmap_profile_named(const char *name);

/*
 * The generation that a GET_FMAP request shows: generations that share an INIT bit differ in
 * whether the request has a size argument. The request overrides the assumption that was made at
 * INIT.
 */
const struct fmap_profile *fmap_profile_refine(const struct fmap_profile *profile,
					       bool request_has_size);

#endif
