/* SPDX-License-Identifier: Apache-2.0 */
/* The structures as lists of fields: none is left out, and impossible values are called bad. */
#include "support.h"

#include "media/layout.h"
#include "media/superblock.h"

#include <string.h>

#define DEVICE (4 * GIB)
#define LENGTH OMF_LOG_LENGTH_MIN

static struct famfs_raw raw_of(enum famfs_structure structure, const void *bytes, size_t size)
{
	struct famfs_raw raw = { .structure = structure,
				 .entry = structure == FAMFS_LOG_ENTRY ? 7 : FAMFS_NO_ENTRY,
				 .offset = structure == FAMFS_SUPERBLOCK   ? 0
					   : structure == FAMFS_LOG_HEADER ? OMF_LOG_OFFSET
									   : omf_entry_offset(7),
				 .size = size,
				 .device_size = DEVICE,
				 .log_length = LENGTH };

	memcpy(raw.bytes, bytes, size);
	layout_judge(&raw);
	return raw;
}

static struct famfs_raw good_super(void)
{
	const struct superblock sb = { .version = OMF_SUPER_VERSION,
				       .log_length = LENGTH,
				       .alloc_unit = OMF_ALLOC_UNIT,
				       .major = OMF_MAJOR,
				       .minor = OMF_MINOR,
				       .recorded_size = DEVICE,
				       .name = "/dev/dax0.0" };
	struct omf_super super;

	superblock_encode(&super, &sb);
	return raw_of(FAMFS_SUPERBLOCK, &super, sizeof(super));
}

static struct famfs_raw good_header(void)
{
	struct omf_log_header header;

	log_header_encode(&header, LENGTH);
	header.next_index = le64_make(8);
	header.next_seqnum = le64_make(8);
	return raw_of(FAMFS_LOG_HEADER, &header, sizeof(header));
}

static struct famfs_raw entry_of(const struct record *rec)
{
	struct omf_entry entry;

	record_encode(&entry, rec, 7);
	return raw_of(FAMFS_LOG_ENTRY, &entry, sizeof(entry));
}

static struct record file_record(enum famfs_fmap_type type, uint32_t nextents)
{
	struct record rec = { .type = OMF_FILE, .mode = 0644, .path = "d/f", .path_length = 3 };

	rec.map.type = type;
	rec.map.nextents = nextents;
	rec.map.chunk_size = type == FAMFS_FMAP_INTERLEAVED ? AU : 0;
	rec.map.size = nextents * AU - 5;
	for (uint32_t i = 0; i < nextents; i++)
		rec.map.extents[i] = (struct famfs_extent){ 0, GIB + i * AU, AU };
	return rec;
}

struct seen {
	const struct famfs_raw *raw;
	size_t done;
	unsigned fields, bad;
	const char *bad_name;
	const char *wanted; /* a field that is not changed */
	struct famfs_raw_field kept;
};

static int see(void *arg, const struct famfs_raw_field *field)
{
	struct seen *seen = arg;

	assert_int_equal(field->at, seen->done);
	assert_true(field->size > 0);
	assert_int_equal(field->offset, seen->raw->offset + field->at);
	assert_non_null(memchr(field->meaning, 0, sizeof(field->meaning)));
	seen->done += field->size;
	seen->fields++;
	if (field->verdict == FAMFS_VERDICT_BAD) {
		seen->bad++;
		seen->bad_name = field->name;
	}
	if (seen->wanted && strcmp(field->name, seen->wanted) == 0)
		seen->kept = *field;
	return 0;
}

static struct seen look(const struct famfs_raw *raw, const char *wanted)
{
	struct seen seen = { .raw = raw, .wanted = wanted };

	assert_int_equal(famfs_raw_fields(raw, see, &seen), 0);
	assert_int_equal(seen.done, raw->size);
	return seen;
}

static void assert_good(const struct famfs_raw *raw)
{
	struct seen seen = look(raw, NULL);

	assert_null(raw->fault);
	assert_int_equal(raw->crc_stored, raw->crc_computed);
	if (seen.bad)
		fail_msg("%s is called bad", seen.bad_name);
}

static void sound_structures(void **state)
{
	struct record mkdir = { .type = OMF_MKDIR, .mode = 0755, .path = "d", .path_length = 1 };
	struct record daxdev = { .type = OMF_ADD_DAXDEV, .daxdev_index = 1, .daxdev_size = GIB };
	struct record none = { .type = OMF_INVALID };
	struct famfs_raw raw = good_super();

	(void)state;
	assert_good(&raw);
	raw = good_header();
	assert_good(&raw);
	raw = entry_of(&mkdir);
	assert_good(&raw);
	raw = entry_of(&daxdev);
	assert_good(&raw);
	raw = entry_of(&none);
	assert_good(&raw);
	for (uint32_t n = 1; n <= OMF_MAX_EXTENTS; n++) {
		struct record rec = file_record(FAMFS_FMAP_SIMPLE, n);

		raw = entry_of(&rec);
		assert_good(&raw);
		rec = file_record(FAMFS_FMAP_INTERLEAVED, n);
		raw = entry_of(&rec);
		assert_good(&raw);
	}
}

