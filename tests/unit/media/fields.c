/* SPDX-License-Identifier: Apache-2.0 */
/* The structures as lists of fields: none is left out, and impossible values are called bad. */
#include "support.h"

#include "media/fields.h"
#include "media/superblock.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
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
	raw_check(&raw);
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

	rec.fmap.type = type;
	rec.fmap.nextents = nextents;
	rec.fmap.chunk_size = type == FAMFS_FMAP_INTERLEAVED ? AU : 0;
	rec.fmap.size = nextents * AU - 5;
	for (uint32_t i = 0; i < nextents; i++)
		rec.fmap.extents[i] = (struct famfs_extent){ 0, GIB + i * AU, AU };
	return rec;
}

struct seen {
	const struct famfs_raw *raw;
	size_t done;
	unsigned fields, bad;
	const char *bad_name;
	struct famfs_raw_field first; /* the bad one that readers meet first */
	const char *wanted;           /* name of the field to copy to `kept` */
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
		assert_int_not_equal(field->fault, FAMFS_FAULT_NONE);
		/* Of the size that is recorded readers only tell. */
		if (field->fault != FAMFS_FAULT_CAPACITY &&
		    (!seen->first.name || field->rank < seen->first.rank))
			seen->first = *field;
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

	assert_int_equal(raw->fault, FAMFS_FAULT_NONE);
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
	raw_check(raw);
}

/* A sequence number that is one ahead occurs during each append. */
static void sound_and_special(void **state)
{
	struct record striped = file_record(FAMFS_FMAP_INTERLEAVED, 3);
	struct famfs_raw raw = good_header();
	struct seen seen;

	(void)state;
	put(&raw, offsetof(struct omf_log_header, next_seqnum), 8, 9);
	seen = look(&raw, "famfs_log_next_seqnum");
	assert_int_equal(seen.kept.verdict, FAMFS_VERDICT_OK);
	assert_text(seen.kept.meaning, "ahead of the next index");
	raw = entry_of(&striped);
	seen = look(&raw, "fmap_nextents");
	assert_int_equal(seen.kept.verdict, FAMFS_VERDICT_OK);
	assert_string_equal(seen.kept.meaning, "one interleaved extent");
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
	assert_int_not_equal(raw.fault, FAMFS_FAULT_NONE);
}

static void superblocks_that_cannot_be(void **state)
{
	struct famfs_raw raw = good_super();
	struct seen seen;

	(void)state;
	assert_bad(raw, 0, 8, 1, "ts_magic", "no famfs superblock");
	assert_bad(raw, 8, 8, 47, "ts_version", "program knows 48");
	assert_bad(raw, 16, 8, 0, "ts_log_offset", "expected 0x200000");
	assert_bad(raw, 24, 8, 9 * MIB, "ts_log_len", "power of two");
	assert_bad(raw, 24, 8, 8 * GIB, "ts_log_len", "does not fit");
	assert_bad(raw, 32, 8, 1, "ts_alloc_unit", "expected");
	assert_bad(raw, 40, 4, 9, "ts_omf_ver_major", "knows 2");
	assert_bad(raw, 96, 8, 5, "ts_crc", "expected 0x");
	assert_bad(raw, 100, 4, 1, "ts_crc", "expected 0x");

	raw.device_size = UINT64_C(1) << 40;
	assert_bad(raw, 24, 8, 32 * GIB, "ts_log_len", "larger than 17179869184");
	raw.device_size = DEVICE;

	/* The size is outside the CRC, and the size of the device replaces it. */
	put(&raw, 112, 8, 1);
	seen = look(&raw, "dd_size");
	assert_int_equal(seen.kept.verdict, FAMFS_VERDICT_BAD);
	assert_int_equal(raw.fault, FAMFS_FAULT_NONE);
}

static void headers_that_cannot_be(void **state)
{
	struct famfs_raw raw = good_header();

	(void)state;
	assert_bad(raw, 0, 8, 1, "famfs_log_magic", "expected 0xbadcafef00d");
	assert_bad(raw, 8, 8, 16 * MIB, "famfs_log_len", "expected 8388608");
	assert_bad(raw, 16, 8, 15420, "famfs_log_last_index", "expected 15419");
	assert_bad(raw, 24, 8, 0, "famfs_log_crc", "expected 0x");
	assert_bad(raw, 32, 8, 3, "famfs_log_next_seqnum", "next index is 8");
	assert_bad(raw, 40, 8, UINT64_C(1) << 40, "famfs_log_next_index",
		   "the log has 15420 entries");
	assert_bad(raw, 40, 8, UINT64_MAX, "famfs_log_next_index", "the log has 15420 entries");
}

