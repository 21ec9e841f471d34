/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include "base/crc.h"
#include "base/le.h"

#include <string.h>

static void check_value(void **state)
{
	(void)state;
	assert_int_equal(crc32_of("123456789", 9), 0xcbf43926);
}

static void nothing(void **state)
{
	(void)state;
	assert_int_equal(crc32_of("", 0), 0);
}

/* Computes the CRC bit by bit, as the polynomial defines it. */
static uint32_t slow_crc(const unsigned char *p, size_t length)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < length; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

static void any_length(void **state)
{
	unsigned char bytes[544];

	(void)state;
	fill_bytes(bytes, sizeof(bytes), 7);
	for (size_t at = 0; at < 16; at++)
		for (size_t length = 0; length <= sizeof(bytes) - at; length += 1 + length / 7)
			assert_int_equal(crc32_of(bytes + at, length),
					 slow_crc(bytes + at, length));
}

static void little_endian(void **state)
{
	const unsigned char four[] = { 0xef, 0xcd, 0xab, 0x89 };
	const unsigned char eight[] = { 0xef, 0xcd, 0xab, 0x89, 0x67, 0x45, 0x23, 0x01 };
	le32 a = le32_make(0x89abcdef);
	le64 b = le64_make(0x0123456789abcdef);

	(void)state;
	assert_memory_equal(&a, four, sizeof(four));
	assert_memory_equal(&b, eight, sizeof(eight));
	assert_int_equal(le32_get(a), 0x89abcdef);
	assert_true(le64_get(b) == 0x0123456789abcdef);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("the CRC of 123456789 is the check value of IEEE 802.3", check_value),
		TEST("the CRC of nothing is zero", nothing),
		TEST("the CRC agrees with its definition at every length and alignment",
		     any_length),
		TEST("integers on the medium are little-endian", little_endian),
	};

	return run_group(tests);
}
