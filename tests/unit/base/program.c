/* SPDX-License-Identifier: Apache-2.0 */
#include "base/program.h"
#include "support.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void make_program(const char *path, mode_t mode)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

static void finding(void **state)
{
	char path[PATH_MAX];

	(void)state;
	assert_int_equal(mkdir("a", 0755), 0);
	assert_int_equal(mkdir("b", 0755), 0);
	assert_int_equal(mkdir("a/helper", 0755), 0);
	assert_int_equal(program_find("a:b", "helper", path, sizeof(path)), -ENOENT);
	make_program("b/helper", 0644);
	assert_int_equal(program_find("a:b", "helper", path, sizeof(path)), -ENOENT);
	make_program("b/helper", 0755);
	assert_int_equal(program_find("a:b", "helper", path, sizeof(path)), 0);
	assert_string_equal(path, "b/helper");
	assert_int_equal(program_find("a:b", "helper", path, strlen("b/helper")), -ENAMETOOLONG);
	assert_int_equal(program_find("", "helper", path, sizeof(path)), -ENOENT);
	assert_int_equal(program_find("::b:", "helper", path, sizeof(path)), 0);
	/* An empty part of $PATH does not mean the working directory. */
	assert_int_equal(chdir("b"), 0);
	assert_int_equal(program_find(":/nowhere:", "helper", path, sizeof(path)), -ENOENT);
	assert_int_equal(chdir(".."), 0);
}

static void roots_directories(void **state)
{
	char *before = strdup(getenv("PATH"));

	(void)state;
	setenv("PATH", "/tmp/elsewhere", 1);
	assert_string_equal(program_dirs(), geteuid() == 0 ? PROGRAM_DIRS : "/tmp/elsewhere");
	unsetenv("PATH");
	assert_string_equal(program_dirs(), PROGRAM_DIRS);
	setenv("PATH", before, 1);
	free(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("a program is an executable file in one of the directories", finding),
		TEST("root's programs are not searched in $PATH", roots_directories),
	};

	return run_group(tests);
}