static void entries_that_cannot_be(void **state)
{
	struct record simple = file_record(FAMFS_FMAP_SIMPLE, 2);
	struct record striped = file_record(FAMFS_FMAP_INTERLEAVED, 2);
	struct famfs_raw raw = entry_of(&simple), strips = entry_of(&striped);

	(void)state;
	assert_bad(raw, 0, 8, 8, "famfs_log_entry_seqnum", "expected 7");
	assert_bad(raw, 8, 4, 2, "famfs_log_entry_type", "unknown entry type 2");
	assert_bad(raw, 8, 4, 99, "famfs_log_entry_type", "unknown");
	assert_bad(raw, 16, 8, 4 * AU + 1, "fm_size", "exceeds its map");
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
	assert_bad(raw, 536, 8, 1, "famfs_log_entry_crc", "expected 0x");
	assert_bad(strips, 136, 8, UINT64_MAX, "ie_nstrips", "1 to 16");
	assert_bad(strips, 144, 8, 3 * AU, "ie_chunk_size", "power of two");
	assert_bad(strips, 144, 8, UINT64_C(1) << 57, "ie_chunk_size", "larger than any device");
}

static void a_path_without_an_end(void **state)
{
	struct record rec = file_record(FAMFS_FMAP_SIMPLE, 1);
	struct famfs_raw raw = entry_of(&rec);
	struct famfs_log_entry entry = { .raw = &raw };
	struct seen seen;

	(void)state;
	memset(raw.bytes + 40, 'x', 80);
	raw_check(&raw);
	seen = look(&raw, "fm_relpath");
	assert_int_equal(seen.kept.verdict, FAMFS_VERDICT_BAD);
	raw_decode_entry(&entry);
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
		assert_int_not_equal(raw.fault, FAMFS_FAULT_NONE);
		if (structures[i % 3] == FAMFS_LOG_ENTRY) {
			raw_decode_entry(&entry);
			assert_true(entry.fmap.nextents <= OMF_MAX_EXTENTS);
		}
	}
}

/* ---- readers and dumps find the same faults ---- */

static int decode(const struct famfs_raw *raw, struct fault_text *why)
{
	const void *bytes = raw->bytes;
	uint64_t sizes[OMF_MAX_DAXDEVS] = { raw->device_size };
	const struct record_limits limits = { .data_offset = OMF_LOG_OFFSET + LENGTH,
					      .ndaxdevs = OMF_MAX_DAXDEVS,
					      .daxdev_sizes = sizes };
	enum famfs_fault fault;
	struct record rec;

	switch (raw->structure) {
	case FAMFS_SUPERBLOCK: return (int)superblock_check(bytes, raw->device_size, why);
	case FAMFS_LOG_HEADER:
		fault = log_header_check(bytes, LENGTH, why);
		return (int)(fault ? fault : log_counters_check(bytes, LENGTH, why));
	case FAMFS_LOG_ENTRY: break;
	}
	for (size_t i = 1; i < OMF_MAX_DAXDEVS; i++)
		sizes[i] = OMF_DEVICE_MAX;
	return (int)record_decode(bytes, raw->entry, &limits, &rec, why);
}

static void assert_agreement(struct famfs_raw *raw, bool seal)
{
	struct fault_text why = { 0 };
	struct seen seen;
	int fault;

	raw_check(raw);
	if (seal) {
		le64 crc = le64_make(raw->crc_computed);

		memcpy(raw->bytes + raw->crc_bytes, &crc, sizeof(crc));
		raw_check(raw);
	}
	seen = look(raw, NULL);
	fault = decode(raw, &why);
	assert_int_equal(raw->fault, fault);
	assert_int_equal(raw->code, why.code);
	assert_string_equal(raw->message, why.text);
	if (!fault && seen.first.name)
		fail_msg("readers take it, the dump says of %s: %s", seen.first.name,
			 seen.first.meaning);
	if (!fault)
		return;
	if (!seen.first.name)
		fail_msg("readers say %s, the dump shows no fault", why.text);
	if (seen.first.fault != raw->fault || seen.first.code != why.code ||
	    strcmp(seen.first.meaning, why.text) != 0)
		fail_msg("readers say %s, the dump says of %s: %s", why.text, seen.first.name,
			 seen.first.meaning);
}

/* The fields of a structure, to be changed one by one. */
struct places {
	size_t count;
	struct {
		size_t at, size;
	} list[100];
};

static int note_place(void *arg, const struct famfs_raw_field *field)
{
	struct places *places = arg;

	assert_true(places->count < ARRAY_SIZE(places->list));
	places->list[places->count].at = field->at;
	places->list[places->count++].size = field->size < 8 ? field->size : 8;
	return 0;
}

