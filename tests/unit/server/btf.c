/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include "server/btf.h"
#include "server/make_btf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Offsets in the header. */
#define VERSION        2
#define HEADER_LENGTH  4
#define TYPES_OFFSET   8
#define TYPES_LENGTH   12
#define STRINGS_OFFSET 16
#define STRINGS_LENGTH 20

static void put(struct made_btf *made, size_t offset, uint32_t word)
{
	memcpy(made->data + offset, &word, sizeof(word));
}

static struct btf parse(const struct made_btf *made)
{
	struct btf btf;

	assert_int_equal(btf_parse(made->data, made->length, NULL, &btf), 0);
	return btf;
}

static bool value_of(const struct btf *btf, const char *name, uint32_t *value)
{
	struct btf_enumeration enumeration;

	return btf_find_enum(btf, "fuse_opcode", &enumeration) &&
	       btf_enum_value(&enumeration, name, value);
}

static void check_opcodes(const struct btf *btf, uint32_t op_fmap, uint32_t op_daxdev)
{
	uint32_t value = 0;

	assert_true(value_of(btf, "FUSE_LOOKUP", &value));
	assert_int_equal(value, 1);
	assert_true(value_of(btf, "FUSE_GET_FMAP", &value));
	assert_int_equal(value, op_fmap);
	assert_true(value_of(btf, "FUSE_GET_DAXDEV", &value));
	assert_int_equal(value, op_daxdev);
	assert_false(value_of(btf, "FUSE_GET", &value));
	assert_false(value_of(btf, "FUSE_GET_FMAPS", &value));
}

static void make_simple(struct made_btf *made)
{
	struct make_btf make;

	make_start(&make, 0);
	make_opcodes(&make, 54, 55);
	make_finish(&make, made);
}

static void enumeration(void **state)
{
	struct made_btf made;
	struct btf btf;

	(void)state;
	make_simple(&made);
	btf = parse(&made);
	check_opcodes(&btf, 54, 55);
}

static void names(void **state)
{
	const char *const want[] = { "", "fuse_opcode", "FUSE_LOOKUP", "FUSE_GET_FMAP",
				     "FUSE_GET_DAXDEV" };
	const char *name = NULL;
	struct made_btf made;
	struct btf btf;

	(void)state;
	make_simple(&made);
	btf = parse(&made);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		name = btf_next_string(&btf, name);
		assert_non_null(name);
		assert_string_equal(name, want[i]);
	}
	assert_null(btf_next_string(&btf, name));
}

/* Members, and the words that follow, for each kind, as Documentation/bpf/btf.rst has them. */
static void every_kind(void **state)
{
	static const struct {
		uint32_t kind, members, words;
	} kinds[] = {
		{ 1, 0, 1 },  { 2, 0, 0 },  { 3, 0, 3 },  { 4, 2, 6 },  { 5, 1, 3 },   { 6, 2, 4 },
		{ 7, 0, 0 },  { 8, 0, 0 },  { 9, 0, 0 },  { 10, 0, 0 }, { 11, 0, 0 },  { 12, 2, 0 },
		{ 13, 3, 6 }, { 14, 0, 1 }, { 15, 2, 6 }, { 16, 0, 0 }, { 17, 0, 1 },  { 18, 0, 0 },
		{ 19, 2, 6 }, { 4, 0, 0 },  { 6, 0, 0 },  { 13, 0, 0 }, { 4, 20, 60 },
	};
	struct made_btf made;
	struct make_btf make;
	struct btf btf;

	(void)state;
	make_start(&make, 0);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		make_type(&make, 0, kinds[i].kind, kinds[i].members);
		for (uint32_t word = 0; word < kinds[i].words; word++)
			make_word(&make, 0xffffffff);
	}
	make_opcodes(&make, 60, 61);
	make_finish(&make, &made);
	btf = parse(&made);
	check_opcodes(&btf, 60, 61);
}