static void values(void **state)
{
	struct record rec = file_record(FAMFS_FMAP_INTERLEAVED, 2);
	struct famfs_raw raw = entry_of(&rec);
	struct seen seen = look(&raw, "se_offset");

	(void)state;
	assert_string_equal(seen.kept.group, "strip");
	assert_int_equal(seen.kept.index, 1);
	assert_int_equal(seen.kept.value, GIB + AU);
	assert_int_equal(seen.kept.at, 152 + 24 + 8);
	seen = look(&raw, "fm_relpath");
	assert_int_equal(seen.kept.kind, FAMFS_RAW_TEXT);
	assert_int_equal(seen.kept.at, 40);
	raw = good_super();
	seen = look(&raw, "ts_crc");
	assert_int_equal(seen.kept.at, 96);
	assert_int_equal(seen.kept.value, raw.crc_computed);
}

static void put(struct famfs_raw *raw, size_t at, size_t size, uint64_t value)
{
	le64 wide = le64_make(value);

	memcpy(raw->bytes + at, &wide, size);
	layout_judge(raw);
}

static void assert_bad(struct famfs_raw raw, size_t at, size_t size, uint64_t value,
		       const char *name, const char *meaning)
{
	struct seen seen;

	put(&raw, at, size, value);
	seen = look(&raw, name);
	if (seen.kept.verdict != FAMFS_VERDICT_BAD)
		fail_msg("%s is not called bad: %s", name, seen.kept.meaning);
	assert_text(seen.kept.meaning, meaning);
	assert_non_null(raw.fault);
}

static void superblocks_that_cannot_be(void **state)
{
	struct famfs_raw raw = good_super();
	struct seen seen;

	(void)state;
	assert_bad(raw, 0, 8, 1, "ts_magic", "no famfs superblock");
	assert_bad(raw, 8, 8, 47, "ts_version", "another layout");
	assert_bad(raw, 16, 8, 0, "ts_log_offset", "always at");
	assert_bad(raw, 24, 8, 9 * MIB, "ts_log_len", "power of two");
	assert_bad(raw, 24, 8, 8 * GIB, "ts_log_len", "does not fit");
	assert_bad(raw, 32, 8, 1, "ts_alloc_unit", "expected");
	assert_bad(raw, 40, 4, 9, "ts_omf_ver_major", "knows 2");
	assert_bad(raw, 96, 8, 5, "ts_crc", "computed 0x");
	assert_bad(raw, 100, 4, 1, "ts_crc", "computed 0x");

	/* The size is outside the CRC, and the size of the device replaces it. */
	put(&raw, 112, 8, 1);
	seen = look(&raw, "dd_size");
	assert_int_equal(seen.kept.verdict, FAMFS_VERDICT_BAD);
	assert_null(raw.fault);
}

static void headers_that_cannot_be(void **state)
{
	struct famfs_raw raw = good_header();

	(void)state;
	assert_bad(raw, 0, 8, 1, "famfs_log_magic", "no famfs log");
	assert_bad(raw, 8, 8, 16 * MIB, "famfs_log_len", "superblock says");
	assert_bad(raw, 16, 8, 15420, "famfs_log_last_index", "is 15419");
	assert_bad(raw, 24, 8, 0, "famfs_log_crc", "computed 0x");
	assert_bad(raw, 32, 8, 3, "famfs_log_next_seqnum", "next index is 8");
	assert_bad(raw, 40, 8, UINT64_C(1) << 40, "famfs_log_next_index", "room for 15420");
	assert_bad(raw, 40, 8, UINT64_MAX, "famfs_log_next_index", "room for 15420");
}

