/* SPDX-License-Identifier: Apache-2.0 */
/* Decoding and encoding one entry: the test values of the reference, and each fault that an entry
 * can have by itself. */
#include "support.h"

#include <string.h>

static struct record file_of(const char *path, uint64_t size, uint64_t offset, uint64_t length)
{
	struct record rec = { .type = OMF_FILE,
			      .mode = 0644,
			      .fmap = { .type = FAMFS_FMAP_SIMPLE,
					.nextents = 1,
					.size = size,
					.extents = { { 0, offset, length } } } };

	record_set_path(&rec, path);
	return rec;
}

static struct record dir_of(const char *path, uint32_t mode, uint32_t owner)
{
	struct record rec = { .type = OMF_MKDIR, .uid = owner, .gid = owner, .mode = mode };

	record_set_path(&rec, path);
	return rec;
}

static struct record striped(void)
{
	return (struct record){ .type = OMF_FILE,
				.mode = 0644,
				.path = "st/s3_37m",
				.path_length = 9,
				.fmap = { .type = FAMFS_FMAP_INTERLEAVED,
					  .nextents = 3,
					  .chunk_size = 0x400000,
					  .size = 38797312,
					  .extents = { { 0, 0x40c00000, 0x1000000 },
						       { 0, 0x80c00000, 0x1000000 },
						       { 0, 0xc0800000, 0x1000000 } } } };
}

static uint64_t crc_of(const struct record *rec, uint64_t index)
{
	struct omf_entry raw;

	memset(&raw, 0xee, sizeof(raw));
	record_encode(&raw, rec, index);
	return le64_get(raw.crc);
}

static void vectors(void **state)
{
	struct record rec = dir_of("d1", 0755, 0);

	(void)state;
	assert_int_equal(crc_of(&rec, 0), 0x7e07b538);
	rec = dir_of("d1/a", 0700, 1000);
	assert_int_equal(crc_of(&rec, 1), 0xc6788835);
	rec = file_of("f1", 4096, 0xa00000, 0x200000);
	assert_int_equal(crc_of(&rec, 6), 0x78a4ca41);
	rec = file_of("one", 1, 0x1800000, 0x200000);
	assert_int_equal(crc_of(&rec, 10), 0x94bdfea0);
	rec = file_of("d1/a/over", 2097153, 0x1400000, 0x400000);
	rec.uid = 1001;
	rec.gid = 1002;
	assert_int_equal(crc_of(&rec, 9), 0xcf25bb2f);
	rec = striped();
	assert_int_equal(crc_of(&rec, 3), 0x96c8242e);
}

static void same_record(const struct record *a, const struct record *b)
{
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->uid, b->uid);
	assert_int_equal(a->gid, b->gid);
	assert_int_equal(a->mode, b->mode);
	assert_int_equal(a->path_length, b->path_length);
	assert_memory_equal(a->path, b->path, a->path_length);
	assert_int_equal(a->fmap.nextents, b->fmap.nextents);
	if (a->type != OMF_FILE)
		return;
	assert_int_equal(a->fmap.type, b->fmap.type);
	assert_true(a->fmap.size == b->fmap.size);
	assert_true(a->fmap.chunk_size == b->fmap.chunk_size);
	assert_memory_equal(a->fmap.extents, b->fmap.extents,
			    a->fmap.nextents * sizeof(a->fmap.extents[0]));
}

static void check_round_trip(const struct record *rec, uint64_t index)
{
	struct omf_entry raw, again;
	struct record got = { .uid = 0 };
	struct fault_text why;

	record_encode(&raw, rec, index);
	assert_int_equal(record_decode(&raw, index, NULL, &got, &why), FAMFS_FAULT_NONE);
	same_record(&got, rec);
	record_encode(&again, &got, index);
	assert_memory_equal(&again, &raw, sizeof(raw));
}

