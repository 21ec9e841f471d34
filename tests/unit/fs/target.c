/* SPDX-License-Identifier: Apache-2.0 */
/* Resolving arguments that need no mount. */
#include "support.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void make_file(const char *path)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	fclose(f);
}

/* The absolute name of a file in this folder. */
static const char *absolute(const char *name)
{
	static char path[PATH_MAX];

	assert_non_null(realpath(name, path));
	return path;
}

static void start(void)
{
	make_file("a.img");
	make_file("odd:name");
	mkdir("dir", 0755);
	mkdir("dir:", 0755);
	make_file("dir:/img");
	make_file("dir/b.img");
	unlink("link");
	assert_int_equal(symlink("dir/b.img", "link"), 0);
}

/* If path is NULL, the target is the device alone. */
static void assert_target(const char *arg, const char *device, const char *path)
{
	struct famfs_target *target;
	struct famfs_error err;

	assert_ok(famfs_target_resolve(arg, &target, &err), &err);
	assert_string_equal(target->device, absolute(device));
	assert_null(target->mountpoint);
	if (path)
		assert_string_equal(target->path, path);
	else
		assert_null(target->path);
	famfs_target_free(target);
}

static void assert_no_target(const char *arg, int code, const char *text)
{
	struct famfs_target *target;
	struct famfs_error err;

	assert_error(famfs_target_resolve(arg, &target, &err), code, &err, text);
}

static void devices(void **state)
{
	(void)state;
	start();
	assert_target("a.img", "a.img", NULL);
	assert_target("./dir/../a.img", "a.img", NULL);
	assert_target(absolute("dir/b.img"), "dir/b.img", NULL);
	assert_target("link", "dir/b.img", NULL);
	assert_target("odd:name", "odd:name", NULL);
	assert_target("/dev/null", "/dev/null", NULL);
}

static void inside(void **state)
{
	(void)state;
	start();
	assert_target("a.img:/", "a.img", "");
	assert_target("a.img:/x", "a.img", "x");
	assert_target("a.img:/x/y z", "a.img", "x/y z");
	assert_target("link:/x", "dir/b.img", "x");
	assert_target("odd:name:/x", "odd:name", "x");
	assert_target("/dev/null:/x", "/dev/null", "x");
}

static void normal_form(void **state)
{
	(void)state;
	start();
	assert_target("a.img://", "a.img", "");
	assert_target("a.img:/x/", "a.img", "x");
	assert_target("a.img:/x//y/./z", "a.img", "x/y/z");
	assert_target("a.img:/x/../y", "a.img", "y");
	assert_target("a.img:/x/..", "a.img", "");
	assert_target("a.img:/x/y/../../z", "a.img", "z");
	assert_target("a.img:/...", "a.img", "...");
	assert_target("a.img:/..x", "a.img", "..x");
}

static void leading_out(void **state)
{
	(void)state;
	start();
	assert_no_target("a.img:/..", -EINVAL, "leads out");
	assert_no_target("a.img:/x/../..", -EINVAL, "leads out");
	assert_no_target("a.img:/../a.img", -EINVAL, "leads out");
}

static void where_to_split(void **state)
{
	(void)state;
	start();
	/* The argument is split at the last place whose left side is a device. */
	assert_target("a.img:/x:/y", "a.img", "x:/y");
	assert_target("dir:/img", "dir:/img", NULL);
	assert_target("dir:/img:/p", "dir:/img", "p");
	assert_no_target("dir:/other", -ENOENT, "cannot open 'dir:/other'");
	/* A colon alone does not split an argument. */
	assert_no_target("a.img:x", -ENOENT, "a.img:x");
	assert_no_target(":/x", -ENOENT, ":/x");
}

static void nothing(void **state)
{
	(void)state;
	start();
	assert_no_target("", -ENOENT, "empty");
	assert_no_target("missing", -ENOENT, "cannot open 'missing': No such file");
	assert_no_target("missing:/x", -ENOENT, "missing:/x");
	assert_no_target("dir", -ENOTSUP, "neither an image file");
	assert_no_target("dir/missing", -ENOENT, "dir/missing");
	assert_no_target("a.img/x", -ENOTDIR, "Not a directory");
	assert_no_target("/", -ENOTSUP, "neither");
}

static void long_arguments(void **state)
{
	static char arg[12000];
	struct famfs_target *target;
	struct famfs_error err;

	(void)state;
	start();
	memset(arg, 'x', sizeof(arg) - 1);
	assert_true(famfs_target_resolve(arg, &target, &err) < 0);
	memset(arg, '/', sizeof(arg) - 1);
	memcpy(arg, "a.img:/", 7);
	assert_target(arg, "a.img", "");
	for (size_t i = 7; i + 2 < sizeof(arg); i += 2)
		memcpy(arg + i, ":/", 2);
	assert_int_equal(famfs_target_resolve(arg, &target, &err), 0);
	famfs_target_free(target);
	famfs_target_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("an image or device is named by its path, links resolved", devices),
		TEST("DEVICE:/path names a file on the device", inside),
		TEST("a path on a device is normalised", normal_form),
		TEST("a path on a device does not leave it", leading_out),
		TEST("a path that exists is used as written, and otherwise the last device splits "
		     "it",
		     where_to_split),
		TEST("a target that names nothing is an error that says so", nothing),
		TEST("arguments of any length are accepted", long_arguments),
	};

	return run_group(tests);
}
