/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include "base/crc.h"
#include "media/superblock.h"

#include <errno.h>
#include <string.h>

static const struct superblock sample = {
	.version = 48,
	.log_length = 0x1000000,
	.alloc_unit = 0x200000,
	.major = 2,
	.minor = 2,
	.uuid = { 0x10, 0x11, 0x12, 0x13, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0x1f },
	.dev_uuid = { 0x20, 0x21, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0x2f },
	.system_uuid = { 0x30, 0x31, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0x3f },
	.recorded_size = 0x100000000,
	.name = "/dev/dax1.0",
};

static void put(unsigned char *raw, size_t at, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		raw[at + i] = (unsigned char)(value >> (8 * i));
}

static void layout(void **state)
{
	unsigned char want[200] = { 0 };
	struct omf_super raw;

	(void)state;
	put(want, 0, 0x87b282ff, 8);
	put(want, 8, 48, 8);
	put(want, 16, 0x200000, 8);
	put(want, 24, 0x1000000, 8);
	put(want, 32, 0x200000, 8);
	put(want, 40, 2, 4);
	put(want, 44, 2, 4);
	memcpy(want + 48, sample.uuid, 16);
	memcpy(want + 64, sample.dev_uuid, 16);
	memcpy(want + 80, sample.system_uuid, 16);
	put(want, 96, crc32_of(want, 96), 8);
	put(want, 112, 0x100000000, 8);
	memcpy(want + 136, "/dev/dax1.0", 11);
	memset(&raw, 0xee, sizeof(raw));
	superblock_encode(&raw, &sample);
	assert_memory_equal(&raw, want, sizeof(want));
}

static void round_trip(void **state)
{
	struct omf_super raw, again;
	struct superblock sb;
	struct famfs_error err;

	(void)state;
	superblock_encode(&raw, &sample);
	assert_ok(superblock_decode(&raw, 0, &sb, &err), &err);
	assert_memory_equal(&sb, &sample, sizeof(sb));
	superblock_encode(&again, &sb);
	assert_memory_equal(&again, &raw, sizeof(raw));
}

static void longest_name(void **state)
{
	struct superblock sb = sample, got;
	struct omf_super raw;
	struct famfs_error err;

	(void)state;
	memset(sb.name, 'n', 64);
	sb.name[64] = '\0';
	superblock_encode(&raw, &sb);
	assert_ok(superblock_decode(&raw, 0, &got, &err), &err);
	assert_string_equal(got.name, sb.name);
}

static void seal(struct omf_super *raw)
{
	raw->crc = le64_make(crc32_of(raw, 96));
}

static int judge(const struct omf_super *raw, uint64_t size, struct famfs_error *err)
{
	struct superblock sb;

	return superblock_decode(raw, size, &sb, err);
}

static void foreign(void **state)
{
	struct omf_super raw = { 0 };
	struct famfs_error err;

	(void)state;
	assert_error(judge(&raw, 0, &err), -EMEDIUMTYPE, &err, "no famfs superblock");
	superblock_encode(&raw, &sample);
	/* In another version, not even the place of the CRC is known. */
	raw.version = le64_make(49);
	assert_error(judge(&raw, 0, &err), -ENOTSUP, &err, "version is 49");
	superblock_encode(&raw, &sample);
	raw.major = le32_make(3);
	seal(&raw);
	assert_error(judge(&raw, 0, &err), -ENOTSUP, &err, "3.2");
}

static void newer_minor(void **state)
{
	struct omf_super raw;
	struct superblock sb;
	struct famfs_error err;

	(void)state;
	superblock_encode(&raw, &sample);
	raw.minor = le32_make(7);
	seal(&raw);
	assert_ok(superblock_decode(&raw, 0, &sb, &err), &err);
	assert_int_equal(sb.minor, 7);
}

static void bad_crc(void **state)
{
	struct omf_super raw;
	struct famfs_error err;

	(void)state;
	superblock_encode(&raw, &sample);
	raw.crc = le64_make(le64_get(raw.crc) ^ 1);
	assert_error(judge(&raw, 0, &err), -EUCLEAN, &err, "CRC");
	superblock_encode(&raw, &sample);
	raw.crc = le64_make(le64_get(raw.crc) | UINT64_C(1) << 32);
	assert_error(judge(&raw, 0, &err), -EUCLEAN, &err, "CRC");
}