static void round_trips(void **state)
{
	struct rng rng = { 11 };

	(void)state;
	for (int i = 0; i < 2000; i++) {
		struct record rec = i % 2 ? file_of("p/q", 1, 0, 0) : striped();

		rec.uid = (uint32_t)rng_next(&rng);
		rec.gid = (uint32_t)rng_next(&rng);
		rec.mode = (uint32_t)rng_below(&rng, 010000);
		rec.fmap.size = rng_next(&rng);
		rec.fmap.nextents = (uint32_t)(1 + rng_below(&rng, 16));
		for (uint32_t k = 0; k < rec.fmap.nextents; k++)
			rec.fmap.extents[k] = (struct famfs_extent){ rng_next(&rng), rng_next(&rng),
								     rng_next(&rng) };
		check_round_trip(&rec, rng_next(&rng));
	}
}

static void longest_path(void **state)
{
	char path[80];
	struct record rec;
	struct omf_entry raw;

	(void)state;
	memset(path, 'p', 79);
	path[79] = '\0';
	rec = file_of(path, 1, AU, AU);
	check_round_trip(&rec, 5);
	record_encode(&raw, &rec, 5);
	raw.file.path[79] = 'p';
	entry_seal(&raw);
	assert_int_equal(record_decode(&raw, 5, NULL, &rec, NULL), FAMFS_FAULT_PATH);
	assert_int_equal(rec.recorded_length, 80);
	assert_string_equal(rec.path, "");
}

static void daxdev(void **state)
{
	const struct record rec = { .type = OMF_ADD_DAXDEV,
				    .daxdev_index = 1,
				    .daxdev_size = 0x123456789a,
				    .daxdev_uuid = { 1, 2, 3, 15 } };
	const unsigned char size[] = { 0x9a, 0x78, 0x56, 0x34, 0x12, 0, 0, 0 };
	struct record got = { .uid = 0 };
	struct omf_entry raw;

	(void)state;
	record_encode(&raw, &rec, 9);
	assert_memory_equal((unsigned char *)&raw + 16, size, sizeof(size));
	assert_memory_equal((unsigned char *)&raw + 24, rec.daxdev_uuid, 16);
	assert_int_equal(((unsigned char *)&raw)[40], 1);
	assert_int_equal(record_decode(&raw, 9, NULL, &got, NULL), FAMFS_FAULT_NONE);
	assert_int_equal(got.type, OMF_ADD_DAXDEV);
	assert_true(got.daxdev_size == rec.daxdev_size);
	assert_memory_equal(got.daxdev_uuid, rec.daxdev_uuid, 16);
	raw.daxdev.size = le64_make(0);
	entry_seal(&raw);
	assert_int_equal(record_decode(&raw, 9, NULL, &got, NULL), FAMFS_FAULT_DAXDEV);
	raw.daxdev.size = le64_make(UINT64_MAX);
	entry_seal(&raw);
	assert_int_equal(record_decode(&raw, 9, NULL, &got, NULL), FAMFS_FAULT_DAXDEV);
	raw.daxdev.size = le64_make(AU);
	raw.daxdev.index = le32_make(64);
	entry_seal(&raw);
	assert_int_equal(record_decode(&raw, 9, NULL, &got, NULL), FAMFS_FAULT_DAXDEV);
}

/* The fault that a change to entry 4, a sound file, causes. */
static enum famfs_fault fault_of(struct omf_entry *raw, const char *text)
{
	struct fault_text why = { 0 };
	struct record rec;
	enum famfs_fault fault;

	entry_seal(raw);
	fault = record_decode(raw, 4, NULL, &rec, &why);
	if (fault != FAMFS_FAULT_NONE)
		assert_text(why.text, text);
	return fault;
}

static void start(struct omf_entry *raw)
{
	const struct record rec = file_of("a/b", 5, AU, AU);

	record_encode(raw, &rec, 4);
}

