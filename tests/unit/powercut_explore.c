/* SPDX-License-Identifier: Apache-2.0 */
/* The memories that a power cut could leave, one after the other. */
#include "powercut_lines.h"

#include <stdlib.h>
#include <string.h>

struct search {
	struct powercut *cut;
	struct memory *left;
	uint32_t *choice; /* for each line, the number of stores that reached memory */
	uint64_t tried;
	bool (*check)(void *arg, struct memory *left);
	void *arg;
	bool stopped;
};

static void try_choice(struct search *search)
{
	const struct powercut *cut = search->cut;

	for (size_t i = 0; i < cut->count; i++)
		apply_stores(cut->list[i], search->choice[i], search->left);
	search->tried++;
	search->stopped = !search->check(search->arg, search->left);
	memory_reset(search->left);
}

/* The next choice; with `halves`, each line has none or all of its stores. False after the last. */
static bool advance(struct search *search, bool halves)
{
	const struct powercut *cut = search->cut;

	for (size_t i = 0; i < cut->count; i++) {
		uint32_t most = cut->list[i]->count;

		if (search->choice[i] < most) {
			search->choice[i] += halves ? most : 1;
			return true;
		}
		search->choice[i] = 0;
	}
	return false;
}

static void try_all(struct search *search, bool halves)
{
	do
		try_choice(search);
	while (!search->stopped && advance(search, halves));
}

enum style { ANY_PREFIX, MOSTLY_OLD, MOSTLY_NEW, HALF, STYLES };

static uint32_t choose(struct rng *rng, enum style style, uint32_t most)
{
	switch (style) {
	case MOSTLY_OLD: return rng_below(rng, 8) ? 0 : most;
	case MOSTLY_NEW: return rng_below(rng, 8) ? most : 0;
	case HALF: return rng_below(rng, 2) ? most : 0;
	default: return (uint32_t)rng_below(rng, most + 1);
	}
}

static void try_samples(struct search *search, struct rng *rng, int samples)
{
	const struct powercut *cut = search->cut;

	for (int n = 0; n < samples && !search->stopped; n++) {
		for (size_t i = 0; i < cut->count; i++)
			search->choice[i] =
				choose(rng, (enum style)(n % STYLES), cut->list[i]->count);
		try_choice(search);
	}
}

/* No line, all lines, all but one, and one alone. */
static void try_singles(struct search *search)
{
	const struct powercut *cut = search->cut;

	for (int kind = 0; kind < 4; kind++) {
		size_t steps = kind < 2 ? 1 : cut->count < 32 ? cut->count : 32;

		for (size_t n = 0; n < steps && !search->stopped; n++) {
			size_t odd = n * cut->count / steps;

			for (size_t i = 0; i < cut->count; i++) {
				bool new = kind & 1;

				if (kind >= 2 && i == odd)
					new = !new;
				search->choice[i] = new ? cut->list[i]->count : 0;
			}
			try_choice(search);
		}
	}
}

static uint64_t count_choices(const struct powercut *cut, uint64_t limit)
{
	uint64_t product = 1;

	for (size_t i = 0; i < cut->count && product <= limit; i++)
		product *= cut->list[i]->count + 1;
	return product;
}

uint64_t powercut_explore(struct powercut *cut, struct rng *rng, uint64_t limit,
			  bool (*check)(void *arg, struct memory *left), void *arg)
{
	struct search search = { .cut = cut, .check = check, .arg = arg };

	search.left = memory_fork(cut->mem);
	search.choice = calloc(cut->count + 1, sizeof(*search.choice));
	assert_non_null(search.choice);
	if (count_choices(cut, limit) <= limit) {
		try_all(&search, false);
	} else {
		if (cut->count <= 12)
			try_all(&search, true);
		else
			try_singles(&search);
		try_samples(&search, rng, 120);
	}
	free(search.choice);
	memory_free(search.left);
	return search.tried;
}
