/* SPDX-License-Identifier: Apache-2.0 */
/* A plan that is carried out on a memory that loses power, and looked at after each cut. */
#ifndef UNIT_SCENE_H
#define UNIT_SCENE_H

#include "powercut.h"

struct scene {
	struct memory *mem;
	struct powercut *cut;
	const struct plan *plan;
	struct rng rng;
	uint64_t limit; /* for powercut_explore() */
	uint64_t least; /* entries that a cut may leave */
	uint64_t most;
	uint64_t tried;
	const char *fault; /* the first that was found, or NULL */
};

/* What the unused part of the log holds. */
enum leftover {
	LEFT_ZEROS,
	LEFT_RUBBISH,
	LEFT_ENTRIES, /* of an earlier history: the first is sound, the others are torn */
};

void scene_start(struct scene *scene, uint64_t size, const struct plan *plan,
		 enum leftover leftover);
void scene_end(struct scene *scene);

/* Adds entry after entry, losing power wherever that is possible, and after each call returned. */
void scene_run(struct scene *scene);

#endif