static void bit_flips(void **state)
{
	struct famfs_error err;

	(void)state;
	for (size_t bit = 0; bit < 104 * 8; bit++) {
		struct omf_super raw;

		superblock_encode(&raw, &sample);
		((unsigned char *)&raw)[bit / 8] ^= (unsigned char)(1u << bit % 8);
		if (judge(&raw, 0, &err) == 0)
			fail_msg("bit %zu is not missed", bit);
	}
}

static void bad_fields(void **state)
{
	struct omf_super raw;
	struct famfs_error err;

	(void)state;
	superblock_encode(&raw, &sample);
	raw.log_offset = le64_make(0x400000);
	seal(&raw);
	assert_error(judge(&raw, 0, &err), -EUCLEAN, &err, "log offset is 0x400000");
	superblock_encode(&raw, &sample);
	raw.alloc_unit = le64_make(8192);
	seal(&raw);
	assert_error(judge(&raw, 0, &err), -EUCLEAN, &err, "allocation unit is 8192");
	raw.alloc_unit = le64_make(4096);
	seal(&raw);
	assert_ok(judge(&raw, 0, &err), &err);
}

static void log_lengths(void **state)
{
	static const uint64_t bad[] = { 0,         1,         0x400000,          0x7fffff,
					0x1000001, 0x1800000, UINT64_C(1) << 32, UINT64_C(1) << 63,
					UINT64_MAX };
	struct omf_super raw;
	struct famfs_error err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		superblock_encode(&raw, &sample);
		raw.log_length = le64_make(bad[i]);
		seal(&raw);
		assert_error(judge(&raw, 0, &err), -EUCLEAN, &err, "log");
	}
}

static void sizes(void **state)
{
	const uint64_t least = 0x200000 + 0x1000000;
	struct omf_super raw;
	struct famfs_error err;

	(void)state;
	superblock_encode(&raw, &sample);
	assert_ok(judge(&raw, least, &err), &err);
	assert_error(judge(&raw, least - 1, &err), -EUCLEAN, &err, "does not fit");
	assert_error(judge(&raw, 1, &err), -EUCLEAN, &err, "does not fit");
	/* The recorded size, which is outside the CRC, counts only if the real size is not known.
	 */
	raw.device_size = le64_make(least);
	assert_ok(judge(&raw, 0x100000000, &err), &err);
	assert_ok(judge(&raw, 0, &err), &err);
	raw.device_size = le64_make(least - 1);
	assert_ok(judge(&raw, 0x100000000, &err), &err);
	assert_error(judge(&raw, 0, &err), -EUCLEAN, &err, "does not fit");
	raw.device_size = le64_make(0);
	assert_error(judge(&raw, 0, &err), -EUCLEAN, &err, "does not fit");
}

static void longest_log(void **state)
{
	struct omf_super raw;
	struct famfs_error err;

	(void)state;
	superblock_encode(&raw, &sample);
	raw.log_length = le64_make(16 * GIB);
	seal(&raw);
	assert_ok(judge(&raw, 64 * GIB, &err), &err);
	raw.log_length = le64_make(32 * GIB);
	seal(&raw);
	assert_error(judge(&raw, 64 * GIB, &err), -ENOTSUP, &err, "larger than 17179869184");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("a superblock has its fields where the format has them", layout),
		TEST("a superblock that is decoded and encoded has the same bytes", round_trip),
		TEST("a device name of 64 bytes, which lacks its NUL, is read", longest_name),
		TEST("other data and other formats get errors of their own", foreign),
		TEST("a newer minor format can be read", newer_minor),
		TEST("a wrong CRC is damage, also in its upper half", bad_crc),
		TEST("every flipped bit under the CRC is detected", bit_flips),
		TEST("a wrong log offset or allocation unit is damage", bad_fields),
		TEST("a log length that is too long or not a power of two from 8 MiB is damage",
		     log_lengths),
		TEST("a log must fit the real size, or the recorded one if the real one is unknown",
		     sizes),
		TEST("a log of more than 16 GiB is not supported", longest_log),
	};

	return run_group(tests);
}
