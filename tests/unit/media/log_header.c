/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include "base/crc.h"
#include "media/superblock.h"

#include <errno.h>
#include <string.h>

static void known_crc(void **state)
{
	struct omf_log_header raw;

	(void)state;
	memset(&raw, 0xee, sizeof(raw));
	log_header_encode(&raw, 8 * MIB);
	assert_true(le64_get(raw.magic) == 0x00000badcafef00d);
	assert_true(le64_get(raw.length) == 0x800000);
	assert_true(le64_get(raw.last_index) == 15419);
	assert_true(le64_get(raw.crc) == 0xa5875078);
	assert_true(le64_get(raw.next_seqnum) == 0);
	assert_true(le64_get(raw.next_index) == 0);
}

static void capacities(void **state)
{
	static const struct {
		uint64_t mib, last;
	} table[] = { { 8, 15419 },   { 16, 30839 },   { 32, 61679 },
		      { 64, 123360 }, { 128, 246722 }, { 256, 493446 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct omf_log_header raw;

		log_header_encode(&raw, table[i].mib * MIB);
		assert_true(le64_get(raw.last_index) == table[i].last);
		assert_true(omf_log_capacity(table[i].mib * MIB) == table[i].last + 1);
		/* The last entry ends inside the log, and one more would not. */
		assert_true(omf_entry_offset(table[i].last + 1) <=
			    OMF_LOG_OFFSET + table[i].mib * MIB);
		assert_true(omf_entry_offset(table[i].last + 2) >
			    OMF_LOG_OFFSET + table[i].mib * MIB);
	}
	assert_true(omf_entry_offset(0) == 0x200000 + 48);
	assert_true(omf_entry_offset(3) == 0x200000 + 48 + 3 * 544);
}

static void counters_are_free(void **state)
{
	struct omf_log_header raw;

	(void)state;
	log_header_encode(&raw, 8 * MIB);
	raw.next_seqnum = le64_make(UINT64_MAX);
	raw.next_index = le64_make(77);
	assert_int_equal(log_header_check(&raw, 8 * MIB, NULL), FAMFS_FAULT_NONE);
}

static void bit_flips(void **state)
{
	(void)state;
	for (size_t bit = 0; bit < 32 * 8; bit++) {
		struct omf_log_header raw;

		log_header_encode(&raw, 8 * MIB);
		((unsigned char *)&raw)[bit / 8] ^= (unsigned char)(1u << bit % 8);
		if (log_header_check(&raw, 8 * MIB, NULL) != FAMFS_FAULT_HEADER)
			fail_msg("bit %zu is missed", bit);
	}
}

static void assert_fault(const struct omf_log_header *raw, uint64_t length, const char *text)
{
	struct fault_text why;

	assert_int_equal(log_header_check(raw, length, &why), FAMFS_FAULT_HEADER);
	assert_int_equal(why.code, -EUCLEAN);
	assert_text(why.text, text);
}

static void faults(void **state)
{
	struct omf_log_header raw;

	(void)state;
	log_header_encode(&raw, 8 * MIB);
	assert_fault(&raw, 16 * MIB, "8388608 bytes, expected 16777216");
	raw.last_index = le64_make(15420);
	assert_fault(&raw, 8 * MIB, "CRC");
	raw.crc = le64_make(crc32_of(&raw, 24));
	assert_fault(&raw, 8 * MIB, "last log index is 15420, expected 15419");
	raw.magic = le64_make(1);
	assert_fault(&raw, 8 * MIB, "magic is 0x1");
}

static void default_lengths(void **state)
{
	static const struct {
		uint64_t device, log;
	} table[] = {
		{ 0, 8 * MIB },
		{ 12 * MIB, 8 * MIB },
		{ 4 * GIB, 8 * MIB },
		{ 64 * GIB - 1, 8 * MIB },
		{ 64 * GIB, 16 * MIB },
		{ 128 * GIB - 1, 16 * MIB },
		{ 128 * GIB, 32 * MIB },
		{ 256 * GIB, 64 * MIB },
		{ 512 * GIB, 128 * MIB },
		{ 1024 * GIB - 1, 128 * MIB },
		{ 1024 * GIB, 256 * MIB },
		{ 64 * 1024 * GIB, 256 * MIB },
		{ UINT64_MAX, 256 * MIB },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		assert_true(log_length_default(table[i].device) == table[i].log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("the header of an empty 8 MiB log has the reference's CRC", known_crc),
		TEST("a log of each length holds as many entries as the reference says",
		     capacities),
		TEST("the check of a header ignores its counters", counters_are_free),
		TEST("every flipped bit in the constant part is detected", bit_flips),
		TEST("each fault of a header is reported", faults),
		TEST("the default log doubles with the device from 64 GiB up to 256 MiB",
		     default_lengths),
	};

	return run_group(tests);
}
