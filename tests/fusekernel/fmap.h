/* SPDX-License-Identifier: Apache-2.0 */
/* Maps as a kernel of each generation decodes them from the bytes of a reply, and how it uses them.
 */
#ifndef FUSEKERNEL_FMAP_H
#define FUSEKERNEL_FMAP_H

#include "generation.h"
#include "verdict.h"

struct extent {
	uint32_t dev;
	uint64_t offset; /* offset in the device */
	uint64_t length;
};

/* An interleaved extent. */
struct stripe_set {
	uint32_t nstrips;
	uint32_t chunk;
	uint64_t nbytes;
	uint32_t first; /* index of its first strip in the map's extents */
};

#define MAX_STRIPE_SETS 32

struct fmap {
	uint8_t file_type;
	uint64_t file_size;
	bool interleaved;
	bool uniform;      /* all simple extents except the last have the same length */
	uint32_t nextents; /* simple or interleaved, as the header says */
	uint32_t nsets;
	struct stripe_set sets[MAX_STRIPE_SETS];
	uint32_t count; /* number of simple extents, or of all strips */
	struct extent *extents;
	size_t message_size; /* bytes of the reply that the map occupies */
};

enum fmap_step {
	FMAP_TAKEN,   /* *map belongs to the caller, free it with fmap_free() */
	FMAP_REFUSED, /* by the kernel, with verdict->error */
	FMAP_AGAIN,   /* send a second request with *room */
};

/*
 * Decodes the payload of a GET_FMAP reply as the kernel does; its buffer had `*room` bytes. With
 * `again`, the request was the second one.
 */
enum fmap_step fmap_accept(const struct generation *gen, const uint8_t *payload, size_t size,
			   bool again, uint32_t *room, struct fmap *map, struct verdict *verdict);

/* Checks promises of our protocol page that no kernel checks: versions, reserved fields, sizes. */
bool fmap_strict(const struct generation *gen, const uint8_t *payload, size_t size,
		 const struct fmap *map, struct verdict *verdict);

void fmap_free(struct fmap *map);

/* Returns the place of a byte of the file; at->length is the number of contiguous bytes from there.
 * False if the map does not cover it. */
bool fmap_resolve(const struct fmap *map, uint64_t offset, struct extent *at);

#endif
