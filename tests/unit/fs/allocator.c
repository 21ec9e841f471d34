/* SPDX-License-Identifier: Apache-2.0 */
/* The allocator against a model with one flag for each unit, through random histories. */
#include "support.h"

#include "fs/allocator.h"

#include <string.h>

#define UNITS_MAX 300

struct model {
	uint64_t units;
	bool used[UNITS_MAX];
	bool held[UNITS_MAX];
};

static bool busy(const struct model *m, uint64_t unit)
{
	return m->used[unit] || m->held[unit];
}

static uint64_t model_free(const struct model *m, uint64_t from, uint64_t to)
{
	uint64_t count = 0;

	for (uint64_t i = from; i < to && i < m->units; i++)
		count += !busy(m, i);
	return count;
}

static struct unit_run model_next(const struct model *m, uint64_t from, uint64_t to)
{
	struct unit_run run = { 0 };

	for (uint64_t i = from; i < to && i < m->units; i++) {
		if (busy(m, i)) {
			if (run.length)
				break;
			continue;
		}
		if (run.length++ == 0)
			run.start = i;
	}
	return run;
}

static struct unit_run model_find(const struct model *m, uint64_t need, uint64_t from, uint64_t to)
{
	for (uint64_t start = from; start + need <= to && start + need <= m->units; start++)
		if (model_free(m, start, start + need) == need)
			return (struct unit_run){ start, need };
	return (struct unit_run){ 0 };
}

static void same_run(struct unit_run got, struct unit_run want)
{
	assert_true(got.length == want.length);
	if (want.length)
		assert_true(got.start == want.start);
}

static void compare(const struct allocator *alloc, const struct model *m, struct rng *rng)
{
	uint64_t from = rng_below(rng, m->units + 1), to = rng_below(rng, m->units + 10);
	uint64_t need = 1 + rng_below(rng, m->units / 4 + 1), largest = 0, at = 0;
	struct unit_run run;

	assert_true(alloc->free == model_free(m, 0, m->units));
	assert_true(allocator_count_free(alloc, from, to) == model_free(m, from, to));
	same_run(allocator_next_run(alloc, from, to), model_next(m, from, to));
	same_run(allocator_find(alloc, need, from, to), model_find(m, need, from, to));
	for (; (run = model_next(m, at, m->units)).length; at = run.start + run.length)
		largest = run.length > largest ? run.length : largest;
	assert_true(allocator_largest(alloc) == largest);
}

static void use(struct allocator *alloc, struct model *m, uint64_t start, uint64_t length)
{
	bool overlap = false;

	for (uint64_t i = start; i < start + length && i < m->units; i++) {
		overlap |= m->used[i];
		m->used[i] = true;
	}
	assert_int_equal(allocator_use(alloc, start, length), overlap);
}

static void hold(struct allocator *alloc, struct model *m, struct unit_run run)
{
	for (uint64_t i = run.start; i < run.start + run.length; i++)
		m->held[i] = true;
	allocator_hold(alloc, run.start, run.length);
}

/* The held range around `at`. A reservation is released whole or in part. */
static void release(struct allocator *alloc, struct model *m, uint64_t at)
{
	uint64_t end = at;

	for (; end < m->units && m->held[end]; end++)
		m->held[end] = false;
	allocator_release(alloc, at, end - at);
}

static void step(struct allocator *alloc, struct model *m, struct rng *rng)
{
	uint64_t at = rng_below(rng, m->units), length = 1 + rng_below(rng, 70);
	struct unit_run run = model_find(m, 1 + length % 9, at, m->units);

	switch (rng_below(rng, 4)) {
	case 0: use(alloc, m, at, length % 5); break;
	case 1: use(alloc, m, rng_below(rng, m->units + 100), length % 3); break;
	case 2: hold(alloc, m, run); break;
	default: release(alloc, m, at); break;
	}
}

