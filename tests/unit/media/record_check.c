/* SPDX-License-Identifier: Apache-2.0 */
/* Extents against the devices, and the entry that a repair leaves. */
#include "support.h"

#include <string.h>

static const uint64_t sizes[] = { 64 * MIB, 32 * MIB };

static const struct record_limits limits = { .data_offset = 10 * MIB,
					     .ndaxdevs = 2,
					     .daxdev_sizes = sizes };

static struct record simple(uint64_t size, uint64_t dev, uint64_t offset, uint64_t length)
{
	return (struct record){ .type = OMF_FILE,
				.path = "f",
				.path_length = 1,
				.fmap = { .type = FAMFS_FMAP_SIMPLE,
					  .nextents = 1,
					  .size = size,
					  .extents = { { dev, offset, length } } } };
}

/* What a reader finds when the record is in a log. */
static enum famfs_fault check_record(const struct record *rec, struct fault_text *why)
{
	struct omf_entry raw;
	struct record read = { 0 };

	record_encode(&raw, rec, 7);
	return record_decode(&raw, 7, &limits, &read, why);
}

static enum famfs_fault check(uint64_t size, uint64_t dev, uint64_t offset, uint64_t length)
{
	const struct record rec = simple(size, dev, offset, length);
	struct fault_text why = { 0 };
	enum famfs_fault fault = check_record(&rec, &why);

	/* A fault comes with an explanation. */
	assert_int_equal(fault != FAMFS_FAULT_NONE, why.text[0] != '\0');
	return fault;
}

static void bounds(void **state)
{
	(void)state;
	assert_int_equal(check(1, 0, 10 * MIB, 2 * MIB), FAMFS_FAULT_NONE);
	assert_int_equal(check(54 * MIB, 0, 10 * MIB, 54 * MIB), FAMFS_FAULT_NONE);
	assert_int_equal(check(1, 0, 62 * MIB, 2 * MIB), FAMFS_FAULT_NONE);
	assert_int_equal(check(1, 0, 62 * MIB, 4 * MIB), FAMFS_FAULT_EXTENT);
	assert_int_equal(check(1, 0, 64 * MIB, 2 * MIB), FAMFS_FAULT_EXTENT);
	assert_int_equal(check(1, 0, 66 * MIB, 2 * MIB), FAMFS_FAULT_EXTENT);
	assert_int_equal(check(1, 0, UINT64_MAX - AU + 1, AU), FAMFS_FAULT_EXTENT);
	assert_int_equal(check(1, 0, 12 * MIB, UINT64_MAX - AU + 1), FAMFS_FAULT_EXTENT);
	assert_int_equal(check(1, 0, 10 * MIB, 0), FAMFS_FAULT_EXTENT);
}

static void metadata(void **state)
{
	(void)state;
	assert_int_equal(check(1, 0, 0, 2 * MIB), FAMFS_FAULT_EXTENT);
	assert_int_equal(check(1, 0, 2 * MIB, 2 * MIB), FAMFS_FAULT_EXTENT);
	assert_int_equal(check(1, 0, 8 * MIB, 4 * MIB), FAMFS_FAULT_EXTENT);
	/* Other devices have no metadata of this file system. */
	assert_int_equal(check(1, 1, 0, 2 * MIB), FAMFS_FAULT_NONE);
	assert_int_equal(check(1, 1, 0, 34 * MIB), FAMFS_FAULT_EXTENT);
}

static void alignment(void **state)
{
	(void)state;
	assert_int_equal(check(1, 0, 10 * MIB + 1, 2 * MIB), FAMFS_FAULT_ALIGN);
	assert_int_equal(check(1, 0, 11 * MIB, 2 * MIB), FAMFS_FAULT_ALIGN);
	assert_int_equal(check(1, 0, 10 * MIB, 1), FAMFS_FAULT_ALIGN);
	assert_int_equal(check(1, 0, 10 * MIB, 3 * MIB), FAMFS_FAULT_ALIGN);
}

static void devices(void **state)
{
	(void)state;
	assert_int_equal(check(1, 2, 10 * MIB, 2 * MIB), FAMFS_FAULT_DAXDEV);
	assert_int_equal(check(1, UINT64_C(1) << 32, 10 * MIB, 2 * MIB), FAMFS_FAULT_DAXDEV);
	assert_int_equal(check(1, UINT64_MAX, 10 * MIB, 2 * MIB), FAMFS_FAULT_DAXDEV);
}

