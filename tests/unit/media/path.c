/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include "media/path.h"

#include <errno.h>
#include <string.h>

static const char *const good[] = {
	"a",  "a/b",     "a/b/c",       "..a",    "a..",       "...",
	".a", "a/.meta", ".metax",      ".met",   "a/...",     "-",
	" ",  "a b/c d", "\303\274/\1", "\177\n", ".meta.d/x", "a/.b/..c",
};

static const struct {
	const char *path, *fault;
} bad[] = {
	{ "", "is empty" },
	{ "/", "is absolute" },
	{ "/a", "is absolute" },
	{ "//", "is absolute" },
	{ "a/", "has an empty component" },
	{ "a//b", "has an empty component" },
	{ ".", "has a '.' component" },
	{ "./a", "has a '.' component" },
	{ "a/.", "has a '.' component" },
	{ "a/./b", "has a '.' component" },
	{ "..", "has a '..' component" },
	{ "../a", "has a '..' component" },
	{ "a/..", "has a '..' component" },
	{ "a/../b", "has a '..' component" },
	{ ".meta", "collides with .meta" },
	{ ".meta/.log", "collides with .meta" },
};

static void usable(void **state)
{
	struct famfs_error err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_null(path_fault(good[i], strlen(good[i])));
		assert_ok(famfs_path_check(good[i], &err), &err);
	}
}

/* Refused unless raw names are allowed: they have no other fault. */
static void not_utf8(void **state)
{
	static const struct {
		const char *path, *why;
	} raw[] = {
		{ "\xff", "byte 0xff at offset 0" },
		{ "d/caf\xe9", "byte 0xe9 at offset 5" },
		{ "d\x80/f", "byte 0x80 at offset 1" },
		{ "\xc0\xaf", "byte 0xc0 at offset 0" },
		{ "a\xed\xa0\x80", "byte 0xed at offset 1" },
		{ "a\xf4\x90\x80\x80", "byte 0xf4 at offset 1" },
		{ "a\xc3", "byte 0xc3 at offset 1" },
	};
	struct famfs_error err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(raw); i++) {
		assert_error(famfs_path_check(raw[i].path, &err), -EILSEQ, &err, raw[i].why);
		assert_text(err.message, raw[i].path);
		assert_int_equal(err.remedy, FAMFS_REMEDY_RAW_NAMES);
		assert_ok(path_check(raw[i].path, true, &err), &err);
		/* Readers accept it. */
		assert_null(path_fault(raw[i].path, strlen(raw[i].path)));
	}
	/* The other rules hold for raw names as well. */
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_error(path_check(bad[i].path, true, &err), -EINVAL, &err, bad[i].fault);
	assert_error(famfs_path_check("\xff//", &err), -EINVAL, &err, "empty component");
}

static void unusable(void **state)
{
	struct famfs_error err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		const char *fault = path_fault(bad[i].path, strlen(bad[i].path));

		assert_non_null(fault);
		assert_string_equal(fault, bad[i].fault);
		assert_error(famfs_path_check(bad[i].path, &err), -EINVAL, &err, bad[i].fault);
	}
}

/* The path as readers see it; NULL: it climbs above the root. */
static const struct {
	const char *path, *read_as;
} forms[] = {
	{ "a", "a" },
	{ "a/b", "a/b" },
	{ "d//y", "d/y" },
	{ "./pw2", "pw2" },
	{ "d/../x", "x" },
	{ "d/", "d" },
	{ "d/.", "d" },
	{ "d/e/../f", "d/f" },
	{ "d/e/../../f", "f" },
	{ "d/e/..", "d" },
	{ "/etc/x", "etc/x" },
	{ "//", "" },
	{ ".", "" },
	{ "d/..", "" },
	{ "d/../", "" },
	{ "", "" },
	{ "..", NULL },
	{ "../x", NULL },
	{ "/../x", NULL },
	{ "./../x", NULL },
	{ "a/../..", NULL },
	{ "a/../../a", NULL },
	{ "a/b/../../../c/d/e", NULL },
	{ "..a/...", "..a/..." },
	{ ".meta/../x", "x" },
	{ "x/../.meta/./y", ".meta/y" },
};

static void normalised(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		const char *path = forms[i].path;
		char out[80];
		ssize_t length = path_normalise(path, strlen(path), out);

		if (!forms[i].read_as) {
			assert_int_equal(length, -1);
			continue;
		}
		assert_string_equal(out, forms[i].read_as);
		assert_int_equal(length, strlen(forms[i].read_as));
	}
}

/* The same result by lists: cut out the components, then push, drop or pop each. */
static bool model(const char *path, size_t length, char *out)
{
	const char *names[80];
	size_t lengths[80], count = 0, at = 0;

	for (size_t i = 0; i <= length; i++) {
		size_t size = i - at;

		if (i < length && path[i] != '/')
			continue;
		if (size == 2 && memcmp(path + at, "..", 2) == 0) {
			if (count-- == 0)
				return false;
		} else if (size > 0 && !(size == 1 && path[at] == '.')) {
			names[count] = path + at;
			lengths[count++] = size;
		}
		at = i + 1;
	}
	*out = '\0';
	for (size_t i = 0; i < count; i++) {
		strcat(out, i ? "/" : "");
		strncat(out, names[i], lengths[i]);
	}
	return true;
}

