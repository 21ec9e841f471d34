/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include "base/error.h"

#include <errno.h>
#include <string.h>

static void set(void **state)
{
	struct famfs_error err;

	(void)state;
	memset(&err, 0xa5, sizeof(err));
	assert_int_equal(error_set(&err, -EINVAL, "%s has %d", "it", 3), -EINVAL);
	assert_int_equal(err.code, -EINVAL);
	assert_false(err.refused);
	assert_string_equal(err.message, "it has 3");
	assert_int_equal(err.remedy, FAMFS_REMEDY_NONE);
	assert_string_equal(err.remedy_object, "");
	assert_true(err.remedy_number == 0);
	assert_ok(error_if_reserved(err.reserved, ARRAY_SIZE(err.reserved), &err), &err);
}

static void with_errno(void **state)
{
	struct famfs_error err;

	(void)state;
	assert_int_equal(error_errno(&err, -ENOENT, "cannot open '%s'", "x"), -ENOENT);
	assert_string_equal(err.message, "cannot open 'x': No such file or directory");
	assert_int_equal(err.code, -ENOENT);
	assert_int_equal(err.remedy, FAMFS_REMEDY_NONE);
}

static void refuse(void **state)
{
	struct famfs_error err;

	(void)state;
	assert_int_equal(error_refuse(&err, -EBUSY, "in use"), -EBUSY);
	assert_true(err.refused);
	error_remedy(&err, FAMFS_REMEDY_UNMOUNT, "it's");
	assert_int_equal(err.remedy, FAMFS_REMEDY_UNMOUNT);
	assert_string_equal(err.remedy_object, "it's");
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
	error_remedy(NULL, FAMFS_REMEDY_UNMOUNT, "x");
	error_remedy_number(NULL, FAMFS_REMEDY_RAISE_MAP_COUNT, 1);
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

static void taken_over(void **state)
{
	struct famfs_error err, other;

	(void)state;
	error_set(&other, -EBUSY, "in use");
	error_remedy(&other, FAMFS_REMEDY_UNMOUNT, "/mnt");
	error_set(&err, -EIO, "broken");
	error_remedy_of(&err, &other);
	assert_int_equal(err.remedy, FAMFS_REMEDY_UNMOUNT);
	assert_string_equal(err.remedy_object, "/mnt");
	assert_string_equal(err.message, "broken");
	error_remedy_number(&other, FAMFS_REMEDY_RAISE_MAP_COUNT, 5);
	assert_string_equal(other.remedy_object, "");
	error_remedy_of(&err, &other);
	assert_int_equal(err.remedy, FAMFS_REMEDY_RAISE_MAP_COUNT);
	assert_true(err.remedy_number == 5);
	error_remedy_of(NULL, &other);
}

/* The longest object that fits is whole; with a longer one there is no remedy. */
static void object_that_does_not_fit(void **state)
{
	char object[sizeof(((struct famfs_error *)0)->remedy_object) + 1];
	struct guarded g;

	(void)state;
	memset(object, 'x', sizeof(object) - 1);
	object[sizeof(object) - 1] = '\0';
	memset(&g, 0xa5, sizeof(g));
	error_set(&g.err, -EBUSY, "in use");
	error_remedy(&g.err, FAMFS_REMEDY_UNMOUNT, object + 1);
	assert_int_equal(g.err.remedy, FAMFS_REMEDY_UNMOUNT);
	assert_string_equal(g.err.remedy_object, object + 1);
	error_remedy(&g.err, FAMFS_REMEDY_UNMOUNT, object);
	assert_int_equal(g.err.remedy, FAMFS_REMEDY_NONE);
	assert_string_equal(g.err.remedy_object, "");
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
		TEST("an error with an errno ends in its strerror text", with_errno),
		TEST("a refusal is marked, and its remedy is kept apart", refuse),
		TEST("a caller without a struct gets only the code", without_struct),
		TEST("a message that is too long is truncated and ends in a NUL", truncation),
		TEST("a remedy is copied to another error with its arguments", taken_over),
		TEST("a remedy with an object that does not fit is left out",
		     object_that_does_not_fit),
		TEST("the version matches the build", version),
	};

	return run_group(tests);
}