static void change_field(const struct famfs_raw *sound, size_t at, size_t size)
{
	le64 old = { 0 };
	uint64_t value;

	memcpy(&old, sound->bytes + at, size);
	value = le64_get(old);
	for (unsigned i = 0; i < 64 + 64 + 12; i++) {
		const uint64_t others[] = { 0,         1,          UINT64_MAX,  value + 1,
					    value - 1, value + AU, value - AU,  16,
					    17,        DEVICE,     DEVICE - AU, 3 * AU };
		uint64_t changed = i < 64    ? UINT64_C(1) << i
				   : i < 128 ? value ^ UINT64_C(1) << (i - 64)
					     : others[i - 128];
		le64 put = le64_make(changed);

		for (int seal = 0; seal < 2; seal++) {
			struct famfs_raw raw = *sound;

			memcpy(raw.bytes + at, &put, size);
			assert_agreement(&raw, seal);
			/* And beside damage of another field. */
			memset(raw.bytes + (at + 64) % raw.size / 8 * 8, 0xff, 8);
			assert_agreement(&raw, seal);
		}
	}
}

static void change_all_fields(struct famfs_raw sound)
{
	struct places places = { 0 };

	assert_agreement(&sound, true);
	famfs_raw_fields(&sound, note_place, &places);
	for (size_t i = 0; i < places.count; i++)
		change_field(&sound, places.list[i].at, places.list[i].size);
}

static void agreement_on_changes(void **state)
{
	struct record mkdir = { .type = OMF_MKDIR, .mode = 0755, .path = "d", .path_length = 1 };
	struct record daxdev = { .type = OMF_ADD_DAXDEV, .daxdev_index = 1, .daxdev_size = GIB };
	struct record simple = file_record(FAMFS_FMAP_SIMPLE, 3);
	struct record striped = file_record(FAMFS_FMAP_INTERLEAVED, 3);

	(void)state;
	change_all_fields(good_super());
	change_all_fields(good_header());
	change_all_fields(entry_of(&mkdir));
	change_all_fields(entry_of(&daxdev));
	change_all_fields(entry_of(&simple));
	change_all_fields(entry_of(&striped));
	simple.type = striped.type = OMF_INVALID;
	change_all_fields(entry_of(&simple));
	change_all_fields(entry_of(&striped));
}

static void agreement_on_bytes(const struct famfs_raw *sound, const unsigned char *bytes,
			       size_t length)
{
	for (int way = 0; way < 4; way++) {
		struct famfs_raw raw = *sound;

		/* Most of the corpus is changes to sound structures. */
		for (size_t i = 0; i < length && i < raw.size; i++)
			raw.bytes[i] = way & 1 ? bytes[i] : raw.bytes[i] ^ bytes[i];
		if (way & 1 && raw.structure == FAMFS_LOG_ENTRY)
			memcpy(raw.bytes, sound->bytes, 8);
		assert_agreement(&raw, way & 2);
	}
}

/* The inputs of fuzz_medium: a byte, a superblock, a log header, entries. */
static void agreement_on_file(const char *path)
{
	struct record simple = file_record(FAMFS_FMAP_SIMPLE, 2);
	struct famfs_raw super = good_super(), header = good_header(), entry = entry_of(&simple);
	static unsigned char bytes[1 << 16];
	FILE *file = fopen(path, "r");
	size_t length;

	if (!file)
		fail_msg("%s cannot be opened", path);
	length = fread(bytes, 1, sizeof(bytes) - FAMFS_RAW_SIZE, file);
	fclose(file);
	memset(bytes + length, 0, FAMFS_RAW_SIZE);
	agreement_on_bytes(&super, bytes + 1, 200);
	agreement_on_bytes(&header, bytes + 201, 48);
	for (size_t at = 249; at < length; at += 544)
		agreement_on_bytes(&entry, bytes + at, 544);
}

static void agreement_on_corpus(void **state)
{
	const char *corpus = getenv("UNIT_CORPUS");
	char pattern[4096];
	glob_t found;

	(void)state;
	assert_non_null(corpus);
	snprintf(pattern, sizeof(pattern), "%s/*/*", corpus);
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	assert_true(found.gl_pathc > 20);
	for (size_t i = 0; i < found.gl_pathc; i++)
		agreement_on_file(found.gl_pathv[i]);
	globfree(&found);
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
		TEST("the fields of sound structures cover them and are all valid",
		     sound_structures),
		TEST("an append in progress and an interleaved file are shown as sound",
		     sound_and_special),
		TEST("fields have the offsets and values of the format", values),
		TEST("damaged superblocks have a bad field each", superblocks_that_cannot_be),
		TEST("damaged log headers have a bad field each", headers_that_cannot_be),
		TEST("damaged entries have a bad field each", entries_that_cannot_be),
		TEST("a path without a NUL is a bad field", a_path_without_an_end),
		TEST("readers report the fault that the dump shows first, for any changed field",
		     agreement_on_changes),
		TEST("readers report the fault that the dump shows first, for the fuzzers' corpus",
		     agreement_on_corpus),
		TEST("the fields of random bytes are read within their bounds", any_bytes),
		TEST("a visitor can stop the walk", a_visitor_that_stops),
	};

	return run_group(tests);
}
