/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Actions of a local user who gets in the way, and a check that a command opened a file.
 *
 * hostile mount SOURCE TYPE DIR       an empty file system of type fuse.TYPE, in the background,
 *                                     whose source says SOURCE
 * hostile lock FILE OFFSET LENGTH     locks bytes of a file that it may only read, says "locked",
 *                                     and keeps them until it is killed
 * hostile watch FILE COMMAND...       runs COMMAND, exits with its code, or with 97 when FILE was
 *                                     opened meanwhile
 *
 * Exits with 98 when it cannot do that.
 */
#define FUSE_USE_VERSION 312
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define OPENED 97 /* a sanitizer that reports something exits with 99 */
#define FAILED 98

static int fail(const char *what)
{
	fprintf(stderr, "hostile: cannot %s: %s\n", what, strerror(errno));
	return FAILED;
}

static int root_getattr(const char *path, struct stat *st, struct fuse_file_info *fi)
{
	(void)fi;
	if (strcmp(path, "/") != 0)
		return -ENOENT;
	memset(st, 0, sizeof(*st));
	st->st_mode = S_IFDIR | 0755;
	st->st_nlink = 2;
	return 0;
}

static int do_mount(char **argv)
{
	static const struct fuse_operations operations = { .getattr = root_getattr };
	char program[] = "hostile", one_thread[] = "-s", *options;
	char *args[] = { program, one_thread, NULL, argv[2], NULL };
	int ret;

	if (asprintf(&options, "-ofsname=%s,subtype=%s", argv[0], argv[1]) < 0)
		return fail("allocate");
	args[2] = options;
	ret = fuse_main(4, args, &operations, NULL);
	free(options);
	return ret ? FAILED : 0;
}

static int do_lock(char **argv)
{
	struct flock lock = { .l_type = F_RDLCK,
			      .l_whence = SEEK_SET,
			      .l_start = strtoll(argv[1], NULL, 0),
			      .l_len = strtoll(argv[2], NULL, 0) };
	int fd = open(argv[0], O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fcntl(fd, F_OFD_SETLK, &lock) < 0)
		return fail("lock");
	puts("locked");
	fflush(stdout);
	for (;;)
		pause();
}

static int do_watch(char **argv)
{
	int fd = inotify_init1(IN_CLOEXEC), status;
	struct pollfd events = { .fd = fd, .events = POLLIN };
	pid_t child;

	if (fd < 0 || inotify_add_watch(fd, argv[0], IN_OPEN) < 0)
		return fail("watch");
	child = fork();
	if (child == 0) {
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return fail("run");
	if (poll(&events, 1, 0) > 0)
		return OPENED;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "mount") == 0)
		return do_mount(argv + 2);
	if (argc == 5 && strcmp(argv[1], "lock") == 0)
		return do_lock(argv + 2);
	if (argc >= 4 && strcmp(argv[1], "watch") == 0)
		return do_watch(argv + 2);
	fprintf(stderr, "usage: hostile mount|lock|watch ...\n");
	return FAILED;
}
