/* SPDX-License-Identifier: Apache-2.0 */
/* The table of kernels, and the page that describes it, have the same numbers. */
#include "support.h"

#include "server/profile.h"

#include <stdlib.h>
#include <string.h>

/* The cell of a row of a Markdown table, from 1 on, without surrounding spaces. */
static void cell(const char *row, int number, char *out, size_t size)
{
	const char *end;

	for (; number > 0 && row; number--)
		row = strchr(row, '|') ? strchr(row, '|') + 1 : NULL;
	assert_non_null(row);
	row += strspn(row, " `");
	end = row + strcspn(row, "|");
	while (end > row && (end[-1] == ' ' || end[-1] == '`'))
		end--;
	snprintf(out, size, "%.*s", (int)(end - row), row);
}

static uint64_t number_of(const char *text)
{
	char *end;
	uint64_t value = strtoull(text, &end, 10);

	return strcmp(end, " MiB") == 0 ? value * MIB : value;
}

/* The last number of a cell: the final size of the buffer. */
static uint64_t last_number(const char *text)
{
	const char *last = text;

	for (const char *p = text; *p; p++)
		if (*p >= '0' && *p <= '9' && (p == text || p[-1] == ' '))
			last = p;
	return number_of(last);
}

static void check_row(const char *row, const struct fmap_profile *profile)
{
	char text[160];

	cell(row, 3, text, sizeof(text));
	assert_int_equal(number_of(text), profile->init_bit);
	cell(row, 4, text, sizeof(text));
	assert_int_equal(number_of(text), profile->op_fmap);
	cell(row, 5, text, sizeof(text));
	assert_int_equal(number_of(text), profile->push ? 0 : profile->op_daxdev);
	cell(row, 6, text, sizeof(text));
	assert_int_equal(strncmp(text, "size", 4) == 0,
			 fmap_profile_refine(profile, true) == profile);
	cell(row, 7, text, sizeof(text));
	assert_int_equal(strstr(text, "exactly") != NULL, profile->fixed_reply);
	assert_non_null(strstr(text, "4096"));
	assert_int_equal(profile->first_reply, 4096);
	assert_int_equal(last_number(text), profile->max_reply);
	cell(row, 8, text, sizeof(text));
	assert_int_equal(number_of(text), profile->max_extents);
	cell(row, 9, text, sizeof(text));
	assert_int_equal(number_of(text), profile->max_strips);
}

static void page(void **state)
{
	FILE *f = fopen(getenv("UNIT_PROTOCOL_PAGE"), "r");
	bool inside = false;
	char row[512], name[16];
	int rows = 0;

	(void)state;
	assert_non_null(f);
	while (fgets(row, sizeof(row), f)) {
		if (strncmp(row, "## ", 3) == 0)
			inside = strcmp(row, "## The generations\n") == 0;
		if (!inside || strncmp(row, "| `", 3) != 0)
			continue;
		cell(row, 1, name, sizeof(name));
		assert_non_null(fmap_profile_named(name));
		check_row(row, fmap_profile_named(name));
		rows++;
	}
	fclose(f);
	assert_int_equal(rows, FMAP_PROFILES - FAMFS_PROFILE_V1);
}

/* A request decides between profiles that share an INIT bit, whichever was assumed. */
static void refined(void **state)
{
	static const enum famfs_fmap_profile pairs[][2] = {
		{ FAMFS_PROFILE_V1, FAMFS_PROFILE_V2 }, { FAMFS_PROFILE_PULL, FAMFS_PROFILE_PUSH }
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		for (int from = 0; from < 2; from++)
			for (int to = 0; to < 2; to++)
				assert_ptr_equal(
					fmap_profile_refine(fmap_profile(pairs[i][from]), to),
					fmap_profile(pairs[i][to]));
	assert_ptr_equal(fmap_profile_refine(fmap_profile(FAMFS_PROFILE_OFF), true),
			 fmap_profile(FAMFS_PROFILE_OFF));
}

/* The largest reply holds as many extents as the row says, and no more. */
static void room(void **state)
{
	(void)state;
	for (enum famfs_fmap_profile i = FAMFS_PROFILE_OFF + 1; i < FMAP_PROFILES; i++) {
		const struct fmap_profile *profile = fmap_profile(i);

		assert_true(32 + 24 * (uint64_t)profile->max_extents <= profile->max_reply);
		assert_true(32 + 24 + 24 * (uint64_t)profile->max_strips <= profile->max_reply);
		assert_true(profile->first_reply <= profile->max_reply);
	}
	assert_int_equal(fmap_profile(FAMFS_PROFILE_PUSH)->max_extents, (16 * MIB - 32) / 24);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("docs/PROTOCOL.md agrees with the table of profiles", page),
		TEST("the request distinguishes sibling profiles", refined),
		TEST("the limits of a profile fit its largest reply", room),
	};

	return run_group(tests);
}