static void size_and_map(void **state)
{
	struct omf_entry raw;
	struct record rec;

	(void)state;
	/* An empty file, as the reference implementation reads it. */
	assert_int_equal(check(0, 0, 10 * MIB, 2 * MIB), FAMFS_FAULT_NONE);
	assert_int_equal(check(2 * MIB, 0, 10 * MIB, 2 * MIB), FAMFS_FAULT_NONE);
	assert_int_equal(check(2 * MIB + 1, 0, 10 * MIB, 2 * MIB), FAMFS_FAULT_SIZE);
	assert_int_equal(check(UINT64_MAX, 0, 10 * MIB, 2 * MIB), FAMFS_FAULT_SIZE);
	rec = simple(4 * MIB, 0, 10 * MIB, 2 * MIB);
	rec.fmap.extents[rec.fmap.nextents++] = (struct famfs_extent){ 0, 20 * MIB, 2 * MIB };
	assert_int_equal(check_record(&rec, NULL), FAMFS_FAULT_NONE);
	rec.fmap.size++;
	assert_int_equal(check_record(&rec, NULL), FAMFS_FAULT_SIZE);
	/* Invalid entries have extents, and no size. */
	rec.type = OMF_INVALID;
	rec.fmap.size = 0;
	assert_int_equal(check_record(&rec, NULL), FAMFS_FAULT_NONE);
	rec.fmap.extents[1].offset = 0;
	record_encode(&raw, &rec, 7);
	assert_int_equal(record_decode(&raw, 7, &limits, &rec, NULL), FAMFS_FAULT_NONE);
	assert_int_equal(rec.fmap.nextents, 0);
}

static void strips(void **state)
{
	struct record rec = simple(1, 0, 10 * MIB, 8 * MIB);

	(void)state;
	rec.fmap.type = FAMFS_FMAP_INTERLEAVED;
	rec.fmap.chunk_size = 2 * MIB;
	rec.fmap.extents[rec.fmap.nextents++] = (struct famfs_extent){ 0, 30 * MIB, 4 * MIB };
	/* The shorter strip has room for two stripes of two chunks. */
	rec.fmap.size = 8 * MIB;
	assert_int_equal(check_record(&rec, NULL), FAMFS_FAULT_NONE);
	rec.fmap.size = 8 * MIB + 1;
	assert_int_equal(check_record(&rec, NULL), FAMFS_FAULT_SIZE);
	rec.fmap.extents[1].length = 6 * MIB;
	assert_int_equal(check_record(&rec, NULL), FAMFS_FAULT_NONE);
}

/* docs/FORMAT.md, section 5: a strip has stripes*C bytes, stripes = ceil(ceil(size/2M) / (N*C/2M)).
 */
static void strip_length(void **state)
{
	struct rng rng = { 3 };

	(void)state;
	for (int i = 0; i < 20000; i++) {
		uint64_t chunk = AU << rng_below(&rng, 6);
		uint64_t n = 1 + rng_below(&rng, 16);
		uint64_t size = 1 + rng_below(&rng, UINT64_C(1) << (1 + rng_below(&rng, 40)));
		uint64_t units = (size + AU - 1) / AU, wide = n * chunk / AU;
		uint64_t stripes = (units + wide - 1) / wide;

		assert_true(interleave_strip_length(size, (uint32_t)n, chunk) == stripes * chunk);
	}
	assert_true(interleave_strip_length(38797312, 3, 0x400000) == 0x1000000);
}

static void decode_retired(const struct omf_entry *raw, struct record *rec)
{
	memset(rec, 0, sizeof(*rec));
	assert_int_equal(record_decode(raw, 7, NULL, rec, NULL), FAMFS_FAULT_NONE);
	assert_int_equal(rec->type, OMF_INVALID);
}

static void retire_simple(void **state)
{
	struct record rec = simple(1, 0, 20 * MIB, 2 * MIB);
	struct omf_entry raw;

	(void)state;
	rec.fmap.nextents = 4;
	rec.fmap.extents[1] = (struct famfs_extent){ 0, 62 * MIB, 4 * MIB };
	rec.fmap.extents[2] = (struct famfs_extent){ 0, 40 * MIB, 6 * MIB };
	rec.fmap.extents[3] = (struct famfs_extent){ 9, 40 * MIB, 6 * MIB };
	record_encode(&raw, &rec, 7);
	raw.file.path[0] ^= 1; /* and the CRC does not follow */
	record_retire(&raw, 7, &limits);
	decode_retired(&raw, &rec);
	assert_int_equal(rec.fmap.nextents, 2);
	assert_true(rec.fmap.extents[0].offset == 20 * MIB);
	assert_true(rec.fmap.extents[1].offset == 40 * MIB);
	assert_true(rec.fmap.extents[1].length == 6 * MIB);
	/* A reader keeps space only for sound extents, so it finds none that is not. */
	assert_int_equal(record_decode(&raw, 7, &limits, &rec, NULL), FAMFS_FAULT_NONE);
	assert_int_equal(rec.fmap.nextents, 2);
}

