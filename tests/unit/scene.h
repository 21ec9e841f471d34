/* SPDX-License-Identifier: Apache-2.0 */
/* A plan that is carried out on a memory that loses power, and checked after each cut. */
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
	const char *fault; /* description of the first error, or NULL */
};

/* Contents of the unused part of the log. */
enum leftover {
	LEFT_ZEROS,
	LEFT_RUBBISH,
	LEFT_ENTRIES, /* from an earlier file system: the first is sound, the others are torn */
};

void scene_start(struct scene *scene, uint64_t size, const struct plan *plan,
		 enum leftover leftover);
void scene_end(struct scene *scene);

/* Adds entry after entry. Loses power at every possible point, and after each call. */
void scene_run(struct scene *scene);

#endif
