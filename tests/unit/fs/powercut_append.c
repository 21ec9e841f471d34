/* SPDX-License-Identifier: Apache-2.0 */
/* Adding entries to a memory that loses power: each is complete, or absent. */
#include "scene.h"

static const struct plan_entry entries[] = {
	{ .path = "d" },
	{ .path = "d/a", .size = 5000 },
	{ .path = "d/one", .size = 1 },
	{ .path = "d/a rather long name that fills its field up to what a writer may use: 78 byt" },
	{ .path = "large", .size = AU + 4097 },
	{ .path = "unfilled", .size = 100, .unfilled = true },
	{ .path = "exact", .size = AU },
	{ .path = "last", .size = 64 },
};

static const struct plan plan = { entries, ARRAY_SIZE(entries) };

static const struct plan short_plan = { entries, 4 };

static const struct plan_entry striped_entries[] = {
	{ .path = "s1", .size = 2 * AU, .nstrips = 1 },
	{ .path = "s2", .size = 3 * AU + 5, .nstrips = 2 },
	{ .path = "short", .size = AU - 1, .nstrips = 2 },
};

static const struct plan striped_plan = { striped_entries, ARRAY_SIZE(striped_entries) };

static void survive(uint64_t size, const struct plan *what, enum leftover leftover)
{
	struct scene scene;

	scene_start(&scene, size, what, leftover);
	scene_run(&scene);
	note("%llu power cuts, seed 4711\n", (unsigned long long)scene.tried);
	if (scene.fault)
		fail_msg("%s", scene.fault);
	assert_true(scene.tried > 500);
	scene_end(&scene);
}

static void fresh_log(void **state)
{
	(void)state;
	survive(34 * MIB, &plan, LEFT_ZEROS);
}

static void rubbish_log(void **state)
{
	(void)state;
	survive(34 * MIB, &short_plan, LEFT_RUBBISH);
}

static void old_entries_log(void **state)
{
	(void)state;
	survive(34 * MIB, &short_plan, LEFT_ENTRIES);
}

static void striped(void **state)
{
	(void)state;
	survive(2 * GIB, &striped_plan, LEFT_ZEROS);
}

static void notice(enum mutation mutation, const char *text)
{
	struct scene scene;

	scene_start(&scene, 34 * MIB, &plan, LEFT_RUBBISH);
	powercut_mutate(scene.cut, mutation);
	scene_run(&scene);
	if (!scene.fault)
		fail_msg("nothing was noticed in %llu power cuts", (unsigned long long)scene.tried);
	assert_text(scene.fault, text);
	scene_end(&scene);
}

static void no_entry_fence(void **state)
{
	(void)state;
	notice(MUTATE_NO_ENTRY_FENCE, "damaged entry");
}

static void counters_first(void **state)
{
	(void)state;
	notice(MUTATE_COUNTERS_FIRST, "damaged entry");
}

static void no_entry_flush(void **state)
{
	(void)state;
	notice(MUTATE_NO_ENTRY_FLUSH, "damaged entry");
}

static void no_counter_flush(void **state)
{
	(void)state;
	notice(MUTATE_NO_COUNTER_FLUSH, "lost");
}

static void no_data_flush(void **state)
{
	(void)state;
	notice(MUTATE_NO_DATA_FLUSH, "contents");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("a power cut leaves an entry whole or not at all", fresh_log),
		TEST("a power cut leaves an entry whole or not at all in a log of random bytes",
		     rubbish_log),
		TEST("a power cut leaves an entry whole or not at all in a log with old entries",
		     old_entries_log),
		TEST("a power cut leaves an interleaved file's entry whole or not at all", striped),
		TEST("a missing fence between entry and counters is noticed", no_entry_fence),
		TEST("an entry that is written after the counters is noticed", counters_first),
		TEST("a missing flush of the entry is noticed", no_entry_flush),
		TEST("a missing flush of the counters is noticed", no_counter_flush),
		TEST("a missing flush of contents is noticed", no_data_flush),
	};

	return run_group(tests);
}
