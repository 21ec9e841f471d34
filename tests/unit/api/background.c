/* SPDX-License-Identifier: Apache-2.0 */
/* The server that famfs_mount() starts is a copy of the calling process, and must not act as that
 * process. */
#include "support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ENDED "ended"

/* An exit handler of the program runs once, in the program itself. */
static void at_end(void)
{
	FILE *f = fopen(ENDED, "ae");

	if (f) {
		fprintf(f, "%d\n", getpid());
		fclose(f);
	}
}

/* The server has no parent of its own: this process becomes its parent when the starter has ended.
 */
static void wait_for_server(int code)
{
	int status;
	pid_t pid;

	do
		pid = waitpid(-1, &status, 0);
	while (pid < 0 && errno == EINTR);
	assert_true(pid > 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), code);
}

static void failing(void **state)
{
	struct famfs_mount_params params = { .device = IMAGE, .mountpoint = "dir" };
	struct famfs_error err;

	(void)state;
	assert_int_equal(mkdir("dir", 0755), 0);
	make_image(64 * MIB);
	image_put(0, "\0\0\0\0\0\0\0", 8);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	assert_int_equal(atexit(at_end), 0);
	assert_error(famfs_mount(&params, &err), -EMEDIUMTYPE, &err,
		     "does not hold a famfs file system");
	wait_for_server(EXIT_FAILURE);
	assert_int_equal(access(ENDED, F_OK), -1);
}

static void serving(void **state)
{
	struct famfs_mount_params params = { .device = IMAGE, .mountpoint = "dir" };
	struct famfs_error err;

	(void)state;
	if (geteuid() != 0 || access("/dev/fuse", R_OK | W_OK) < 0)
		skip();
	make_image(64 * MIB);
	assert_ok(famfs_mount(&params, &err), &err);
	assert_ok(famfs_unmount("dir", false, &err), &err);
	wait_for_server(EXIT_SUCCESS);
	assert_int_equal(access(ENDED, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("a server that cannot start runs none of its caller's exit handlers", failing),
		TEST("a server that ends runs none of its caller's exit handlers", serving),
	};

	return run_group(tests);
}
