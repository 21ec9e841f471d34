/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <string.h>

static const unsigned char seed_42[32] = {
	0x98, 0x5f, 0x52, 0xe2, 0x7a, 0xfb, 0x0c, 0x3d, 0xf8, 0x8c, 0x82,
	0x2b, 0x40, 0x22, 0x49, 0xe5, 0xd5, 0x78, 0x1c, 0xc4, 0xcc, 0xe1,
	0xaa, 0xd5, 0x36, 0xa0, 0xa0, 0x3b, 0xdb, 0x08, 0xa0, 0xef,
};

static void vector(void **state)
{
	struct famfs_random random;
	unsigned char got[32];

	(void)state;
	famfs_random_init(&random, 42);
	famfs_random_fill(&random, got, sizeof(got));
	assert_memory_equal(got, seed_42, sizeof(got));
}

static void tails(void **state)
{
	(void)state;
	for (size_t length = 0; length <= sizeof(seed_42); length++) {
		unsigned char got[sizeof(seed_42) + 1];
		struct famfs_random random;

		memset(got, 0x5a, sizeof(got));
		famfs_random_init(&random, 42);
		famfs_random_fill(&random, got, length);
		assert_memory_equal(got, seed_42, length);
		assert_int_equal(got[length], 0x5a);
	}
}

static void split(void **state)
{
	(void)state;
	for (size_t first = 0; first <= sizeof(seed_42); first += 4) {
		struct famfs_random random;
		unsigned char got[sizeof(seed_42)];

		famfs_random_init(&random, 42);
		famfs_random_fill(&random, got, first);
		famfs_random_fill(&random, got + first, sizeof(got) - first);
		assert_memory_equal(got, seed_42, sizeof(got));
	}
}

static void seeds(void **state)
{
	unsigned char zero[16], all[16], again[16];

	(void)state;
	fill_bytes(zero, sizeof(zero), 0);
	fill_bytes(all, sizeof(all), UINT32_MAX);
	fill_bytes(again, sizeof(again), UINT32_MAX);
	assert_memory_equal(all, again, sizeof(all));
	assert_memory_not_equal(zero, all, sizeof(all));
	assert_memory_not_equal(zero, seed_42, sizeof(zero));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("seed 42 gives the same bytes as the reference", vector),
		TEST("a tail has the first bytes of one more output", tails),
		TEST("two calls fill the same stream as one", split),
		TEST("each seed has its own stream, also zero and the largest", seeds),
	};

	return run_group(tests);
}
