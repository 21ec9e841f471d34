/* SPDX-License-Identifier: Apache-2.0 */
#include "device/rundir.h"

#include "shared/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

/* Sets the mode in spite of the umask, since users need access to the lock files in the folder. */
static int make_folder(const char *path)
{
	if (mkdir(path, 0755) < 0)
		return errno == EEXIST ? 0 : -errno;
	return chmod(path, 0755) < 0 ? -errno : 0;
}

/* A user who can write the folder could replace the files in it. */
static bool is_trusted(int folder)
{
	struct stat st;

	return fstat(folder, &st) == 0 && (st.st_uid == 0 || st.st_uid == geteuid()) &&
	       !(st.st_mode & (S_IWGRP | S_IWOTH));
}

int rundir_open(const char *root, const char *name, const char *suffix, int flags, mode_t mode)
{
	cleanup_free char *path = NULL;
	cleanup_free char *file = NULL;
	cleanup_fd int folder = -1;
	int ret, fd;

	if (asprintf(&path, "%s" RUN_DIR, root) < 0 || asprintf(&file, "%s%s", name, suffix) < 0)
		return -ENOMEM;
	ret = flags & O_CREAT ? make_folder(path) : 0;
	if (ret < 0)
		return ret;
	folder = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder < 0)
		return -errno;
	if (!is_trusted(folder))
		return -EPERM;
	/* O_NONBLOCK: a fifo in the place of the file must not hang us. */
	fd = openat(folder, file, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, mode);
	return fd < 0 ? -errno : fd;
}
