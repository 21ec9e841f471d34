/* SPDX-License-Identifier: Apache-2.0 */
/* The scenarios, each a test for each generation that it applies to. */
#ifndef FUSEKERNEL_SCENARIOS_H
#define FUSEKERNEL_SCENARIOS_H

#include "kernel.h"
#include "tree.h"

struct scenario {
	const char *title;
	void (*run)(const struct setup *setup, const struct tree *tree,
		    const struct generation *gen);
	bool famfs;                                    /* for generations with famfs */
	bool stock;                                    /* for generations without */
	bool (*applies)(const struct generation *gen); /* NULL: always */
};

extern const struct scenario scenarios_init[];
extern const struct scenario scenarios_maps[];
extern const struct scenario scenarios_devices[];
extern const struct scenario scenarios_rules[];
extern const struct scenario scenarios_fixed[];
extern const struct scenario scenarios_survival[];
extern const struct scenario scenarios_flood[];
extern const struct scenario scenarios_stock[];
extern const struct scenario scenarios_shared[];

/* Each mutation of a reply must be noticed: one test for each mutation. */
void mutations_run(const struct setup *setup, const struct tree *tree);

/* Runs the same kind of test for each rule. */
void rules_proof(const struct setup *setup, const struct tree *tree);

/* Prints round trip times, as lines NAME VALUE on stdout. */
void bench_run(const struct setup *setup, const struct tree *tree);

#endif
