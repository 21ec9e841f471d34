/* SPDX-License-Identifier: Apache-2.0 */
/* xoroshiro128+ (2016) and splitmix64, the public-domain generators of Blackman and Vigna. */
#include "famfs.h"

#include "base/le.h"

#include <string.h>

static uint64_t rotate_left(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

static uint64_t splitmix64(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static uint32_t next(struct famfs_random *random)
{
	uint64_t a = random->state[0], b = random->state[1], sum = a + b;

	b ^= a;
	random->state[0] = rotate_left(a, 55) ^ b ^ (b << 14);
	random->state[1] = rotate_left(b, 36);
	return (uint32_t)sum;
}

void famfs_random_init(struct famfs_random *random, uint32_t seed)
{
	uint64_t state = seed;

	random->state[0] = splitmix64(&state);
	random->state[1] = splitmix64(&state);
}

void famfs_random_fill(struct famfs_random *random, void *buf, size_t length)
{
	unsigned char *p = buf;

	for (; length >= 4; length -= 4, p += 4) {
		le32 v = le32_make(next(random));

		memcpy(p, &v, 4);
	}
	if (length) {
		le32 v = le32_make(next(random));

		memcpy(p, &v, length);
	}
}