static void histories(void **state)
{
	static const uint64_t sizes[] = { 1, 6, 63, 64, 65, 127, 128, 192, UNITS_MAX };

	(void)state;
	for (uint64_t seed = 0; seed < 180; seed++) {
		struct model m = { .units = sizes[seed % ARRAY_SIZE(sizes)] };
		struct rng rng = { seed };
		uint64_t first = rng_below(&rng, m.units + 1);
		struct allocator alloc;

		assert_int_equal(allocator_init(&alloc, m.units, first), 0);
		memset(m.used, true, first);
		for (int i = 0; i < 120; i++) {
			compare(&alloc, &m, &rng);
			step(&alloc, &m, &rng);
		}
		allocator_destroy(&alloc);
	}
}

static void metadata(void **state)
{
	struct allocator alloc;

	(void)state;
	assert_int_equal(allocator_init(&alloc, 100, 5), 0);
	assert_true(alloc.free == 95);
	same_run(allocator_find(&alloc, 1, 0, 100), (struct unit_run){ 5, 1 });
	assert_true(allocator_use(&alloc, 4, 2));
	same_run(allocator_find(&alloc, 1, 0, 100), (struct unit_run){ 6, 1 });
	allocator_destroy(&alloc);
	/* A device that ends before its data area begins. */
	assert_int_equal(allocator_init(&alloc, 3, 5), 0);
	assert_true(alloc.free == 0);
	same_run(allocator_find(&alloc, 1, 0, 3), (struct unit_run){ 0 });
	allocator_destroy(&alloc);
}

static void beyond(void **state)
{
	struct allocator alloc;

	(void)state;
	assert_int_equal(allocator_init(&alloc, 64, 5), 0);
	assert_false(allocator_use(&alloc, 64, 1));
	assert_false(allocator_use(&alloc, UINT64_MAX / 2, 10));
	assert_false(allocator_use(&alloc, 63, UINT64_MAX - 63));
	assert_true(alloc.free == 58);
	assert_true(allocator_use(&alloc, 60, UINT64_MAX));
	assert_true(alloc.free == 55);
	allocator_destroy(&alloc);
}

static void first_fit(void **state)
{
	struct allocator alloc;

	(void)state;
	assert_int_equal(allocator_init(&alloc, 200, 5), 0);
	allocator_use(&alloc, 8, 1);
	same_run(allocator_find(&alloc, 3, 0, 200), (struct unit_run){ 5, 3 });
	same_run(allocator_find(&alloc, 4, 0, 200), (struct unit_run){ 9, 4 });
	same_run(allocator_find(&alloc, 4, 0, 12), (struct unit_run){ 0 });
	same_run(allocator_find(&alloc, 1, 150, 151), (struct unit_run){ 150, 1 });
	allocator_hold(&alloc, 5, 3);
	same_run(allocator_find(&alloc, 1, 0, 200), (struct unit_run){ 9, 1 });
	allocator_release(&alloc, 5, 3);
	same_run(allocator_find(&alloc, 1, 0, 200), (struct unit_run){ 5, 1 });
	allocator_destroy(&alloc);
}

/* Published while it is held: in use from then on, and releasing the hold changes nothing. */
static void published(void **state)
{
	struct allocator alloc;

	(void)state;
	assert_int_equal(allocator_init(&alloc, 64, 5), 0);
	allocator_hold(&alloc, 10, 4);
	assert_true(alloc.free == 55);
	assert_false(allocator_use(&alloc, 10, 4));
	assert_true(alloc.free == 55);
	allocator_release(&alloc, 10, 4);
	assert_true(alloc.free == 55);
	assert_true(allocator_use(&alloc, 13, 1));
	allocator_destroy(&alloc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("the allocator agrees with a bitmap through any history", histories),
		TEST("the metadata is in use from the beginning", metadata),
		TEST("units beyond the device are ignored", beyond),
		TEST("the first run that is long enough is found", first_fit),
		TEST("space that is published while it is held stays in use", published),
	};

	return run_group(tests);
}