static void bad_crc(void **state)
{
	struct fault_text why;
	struct omf_entry raw;
	struct record rec;

	(void)state;
	for (size_t bit = 0; bit < sizeof(raw) * 8; bit++) {
		start(&raw);
		((unsigned char *)&raw)[bit / 8] ^= (unsigned char)(1u << bit % 8);
		assert_int_equal(record_decode(&raw, 4, NULL, &rec, &why), FAMFS_FAULT_CRC);
		assert_text(why.text, "CRC is 0x");
		assert_int_equal(rec.path_length, 0);
	}
	memset(&raw, 0, sizeof(raw));
	assert_int_equal(record_decode(&raw, 0, NULL, &rec, NULL), FAMFS_FAULT_CRC);
}

static void bad_seqnum(void **state)
{
	struct omf_entry raw;
	struct record rec;

	(void)state;
	start(&raw);
	assert_int_equal(record_decode(&raw, 4, NULL, &rec, NULL), FAMFS_FAULT_NONE);
	assert_int_equal(record_decode(&raw, 3, NULL, &rec, NULL), FAMFS_FAULT_SEQNUM);
	raw.seqnum = le64_make(UINT64_C(1) << 32 | 4);
	assert_int_equal(fault_of(&raw, "sequence number is 4294967300"), FAMFS_FAULT_SEQNUM);
}

static void types(void **state)
{
	static const uint32_t unknown[] = { 2, 5, 255, UINT32_MAX };
	struct omf_entry raw;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
		start(&raw);
		raw.type = le32_make(unknown[i]);
		assert_int_equal(fault_of(&raw, "unknown entry type"), FAMFS_FAULT_TYPE);
	}
	start(&raw);
	raw.type = le32_make(OMF_INVALID);
	assert_int_equal(fault_of(&raw, ""), FAMFS_FAULT_NONE);
}

static void paths(void **state)
{
	struct omf_entry raw;

	(void)state;
	start(&raw);
	memcpy(raw.file.path, "../etc/passwd", 14);
	assert_int_equal(fault_of(&raw, "climbs above the root"), FAMFS_FAULT_PATH);
	start(&raw);
	memcpy(raw.file.path, "d/../../x", 10);
	assert_int_equal(fault_of(&raw, "climbs above the root"), FAMFS_FAULT_PATH);
	start(&raw);
	raw.file.path[0] = '\0';
	assert_int_equal(fault_of(&raw, "is empty"), FAMFS_FAULT_PATH);
	start(&raw);
	memset(raw.file.path, 'x', sizeof(raw.file.path));
	assert_int_equal(fault_of(&raw, "no end"), FAMFS_FAULT_PATH);
}

/* Paths that the reference implementation records as they were typed. */
static void typed_paths(void **state)
{
	static const char *const forms[][2] = {
		{ "d//y", "d/y" },
		{ "./pw2", "pw2" },
		{ "d/../x", "x" },
		{ "d/", "d" },
		{ "d/..", "" },
		{ "/abs", "abs" },
		{ ".meta/.log", ".meta/.log" },
		{ "d/\xff//", "d/\xff" },
	};
	struct omf_entry raw;
	struct record rec;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		const char *typed = forms[i][0], *read_as = forms[i][1];

		start(&raw);
		/* Bytes after the NUL do not count. */
		memset(raw.file.path, '/', sizeof(raw.file.path));
		memcpy(raw.file.path, typed, strlen(typed) + 1);
		entry_seal(&raw);
		assert_int_equal(record_decode(&raw, 4, NULL, &rec, NULL), FAMFS_FAULT_NONE);
		assert_string_equal(rec.path, read_as);
		assert_int_equal(rec.path_length, strlen(read_as));
		assert_string_equal(rec.recorded, typed);
		assert_int_equal(rec.recorded_length, strlen(typed));
	}
}

