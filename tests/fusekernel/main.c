/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A simulated kernel: speaks FUSE to a real server, over a pair of sockets in the place of
 * /dev/fuse, as each generation of the famfs patches and as kernels without them.
 *
 *   fusekernel FAMFSCTL PRELOAD            the tests, as TAP
 *   fusekernel FAMFSCTL PRELOAD WORD       only tests whose title has the word
 *   fusekernel FAMFSCTL PRELOAD --bench    round trips
 */
#include "scenarios.h"
#include "tap.h"

#include <stdlib.h>

static const struct scenario *const suites[] = {
	scenarios_init,     scenarios_maps,  scenarios_devices, scenarios_rules,  scenarios_fixed,
	scenarios_survival, scenarios_flood, scenarios_stock,   scenarios_shared,
};

static void run_scenario(const struct scenario *scenario, const struct setup *setup,
			 const struct tree *tree, const char *word)
{
	char title[160];

	for (int i = 0; i < GENERATIONS; i++) {
		const struct generation *gen = &generations[i];

		if (!(has_famfs(gen) ? scenario->famfs : scenario->stock) ||
		    (scenario->applies && !scenario->applies(gen)))
			continue;
		snprintf(title, sizeof(title), "%s: %s", gen->name, scenario->title);
		if (!strstr(title, word))
			continue;
		test_begin("%s", title);
		scenario->run(setup, tree, gen);
		test_end();
	}
}

static void run_tests(const struct setup *setup, const struct tree *tree, const char *word)
{
	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++)
		for (const struct scenario *scenario = suites[i]; scenario->title; scenario++)
			run_scenario(scenario, setup, tree, word);
	if (strstr("mutation", word))
		mutations_run(setup, tree);
	if (strstr("rule", word))
		rules_proof(setup, tree);
}

int main(int argc, char **argv)
{
	static struct tree tree;
	static struct setup setup;
	int ret = 0;

	if (argc < 3) {
		fprintf(stderr, "usage: fusekernel FAMFSCTL PRELOAD [--bench|WORD]\n");
		return 2;
	}
	/* The host that formats the image is its master. */
	setenv("FAMFS_SYSTEM_UUID", "00000000-0000-4000-8000-00000000f05e", 1);
	setup_create(&setup, argv[1], argv[2]);
	tree_create(&tree, &setup);
	if (argc > 3 && !strcmp(argv[3], "--bench")) {
		bench_run(&setup, &tree);
	} else {
		run_tests(&setup, &tree, argc > 3 ? argv[3] : "");
		ret = tap_finish();
	}
	return ret;
}