/* Name offsets below the length of the kernel's strings refer to the kernel. */
static void module(void **state)
{
	struct made_btf kernel_made, module_made;
	struct make_btf kernel_make, module_make;
	struct btf kernel, mod;
	uint32_t shared;

	(void)state;
	make_start(&kernel_make, 0);
	make_name(&kernel_make, "list_head");
	shared = make_name(&kernel_make, "FUSE_GET_FMAP");
	make_finish(&kernel_make, &kernel_made);
	kernel = parse(&kernel_made);

	make_start(&module_make, kernel_make.strings_length);
	make_type(&module_make, make_name(&module_make, "fuse_opcode"), 6, 3);
	make_member(&module_make, make_name(&module_make, "FUSE_LOOKUP"), 1);
	make_member(&module_make, shared, 56);
	make_member(&module_make, make_name(&module_make, "FUSE_GET_DAXDEV"), 57);
	make_finish(&module_make, &module_made);
	assert_int_equal(btf_parse(module_made.data, module_made.length, &kernel, &mod), 0);
	check_opcodes(&mod, 56, 57);
}

static void newer(void **state)
{
	struct made_btf made;
	struct btf btf;

	(void)state;
	make_simple(&made);
	memmove(made.data + MAKE_BTF_HEADER + 8, made.data + MAKE_BTF_HEADER,
		made.length - MAKE_BTF_HEADER);
	memset(made.data + MAKE_BTF_HEADER, 0xff, 8);
	made.length += 8;
	put(&made, HEADER_LENGTH, MAKE_BTF_HEADER + 8);
	btf = parse(&made);
	check_opcodes(&btf, 54, 55);
}

static void first_of_that_name(void **state)
{
	struct made_btf made;
	struct make_btf make;
	struct btf btf;

	(void)state;
	make_start(&make, 0);
	make_type(&make, make_name(&make, "fuse_opcode"), 4, 0);
	make_opcodes(&make, 54, 55);
	make_opcodes(&make, 64, 65);
	make_finish(&make, &made);
	btf = parse(&made);
	check_opcodes(&btf, 54, 55);
}

static void bad_headers(void **state)
{
	static const struct {
		size_t offset;
		uint32_t word;
	} bad[] = {
		{ 0, 0x00019feb }, /* of the other byte order */
		{ 0, 0x00010000 },
		{ 0, 0x0002eb9f }, /* another version */
		{ HEADER_LENGTH, 0 },
		{ HEADER_LENGTH, MAKE_BTF_HEADER - 1 },
		{ HEADER_LENGTH, UINT32_MAX },
		{ TYPES_OFFSET, UINT32_MAX },
		{ TYPES_LENGTH, UINT32_MAX },
		{ TYPES_LENGTH, 4096 },
		{ STRINGS_OFFSET, UINT32_MAX },
		{ STRINGS_OFFSET, 0x80000000 },
		{ STRINGS_LENGTH, UINT32_MAX },
	};
	struct made_btf made;
	struct btf btf;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		make_simple(&made);
		put(&made, bad[i].offset, bad[i].word);
		assert_int_equal(btf_parse(made.data, made.length, NULL, &btf), -EINVAL);
	}
}

static void unknown_kind(void **state)
{
	static const uint32_t kinds[] = { 0, 20, 31, 127 };
	struct made_btf made;
	struct make_btf make;
	uint32_t value;
	struct btf btf;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		make_start(&make, 0);
		make_type(&make, 0, kinds[i], 0);
		make_opcodes(&make, 54, 55);
		make_finish(&make, &made);
		btf = parse(&made);
		assert_false(value_of(&btf, "FUSE_GET_FMAP", &value));
	}
}

static void too_many_members(void **state)
{
	static const uint32_t counts[] = { 4, 0xffff, 0xffffff };
	struct made_btf made;
	uint32_t value;
	struct btf btf;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		make_simple(&made);
		put(&made, MAKE_BTF_HEADER + 4, 6u << 24 | counts[i]);
		btf = parse(&made);
		assert_false(value_of(&btf, "FUSE_LOOKUP", &value));
	}
}

