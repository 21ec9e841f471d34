/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include "base/error.h"

#include <errno.h>
#include <string.h>

static void set(void **state)
{
	struct famfs_error err = { .refused = true, .hint = "left over" };

	(void)state;
	assert_int_equal(error_set(&err, -EINVAL, "%s has %d", "it", 3), -EINVAL);
	assert_int_equal(err.code, -EINVAL);
	assert_false(err.refused);
	assert_string_equal(err.message, "it has 3");
	assert_string_equal(err.hint, "");
}

static void with_errno(void **state)
{
	struct famfs_error err;

	(void)state;
	assert_int_equal(error_errno(&err, -ENOENT, "cannot open '%s'", "x"), -ENOENT);
	assert_string_equal(err.message, "cannot open 'x': No such file or directory");
	assert_int_equal(err.code, -ENOENT);
	assert_string_equal(err.hint, "");
}

static void refuse(void **state)
{
	struct famfs_error err;

	(void)state;
	assert_int_equal(error_refuse(&err, -EBUSY, "in use"), -EBUSY);
	assert_true(err.refused);
	error_hint(&err, "remove %s", "it's");
	assert_string_equal(err.hint, "remove 'it'\\''s'");
	assert_string_equal(err.message, "in use");
	assert_true(err.refused);
	error_set(&err, -EINVAL, "else");
	assert_false(err.refused);
}

static void without_struct(void **state)
{
	(void)state;
	assert_int_equal(error_set(NULL, -EINVAL, "x"), -EINVAL);
	assert_int_equal(error_errno(NULL, -EIO, "x"), -EIO);
	assert_int_equal(error_refuse(NULL, -EBUSY, "x"), -EBUSY);
	error_hint(NULL, "x");
}

/* The struct between two guards, which must not change whatever is stored in the struct. */
struct guarded {
	unsigned char before[16];
	struct famfs_error err;
	unsigned char after[16];
};

static void check_guards(const struct guarded *g)
{
	for (size_t i = 0; i < sizeof(g->before); i++) {
		assert_int_equal(g->before[i], 0xa5);
		assert_int_equal(g->after[i], 0xa5);
	}
}

static void truncation(void **state)
{
	char longer[2 * sizeof(((struct famfs_error *)0)->message)];
	struct guarded g;

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	for (size_t length = sizeof(g.err.message) - 40; length < sizeof(longer); length += 13) {
		memset(&g, 0xa5, sizeof(g));
		error_errno(&g.err, -ENOENT, "%.*s", (int)length, longer);
		check_guards(&g);
		assert_true(strlen(g.err.message) < sizeof(g.err.message));
		assert_memory_equal(g.err.message, longer, sizeof(g.err.message) - 40);
	}
}

/* The longest hint that fits is complete; a longer one is dropped. */
static void hint_that_does_not_fit(void **state)
{
	const size_t most = sizeof(((struct famfs_error *)0)->hint) - 1;
	char word[sizeof(((struct famfs_error *)0)->hint)];
	struct guarded g;

	(void)state;
	memset(word, 'x', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	memset(&g, 0xa5, sizeof(g));
	error_set(&g.err, -EBUSY, "in use");
	error_hint(&g.err, "%s", word + 2);
	assert_int_equal(strlen(g.err.hint), most);
	assert_int_equal(g.err.hint[most - 1], '\'');
	error_hint(&g.err, "%s", word + 1);
	assert_string_equal(g.err.hint, "");
	check_guards(&g);
}

static void version(void **state)
{
	(void)state;
	assert_string_equal(famfs_version(), FAMFS_VERSION);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("an error has its code, its message, and nothing of the one before", set),
		TEST("an error with an errno ends in what strerror says", with_errno),
		TEST("a refusal is marked, and its hint is kept apart", refuse),
		TEST("a caller who wants no message gets the code alone", without_struct),
		TEST("what is too long is cut off and ends in a NUL", truncation),
		TEST("a hint that does not fit is left out", hint_that_does_not_fit),
		TEST("the version is that of the build", version),
	};

	return run_group(tests);
}
