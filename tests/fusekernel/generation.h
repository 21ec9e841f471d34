/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated kernels, one row each: the messages that it sends, accepts and refuses. */
#ifndef FUSEKERNEL_GENERATION_H
#define FUSEKERNEL_GENERATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The server's answer if a map needs more room than the first request has. */
enum more {
	MORE_NEVER,     /* an error: there is no second request */
	MORE_BY_SIZE,   /* a payload of exactly 4 bytes: the size */
	MORE_BY_HEADER, /* the map's header alone */
};

struct generation {
	const char *name;
	const char *option; /* value of -o fmap= for the server */
	uint32_t minor;
	uint64_t init_flags;
	int fmap_bit; /* bit of init_flags; -1: a kernel without famfs */
	uint32_t op_fmap;
	uint32_t op_daxdev; /* 0: never sent */
	bool on_lookup;     /* GET_FMAP follows LOOKUP, not OPEN */
	bool has_size;      /* GET_FMAP has an argument */
	bool push;          /* the server hands over devices */
	bool fatal;         /* a failed GET_FMAP fails the open */
	bool fixed;         /* the reply must be exactly as long as the room */
	enum more more;
	uint32_t room;     /* bytes for the reply to the first request */
	uint32_t max_room; /* bytes for the reply to the second request */
	uint32_t max_simple;
	uint32_t max_interleaved; /* 0: refused */
	uint32_t max_strips;
	uint32_t max_devindex;
	uint32_t align;      /* alignment of offsets and lengths */
	bool chunk_aligned;  /* chunk sizes are multiples of `align` */
	bool chunk_pmd_only; /* chunk sizes are one page or one PMD */
};

enum {
	GEN_V1,
	GEN_V2,
	GEN_PULL,
	GEN_PUSH_1,
	GEN_PUSH_2,
	GEN_STOCK_6_18,
	GEN_STOCK_7_3,
	GEN_STOCK_7_3_URING,
	GENERATIONS
};

extern const struct generation generations[GENERATIONS];

static inline bool has_famfs(const struct generation *gen)
{
	return gen->fmap_bit >= 0;
}

#endif
