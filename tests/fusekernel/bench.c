/* SPDX-License-Identifier: Apache-2.0 */
/* The time of GET_FMAP from request to reply, compared with a request that does nothing. */
#include "scenarios.h"
#include "tap.h"
#include "vfs.h"

#include <stdlib.h>
#include <time.h>

#define ROUNDS 20000
#define WARM   1000

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Prints "KEY MEDIAN QUARTILE QUARTILE", from which the benchmarks make a figure. */
static void report(const char *key, double *values)
{
	qsort(values, ROUNDS, sizeof(*values), compare);
	printf("%s %.9g %.9g %.9g\n", key, values[ROUNDS / 2], values[ROUNDS / 4],
	       values[3 * ROUNDS / 4]);
}

static double round_trip(struct kernel *kernel, const struct request *request)
{
	struct timespec before, after;
	struct reply reply;

	clock_gettime(CLOCK_MONOTONIC, &before);
	if (!kernel_call(kernel, request, &reply))
		bail_out("no reply");
	clock_gettime(CLOCK_MONOTONIC, &after);
	return (double)(after.tv_sec - before.tv_sec) * 1e9 +
	       (double)(after.tv_nsec - before.tv_nsec);
}

/* Alternate, so that both are measured in the same state of the machine. */
static void measure(struct kernel *kernel, uint64_t nodeid)
{
	static double map[ROUNDS], nothing[ROUNDS], ratio[ROUNDS];
	const struct request get_fmap = { .opcode = kernel->gen->op_fmap, .nodeid = nodeid };
	const struct request unknown = { .opcode = 4000, .nodeid = nodeid };

	for (int i = -WARM; i < ROUNDS; i++) {
		double first = round_trip(kernel, &get_fmap);
		double second = round_trip(kernel, &unknown);

		if (i >= 0) {
			map[i] = first;
			nothing[i] = second;
		}
	}
	for (int i = 0; i < ROUNDS; i++)
		ratio[i] = map[i] / nothing[i];
	report("roundtrip_fmap", map);
	report("roundtrip_nothing", nothing);
	report("roundtrip_ratio", ratio);
}

void bench_run(const struct setup *setup, const struct tree *tree)
{
	struct kernel kernel;
	struct inode *inode;

	if (!kernel_boot(&kernel, setup, tree, &generations[GEN_PULL], "fmap=pull") ||
	    vfs_walk(&kernel, "simple/odd", &inode))
		bail_out("the server does not start");
	measure(&kernel, inode->nodeid);
	kernel_shutdown(&kernel);
}
