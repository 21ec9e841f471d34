/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ratelimit.h"
#include "support.h"

static unsigned int passed_of(struct ratelimit *limit, unsigned int count, uint64_t now)
{
	unsigned int passed = 0, held_back;

	for (unsigned int i = 0; i < count; i++) {
		passed += ratelimit_pass(limit, now + i, &held_back);
		assert_int_equal(held_back, 0);
	}
	return passed;
}

static void burst(void **state)
{
	struct ratelimit limit = RATELIMIT_INIT;

	(void)state;
	assert_int_equal(passed_of(&limit, RATELIMIT_BURST, 5), RATELIMIT_BURST);
	assert_int_equal(passed_of(&limit, 1000, 100), 0);
	assert_int_equal(passed_of(&limit, 1, RATELIMIT_INTERVAL_NS + 4), 0);
}

static void next_interval(void **state)
{
	struct ratelimit limit = RATELIMIT_INIT;
	unsigned int held_back;

	(void)state;
	assert_int_equal(passed_of(&limit, RATELIMIT_BURST + 7, 5), RATELIMIT_BURST);
	assert_true(ratelimit_pass(&limit, RATELIMIT_INTERVAL_NS + 5, &held_back));
	assert_int_equal(held_back, 7);
	assert_int_equal(passed_of(&limit, RATELIMIT_BURST, RATELIMIT_INTERVAL_NS + 6),
			 RATELIMIT_BURST - 1);
	assert_true(ratelimit_pass(&limit, 9 * RATELIMIT_INTERVAL_NS, &held_back));
	assert_int_equal(held_back, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("a burst passes, and later messages are dropped until the interval is over",
		     burst),
		TEST("the first message of the next interval says how many were held back",
		     next_interval),
	};

	return run_group(tests);
}