/* Random bytes of a path field, some of them NUL, against a second implementation of the rule. */
static void random_paths(void **state)
{
	static const char alphabet[] = { 'a', 'b', '/', '.', '\xff', '\0' };
	struct rng rng = { 44 };
	struct omf_entry raw;
	struct record rec;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		size_t length = rng_below(&rng, 81);
		int depth = 0, lowest = 0;
		char copy[81] = "", *save = NULL;

		start(&raw);
		memset(raw.file.path, 0, sizeof(raw.file.path));
		for (size_t i = 0; i < length; i++)
			raw.file.path[i] = alphabet[rng_below(&rng, 50) ? rng_below(&rng, 5) : 5];
		entry_seal(&raw);
		memcpy(copy, raw.file.path, 80);
		length = strlen(copy);
		for (char *name = strtok_r(copy, "/", &save); name;
		     name = strtok_r(NULL, "/", &save)) {
			depth += strcmp(name, "..") == 0 ? -1 : strcmp(name, ".") != 0;
			lowest = depth < lowest ? depth : lowest;
		}
		if (length == 0 || length == 80 || lowest < 0) {
			assert_int_equal(record_decode(&raw, 4, NULL, &rec, NULL),
					 FAMFS_FAULT_PATH);
			assert_true(rec.path_length < 80 && strlen(rec.path) == rec.path_length);
			continue;
		}
		assert_int_equal(record_decode(&raw, 4, NULL, &rec, NULL), FAMFS_FAULT_NONE);
		assert_int_equal(strlen(rec.path), rec.path_length);
		assert_int_equal(rec.recorded_length, length);
		for (size_t i = 0; i < rec.path_length; i++)
			depth -= i == 0 || rec.path[i] == '/';
		assert_int_equal(depth, 0);
	}
}

/* The recorded path is kept, whatever it is read as. */
static void mended_mode(void **state)
{
	struct omf_entry raw, before;
	struct record rec;

	(void)state;
	start(&raw);
	memcpy(raw.file.path, "d/..\0rest", 10);
	raw.file.mode = le32_make(0100644);
	entry_seal(&raw);
	before = raw;
	record_mend_mode(&raw);
	assert_int_equal(record_decode(&raw, 4, NULL, &rec, NULL), FAMFS_FAULT_NONE);
	assert_int_equal(rec.mode, 0644);
	before.file.mode = le32_make(0644);
	before.crc = raw.crc;
	assert_memory_equal(&raw, &before, sizeof(raw));

	rec = dir_of("d/e", 07777777, 1);
	record_encode(&raw, &rec, 4);
	assert_int_equal(record_decode(&raw, 4, NULL, &rec, NULL), FAMFS_FAULT_MODE);
	record_mend_mode(&raw);
	assert_int_equal(record_decode(&raw, 4, NULL, &rec, NULL), FAMFS_FAULT_NONE);
	assert_int_equal(rec.mode, 07777);
}

static void modes(void **state)
{
	struct omf_entry raw;

	(void)state;
	start(&raw);
	raw.file.mode = le32_make(07777);
	assert_int_equal(fault_of(&raw, ""), FAMFS_FAULT_NONE);
	raw.file.mode = le32_make(0100644);
	assert_int_equal(fault_of(&raw, "0100644"), FAMFS_FAULT_MODE);
	raw.file.mode = le32_make(UINT32_C(1) << 31);
	assert_int_equal(fault_of(&raw, "more than permission bits"), FAMFS_FAULT_MODE);
}

static void simple_maps(void **state)
{
	static const uint32_t counts[] = { 0, 17, 4000, UINT32_MAX };
	struct omf_entry raw;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		start(&raw);
		raw.file.count = le32_make(counts[i]);
		assert_int_equal(fault_of(&raw, "1 to 16 are possible"), FAMFS_FAULT_MAP);
	}
	start(&raw);
	raw.file.count = le32_make(16);
	assert_int_equal(fault_of(&raw, ""), FAMFS_FAULT_NONE);
	raw.file.map_type = le32_make(2);
	assert_int_equal(fault_of(&raw, "unknown map type 2"), FAMFS_FAULT_MAP);
}

static enum famfs_fault interleaved(uint32_t count, uint64_t nstrips, uint64_t chunk)
{
	const struct record rec = striped();
	struct omf_entry raw;