static void entries_that_cannot_be(void **state)
{
	struct record simple = file_record(FAMFS_FMAP_SIMPLE, 2);
	struct record striped = file_record(FAMFS_FMAP_INTERLEAVED, 2);
	struct famfs_raw raw = entry_of(&simple), strips = entry_of(&striped);

	(void)state;
	assert_bad(raw, 0, 8, 8, "famfs_log_entry_seqnum", "is 7");
	assert_bad(raw, 8, 4, 2, "famfs_log_entry_type", "reserved");
	assert_bad(raw, 8, 4, 99, "famfs_log_entry_type", "unknown");
	assert_bad(raw, 16, 8, 4 * AU + 1, "fm_size", "has only");
	assert_bad(raw, 36, 4, 0100644, "fm_mode", "more than");
	assert_bad(raw, 40, 4, 0x2f2e2e, "fm_relpath", "");
	assert_bad(raw, 120, 4, 2, "fmap_ext_type", "unknown");
	assert_bad(raw, 128, 4, 0, "fmap_nextents", "1 to 16");
	assert_bad(raw, 128, 4, UINT32_MAX, "fmap_nextents", "1 to 16");
	assert_bad(raw, 136 + 24, 8, 64, "se_devindex", "limit");
	assert_bad(raw, 136 + 32, 8, AU, "se_offset", "metadata");
	assert_bad(raw, 136 + 32, 8, GIB + 1, "se_offset", "units");
	assert_bad(raw, 136 + 32, 8, DEVICE, "se_offset", "beyond");
	assert_bad(raw, 136 + 40, 8, 0, "se_len", "empty");
	assert_bad(raw, 136 + 40, 8, DEVICE, "se_len", "ends beyond");
	assert_bad(raw, 136 + 40, 8, ~(AU - 1), "se_len", "ends beyond");
	assert_bad(raw, 536, 8, 1, "famfs_log_entry_crc", "computed 0x");
	assert_bad(strips, 136, 8, UINT64_MAX, "ie_nstrips", "1 to 16");
	assert_bad(strips, 144, 8, 3 * AU, "ie_chunk_size", "power of two");
}

static void a_path_without_an_end(void **state)
{
	struct record rec = file_record(FAMFS_FMAP_SIMPLE, 1);
	struct famfs_raw raw = entry_of(&rec);
	struct famfs_log_entry entry = { .raw = &raw };
	struct seen seen;

	(void)state;
	memset(raw.bytes + 40, 'x', 80);
	layout_judge(&raw);
	seen = look(&raw, "fm_relpath");
	assert_int_equal(seen.kept.verdict, FAMFS_VERDICT_BAD);
	layout_decode_entry(&entry);
	assert_int_equal(strlen(entry.path), 80);
}

/* Random bytes: each of them is in a field, and a number that is too large never leads outside the
 * structure. */
static void any_bytes(void **state)
{
	static const enum famfs_structure structures[] = { FAMFS_SUPERBLOCK, FAMFS_LOG_HEADER,
							   FAMFS_LOG_ENTRY };
	static const size_t sizes[] = { 200, 48, 544 };
	struct rng rng = { 42 };

	(void)state;
	for (unsigned i = 0; i < 6000; i++) {
		unsigned char bytes[FAMFS_RAW_SIZE];
		struct famfs_raw raw;
		struct famfs_log_entry entry = { .raw = &raw };

		for (size_t k = 0; k < sizeof(bytes); k++)
			bytes[k] = (unsigned char)rng_next(&rng);
		/* Random types and counts would mostly be unknown. */
		if (i % 2)
			memset(bytes + 9, 0, 3), bytes[8] %= 6;
		if (i % 4 == 1)
			memset(bytes + 121, 0, 3), bytes[120] %= 3;
		raw = raw_of(structures[i % 3], bytes, sizes[i % 3]);
		look(&raw, NULL);
		assert_non_null(raw.fault);
		if (structures[i % 3] == FAMFS_LOG_ENTRY) {
			layout_decode_entry(&entry);
			assert_true(entry.map.nextents <= OMF_MAX_EXTENTS);
		}
	}
}

static int stop(void *arg, const struct famfs_raw_field *field)
{
	unsigned *left = arg;

	(void)field;
	return (*left)-- == 0 ? 77 : 0;
}

static void a_visitor_that_stops(void **state)
{
	struct record rec = file_record(FAMFS_FMAP_INTERLEAVED, 16);
	struct famfs_raw raw = entry_of(&rec);
	struct seen seen = look(&raw, NULL);

	(void)state;
	for (unsigned i = 0; i < seen.fields; i++) {
		unsigned left = i;

		assert_int_equal(famfs_raw_fields(&raw, stop, &left), 77);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("the fields of sound structures cover them and none is bad", sound_structures),
		TEST("fields have the offsets and values of the format", values),
		TEST("superblocks that cannot be", superblocks_that_cannot_be),
		TEST("log headers that cannot be", headers_that_cannot_be),
		TEST("entries that cannot be", entries_that_cannot_be),
		TEST("a path without an end", a_path_without_an_end),
		TEST("any bytes", any_bytes),
		TEST("a visitor that stops", a_visitor_that_stops),
	};

	return run_group(tests);
}