static void retire_striped(void **state)
{
	struct record rec = simple(8 * MIB, 0, 20 * MIB, 4 * MIB);
	struct omf_entry raw;

	(void)state;
	rec.fmap.type = FAMFS_FMAP_INTERLEAVED;
	rec.fmap.chunk_size = 2 * MIB;
	rec.fmap.extents[rec.fmap.nextents++] = (struct famfs_extent){ 0, 30 * MIB, 4 * MIB };
	record_encode(&raw, &rec, 7);
	raw.crc = le64_make(0);
	record_retire(&raw, 7, &limits);
	decode_retired(&raw, &rec);
	assert_int_equal(rec.fmap.nextents, 2);
	assert_true(rec.fmap.extents[1].offset == 30 * MIB);
}

/* A repair that was interrupted is made again, on the bytes that it left. */
static void retire_again(void **state)
{
	const struct record sound = simple(1, 0, 20 * MIB, 2 * MIB);
	struct omf_entry raw, once;
	struct record rec;

	(void)state;
	record_encode(&raw, &sound, 7);
	record_retire(&raw, 7, &limits);
	once = raw;
	raw.crc = le64_make(0);
	record_retire(&raw, 7, &limits);
	assert_memory_equal(&raw, &once, sizeof(raw));
	decode_retired(&raw, &rec);
	assert_int_equal(rec.fmap.nextents, 1);
}

/* The repair is interrupted after each of its 8-byte stores. */
static void retire_torn(const struct record *sound)
{
	struct omf_entry old, new;

	record_encode(&old, sound, 7);
	old.crc = le64_make(0);
	new = old;
	record_retire(&new, 7, &limits);
	for (size_t cut = 0; cut <= sizeof(old); cut += 8) {
		struct omf_entry forward = old, backward = new;
		struct record rec;

		memcpy(&forward, &new, cut);
		memcpy(&backward, &old, cut);
		record_retire(&forward, 7, &limits);
		record_retire(&backward, 7, &limits);
		assert_memory_equal(&forward, &new, sizeof(new));
		assert_memory_equal(&backward, &new, sizeof(new));
		decode_retired(&new, &rec);
		assert_int_equal(rec.fmap.nextents, sound->fmap.nextents);
	}
}

static void retire_cut(void **state)
{
	struct record rec = simple(8 * MIB, 0, 20 * MIB, 4 * MIB);

	(void)state;
	rec.fmap.extents[rec.fmap.nextents++] = (struct famfs_extent){ 0, 30 * MIB, 4 * MIB };
	retire_torn(&rec);
	rec.fmap.type = FAMFS_FMAP_INTERLEAVED;
	rec.fmap.chunk_size = 2 * MIB;
	retire_torn(&rec);
}

static void retire_other_type(void **state)
{
	const struct record sound = simple(1, 0, 20 * MIB, 2 * MIB);
	struct omf_entry raw;
	struct record rec;

	(void)state;
	record_encode(&raw, &sound, 7);
	raw.type = le32_make(0x10000);
	record_retire(&raw, 7, &limits);
	decode_retired(&raw, &rec);
	assert_int_equal(rec.fmap.nextents, 1);
	/* The bytes of a directory entry at this place are not extents. */
	record_encode(&raw, &sound, 7);
	raw.type = le32_make(OMF_MKDIR);
	record_retire(&raw, 7, &limits);
	decode_retired(&raw, &rec);
	assert_int_equal(rec.fmap.nextents, 0);
}

static void retire_rubbish(void **state)
{
	struct rng rng = { 5 };

	(void)state;
	for (int i = 0; i < 2000; i++) {
		struct omf_entry raw;
		struct record rec;

		fill_bytes(&raw, sizeof(raw), (uint32_t)rng_next(&rng));
		if (i % 2)
			raw.type = le32_make(OMF_FILE);
		record_retire(&raw, 7, &limits);
		decode_retired(&raw, &rec);
		assert_int_equal(rec.fmap.nextents, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("an extent lies inside its device, and is not empty", bounds),
		TEST("an extent does not lie on the metadata", metadata),
		TEST("an extent has whole allocation units", alignment),
		TEST("an extent lies on a known device", devices),
		TEST("a file may be empty, and is not larger than its map", size_and_map),
		TEST("each strip has room for its chunks", strips),
		TEST("a strip has the length that the format gives", strip_length),
		TEST("a retired entry keeps the valid extents", retire_simple),
		TEST("a retired interleaved entry keeps its strips", retire_striped),
		TEST("an entry that is retired again keeps its extents", retire_again),
		TEST("a retirement that was torn between any two stores can be repeated",
		     retire_cut),
		TEST("an entry with a damaged type keeps its extents", retire_other_type),
		TEST("a slot of random bytes is retired to an entry without extents",
		     retire_rubbish),
	};

	return run_group(tests);
}
