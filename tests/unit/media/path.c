/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include "media/path.h"

#include <errno.h>
#include <string.h>

static const char *const good[] = {
	"a",    "a/b",   "a/b/c", "..a", "a..",     "...",         ".a",   "a/.meta",   ".metax",
	".met", "a/...", "-",     " ",   "a b/c d", "\303\274/\1", "\xff", ".meta.d/x", "a/.b/..c",
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
	/* Readers accept 79, so the rule is the writer's alone. */
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
		TEST("relative and normalised paths are usable, whatever their bytes", usable),
		TEST("a path that could leave, or meet .meta, is not, and the reason is told",
		     unusable),
		TEST("a path is judged by its length, not by a NUL", counted),
		TEST("78 bytes can be written, 79 cannot, and the limit is told", lengths),
		TEST("a path without end is refused without being copied", endless),
		TEST("the leaf is what follows the last slash", leaf),
	};

	return run_group(tests);
}