	record_encode(&raw, &rec, 4);
	raw.file.count = le32_make(count);
	raw.file.interleave.nstrips = le64_make(nstrips);
	raw.file.interleave.chunk_size = le64_make(chunk);
	return fault_of(&raw, "");
}

static void interleaved_maps(void **state)
{
	static const uint64_t strips[] = { 0, 17, 4000, UINT64_C(1) << 32, UINT64_MAX };
	static const uint64_t chunks[] = {
		0, 1, 4096, AU - 1, AU + 1, 3 * AU, UINT64_C(1) << 57, UINT64_C(1) << 63, UINT64_MAX
	};

	(void)state;
	assert_int_equal(interleaved(1, 1, AU), FAMFS_FAULT_NONE);
	assert_int_equal(interleaved(1, 16, UINT64_C(1) << 56), FAMFS_FAULT_NONE);
	assert_int_equal(interleaved(0, 3, AU), FAMFS_FAULT_MAP);
	assert_int_equal(interleaved(2, 3, AU), FAMFS_FAULT_MAP);
	for (size_t i = 0; i < ARRAY_SIZE(strips); i++)
		assert_int_equal(interleaved(1, strips[i], AU), FAMFS_FAULT_MAP);
	for (size_t i = 0; i < ARRAY_SIZE(chunks); i++)
		assert_int_equal(interleaved(1, 3, chunks[i]), FAMFS_FAULT_MAP);
}

/* Every bit of every field, with a right CRC: never a crash, and never a map that is larger than
 * its array. */
static void hostile(void **state)
{
	const struct record sound[] = { file_of("a/b", 5, AU, AU), striped(),
					dir_of("d", 0755, 0) };
	struct record rec;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sound); i++)
		for (size_t bit = 0; bit < OMF_ENTRY_CRC_BYTES * 8; bit++) {
			struct omf_entry raw;

			record_encode(&raw, &sound[i], 4);
			((unsigned char *)&raw)[bit / 8] ^= (unsigned char)(1u << bit % 8);
			entry_seal(&raw);
			memset(&rec, 0, sizeof(rec));
			record_decode(&raw, 4, NULL, &rec, NULL);
			assert_true(rec.fmap.nextents <= FAMFS_MAX_EXTENTS);
			assert_true(rec.path_length <= OMF_PATH_SIZE);
		}
}

static void names(void **state)
{
	(void)state;
	assert_string_equal(famfs_fault_name(FAMFS_FAULT_CRC), "crc");
	for (int fault = FAMFS_FAULT_NONE; fault <= FAMFS_FAULT_PARENT; fault++)
		for (int other = FAMFS_FAULT_NONE; other < fault; other++)
			assert_string_not_equal(famfs_fault_name((enum famfs_fault)fault),
						famfs_fault_name((enum famfs_fault)other));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("the entries that the reference wrote get its CRCs", vectors),
		TEST("an encoded entry is decoded and encoded to the same bytes", round_trips),
		TEST("a path of 79 bytes is read, and one without a NUL is a fault", longest_path),
		TEST("a device entry has its fields where the format has them", daxdev),
		TEST("any flipped bit is a CRC fault, and so is a zeroed slot", bad_crc),
		TEST("a sequence number that is not the index is a fault", bad_seqnum),
		TEST("unknown types are faults, and an invalid entry is not", types),
		TEST("paths that leave the mount, are empty or have no NUL are faults", paths),
		TEST("a path that was recorded as typed is read normalised", typed_paths),
		TEST("random bytes are a fault or a normalised path", random_paths),
		TEST("modes with more than permission bits are faults", modes),
		TEST("a repair of a mode keeps the recorded path", mended_mode),
		TEST("simple maps have 1 to 16 extents", simple_maps),
		TEST("interleaved maps have 1 to 16 strips and chunks of a power of two",
		     interleaved_maps),
		TEST("no flipped bit under a right CRC leads outside the record", hostile),
		TEST("each fault has a name of its own", names),
	};

	return run_group(tests);
}
