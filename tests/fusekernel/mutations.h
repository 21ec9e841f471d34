/* SPDX-License-Identifier: Apache-2.0 */
/* Faults in a genuine reply, each of which the checks must notice. */
#ifndef FUSEKERNEL_MUTATIONS_H
#define FUSEKERNEL_MUTATIONS_H

#include <stddef.h>
#include <stdint.h>

enum mutation_reply {
	MUTATE_INIT,
	MUTATE_MAP,    /* map of the file */
	MUTATE_MORE,   /* the first reply to a request with too little room */
	MUTATE_ERROR,  /* reply to a request for the map of a directory */
	MUTATE_RESEND, /* map for a request that was sent again */
	MUTATE_DAXDEV,
};

struct mutation {
	const char *title;
	int gen;
	enum mutation_reply reply;
	const char *path;
	/* Makes another genuine reply: for device 1, for a kernel that has one. */
	void (*prepare)(uint8_t *raw);
	/* Changes the reply, with its header; may change its length by less than 64 bytes. */
	void (*mutate)(uint8_t *raw, size_t *size);
};

extern const struct mutation mutations[];

#endif