static void unterminated(void **state)
{
	const char *name = NULL;
	struct made_btf made;
	uint32_t value;
	int count = 0;
	struct btf btf;

	(void)state;
	make_simple(&made);
	btf = parse(&made);
	btf.strings_length--;
	while ((name = btf_next_string(&btf, name)))
		count++;
	assert_int_equal(count, 4);
	assert_true(value_of(&btf, "FUSE_GET_FMAP", &value));
	assert_false(value_of(&btf, "FUSE_GET_DAXDEV", &value));
	btf.strings_length = 0;
	assert_null(btf_next_string(&btf, NULL));
	assert_false(value_of(&btf, "FUSE_GET_FMAP", &value));
}

/* Any data is read within its bounds; the sanitizers report it otherwise. */
static void read_all_of(const unsigned char *data, size_t length)
{
	unsigned char *exact = malloc(length ? length : 1);
	const char *name = NULL;
	struct btf btf, mod;
	uint32_t value;

	assert_non_null(exact);
	memcpy(exact, data, length);
	if (btf_parse(exact, length, NULL, &btf) == 0) {
		while ((name = btf_next_string(&btf, name)))
			assert_true(strlen(name) < length);
		value_of(&btf, "FUSE_GET_DAXDEV", &value);
		assert_int_equal(btf_parse(exact, length, &btf, &mod), 0);
		value_of(&mod, "FUSE_GET_DAXDEV", &value);
	}
	free(exact);
}

static void cut_off(void **state)
{
	struct made_btf made;
	struct btf btf;

	(void)state;
	make_simple(&made);
	for (size_t length = 0; length < made.length; length++) {
		assert_int_equal(btf_parse(made.data, length, NULL, &btf), -EINVAL);
		read_all_of(made.data, length);
	}
}

static void hostile(void **state)
{
	static const uint32_t words[] = {
		0, 1, 23, 25, 0xffff, 0x06ffffff, 0x7fffffff, 0x80000000, 0xfffffff4, 0xffffffff
	};
	struct rng rng = { .state = 3 };
	struct made_btf made;

	(void)state;
	make_simple(&made);
	for (size_t at = 4; at + 4 <= made.length; at++) {
		for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
			make_simple(&made);
			put(&made, at, words[i]);
			read_all_of(made.data, made.length);
		}
	}
	for (int round = 0; round < 20000; round++) {
		make_simple(&made);
		for (int i = 0; i < 4; i++)
			made.data[4 + rng_below(&rng, made.length - 4)] = (uint8_t)rng_next(&rng);
		read_all_of(made.data, made.length);
	}
}

static void running_kernel(void **state)
{
	FILE *file = fopen("/sys/kernel/btf/vmlinux", "re");
	static unsigned char data[32 << 20];
	uint32_t value = 0;
	struct btf btf;
	size_t length;

	(void)state;
	if (!file)
		skip();
	length = fread(data, 1, sizeof(data), file);
	fclose(file);
	if (btf_parse(data, length, NULL, &btf) < 0)
		skip();
	if (!value_of(&btf, "FUSE_LOOKUP", &value))
		skip(); /* in a module */
	assert_int_equal(value, 1);
	assert_true(value_of(&btf, "FUSE_INIT", &value));
	assert_int_equal(value, 26);
	assert_true(value_of(&btf, "FUSE_LSEEK", &value));
	assert_int_equal(value, 46);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("the members of an enumeration have their values", enumeration),
		TEST("the names are listed in order, and the list ends", names),
		TEST("types of every kind are skipped by their length", every_kind),
		TEST("a module's names continue after the kernel's", module),
		TEST("a longer header of a later version is skipped", newer),
		TEST("only enumerations match, and the first one of a name is used",
		     first_of_that_name),
		TEST("a header that points outside is refused", bad_headers),
		TEST("nothing is found after a kind of unknown length", unknown_kind),
		TEST("an enumeration that exceeds the data is ignored", too_many_members),
		TEST("a name without a NUL is ignored", unterminated),
		TEST("data that is truncated at any byte is refused", cut_off),
		TEST("damaged data is read within its bounds", hostile),
		TEST("the running kernel's opcodes are those of its uapi", running_kernel),
	};

	return run_group(tests);
}