static void as_the_model(const char *path, size_t length)
{
	char out[80], want[80], place[80];
	ssize_t got;

	/* Bytes after the end are not changed. */
	memset(out, '#', sizeof(out));
	got = path_normalise(path, length, out);
	if (!model(path, length, want)) {
		assert_int_equal(got, -1);
		return;
	}
	assert_int_equal(got, strlen(want));
	assert_string_equal(out, want);
	assert_true(length + 1 >= sizeof(out) || out[length + 1] == '#');
	/* Shorter, or the same. */
	assert_true((size_t)got < length || memcmp(out, path, length) == 0);
	/* The result is a path that a writer may write, or .meta, or the root. */
	if (got > 0 && !path_is_meta(out, (size_t)got))
		assert_null(path_fault(out, (size_t)got));
	memcpy(place, path, length);
	assert_int_equal(path_normalise(place, length, place), got);
	assert_string_equal(place, want);
}

static const char alphabet[] = { 'a', 'b', '/', '.', '\xff' };

static void short_paths(void **state)
{
	char path[8];

	(void)state;
	for (size_t length = 0; length <= 7; length++) {
		size_t many = 1;

		for (size_t i = 0; i < length; i++)
			many *= sizeof(alphabet);
		for (size_t n = 0; n < many; n++) {
			size_t rest = n;

			for (size_t i = 0; i < length; i++, rest /= sizeof(alphabet))
				path[i] = alphabet[rest % sizeof(alphabet)];
			as_the_model(path, length);
		}
	}
}

static void long_paths(void **state)
{
	struct rng rng = { 4 };
	char path[79];

	(void)state;
	for (int round = 0; round < 200000; round++) {
		size_t length = rng_below(&rng, sizeof(path) + 1);

		/* With few letters, paths climb above the root soon; with many, '..' is rare. */
		for (size_t i = 0; i < length; i++)
			path[i] = rng_below(&rng, 4) ? alphabet[2 + rng_below(&rng, 2)]
						     : alphabet[rng_below(&rng, sizeof(alphabet))];
		as_the_model(path, length);
	}
}

static void meta(void **state)
{
	static const char *const inside[] = { ".meta", ".meta/x", ".meta/.log", ".meta/a/b" };
	static const char *const outside[] = { "",        ".met", ".metax", ".metax/y",
					       "a/.meta", "meta", ".meta.", "x.meta" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(inside); i++)
		assert_true(path_is_meta(inside[i], strlen(inside[i])));
	for (size_t i = 0; i < ARRAY_SIZE(outside); i++)
		assert_false(path_is_meta(outside[i], strlen(outside[i])));
	assert_false(path_is_meta(".meta", 4));
	assert_true(path_is_meta(".metax", 5));
}

/* The path on the medium is not NUL-terminated when it fills its field. */
static void counted(void **state)
{
	(void)state;
	assert_null(path_fault("a/../b", 1));
	assert_string_equal(path_fault("a/../b", 2), "has an empty component");
	assert_string_equal(path_fault("a/../b", 3), "has a '.' component");
	assert_string_equal(path_fault("a/../b", 4), "has a '..' component");
	assert_null(path_fault(".metax", 4));
	assert_string_equal(path_fault(".metax", 5), "collides with .meta");
	assert_null(path_fault(".metax", 6));
}

static void lengths(void **state)
{
	char path[101];
	struct famfs_error err;

	(void)state;
	memset(path, 'p', sizeof(path));
	path[78] = '\0';
	assert_ok(famfs_path_check(path, &err), &err);
	path[78] = 'p';
	path[79] = '\0';
	assert_error(famfs_path_check(path, &err), -ENAMETOOLONG, &err,
		     "79 bytes, the limit is 78 bytes");
	path[79] = 'p';
	path[100] = '\0';
	assert_error(famfs_path_check(path, &err), -ENAMETOOLONG, &err, "100 bytes");
	/* Readers accept 79 bytes, so this limit applies to writers alone. */
	assert_null(path_fault(path, 79));
}

static void endless(void **state)
{
	static char path[100001];
	struct famfs_error err;

	(void)state;
	memset(path, 'p', sizeof(path) - 1);
	assert_error(famfs_path_check(path, &err), -ENAMETOOLONG, &err, "100000 bytes");
}

static void leaf(void **state)
{
	(void)state;
	assert_int_equal(path_leaf("a", 1), 0);
	assert_int_equal(path_leaf("a/b", 3), 2);
	assert_int_equal(path_leaf("a/b/cd", 6), 4);
	assert_int_equal(path_leaf("a/b/cd", 3), 2);
	assert_int_equal(path_leaf("", 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("relative and normalised paths are usable, also with controls", usable),
		TEST("a path that is not UTF-8 is refused with its bytes, unless asked for",
		     not_utf8),
		TEST("a path that could leave the mount or enter .meta is refused with the reason",
		     unusable),
		TEST("readers drop empty and '.' components and resolve '..' by name", normalised),
		TEST("all short paths are normalised as by the model", short_paths),
		TEST("long random paths are normalised as by the model", long_paths),
		TEST(".meta is a component and not a prefix", meta),
		TEST("a path ends at its length, not at a NUL", counted),
		TEST("a path of 78 bytes can be written, and 79 are refused with the limit",
		     lengths),
		TEST("a path without a NUL is refused without being copied", endless),
		TEST("the leaf is the part after the last slash", leaf),
	};

	return run_group(tests);
}
