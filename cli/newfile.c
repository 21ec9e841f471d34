/* SPDX-License-Identifier: Apache-2.0 */
#include "newfile.h"

#include "cleanup.h"
#include "famfs.h"
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#define TRIES 100

static const char *name_in(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* A descriptor of the directory that `path` names a file in, or a negative errno. */
static int open_directory_of(const char *path, int flags)
{
	const char *name = name_in(path);
	cleanup_free char *dir = strndup(path, (size_t)(name - path));
	int fd;

	if (!dir)
		return -ENOMEM;
	fd = open(*dir ? dir : ".", flags | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int sync_directory_of(const char *path)
{
	cleanup_fd int dir = open_directory_of(path, O_RDONLY);

	if (dir < 0)
		return dir;
	/* File systems without such a thing say so. */
	return fsync(dir) < 0 && errno != EINVAL && errno != ENOTSUP ? -errno : 0;
}

/* By the directory that is open, since the path can lead elsewhere meanwhile. */
static int check_directory(int dir, const char *path)
{
	cleanup_target struct famfs_target *target = NULL;
	char link[32], real[PATH_MAX];
	struct famfs_error err;
	ssize_t n;
	int ret;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
	n = readlink(link, real, sizeof(real) - 1);
	if (n < 0)
		return report_errno(errno, "cannot write '%s'", path);
	real[n] = '\0';
	ret = famfs_target_resolve(real, &target, &err);
	if (ret == 0 && target->mountpoint)
		report_as(REPORT_REFUSED, 0, "'%s' would lie in the famfs that is mounted at '%s'",
			  path, target->mountpoint);
	else if (ret == -EPERM) /* of another user */
		report_as(REPORT_REFUSED, 0, "'%s' would lie in a mount of another user: %s", path,
			  err.message);
	else
		return EXIT_DONE;
	return EXIT_REFUSED;
}

int new_file_check_place(const char *path)
{
	cleanup_fd int dir = open_directory_of(path, O_PATH);

	/* If the directory cannot be opened, creating the file reports the error. */
	return dir < 0 ? EXIT_DONE : check_directory(dir, path);
}

static int check_name(const struct new_file *file)
{
	const char *name = name_in(file->path);
	struct stat st;

	if (!*name)
		return report_errno(EISDIR, "cannot write '%s'", file->path);
	if (fstatat(file->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? EXIT_DONE
				       : report_errno(errno, "cannot write '%s'", file->path);
	if (S_ISREG(st.st_mode))
		return EXIT_DONE;
	if (S_ISDIR(st.st_mode))
		return report_errno(EISDIR, "cannot write '%s'", file->path);
	report_as(REPORT_REFUSED, 0, "'%s' is a %s, not a regular file", file->path,
		  S_ISLNK(st.st_mode) ? "symbolic link" : "device, a pipe or a socket");
	report_hint("name the file itself");
	return EXIT_REFUSED;
}

/* A descriptor or a negative errno. */
static int make_temporary(struct new_file *file)
{
	int fd = -EEXIST;

	for (int i = 0; i < TRIES && fd == -EEXIST; i++) {
		uint64_t number;

		if (getrandom(&number, sizeof(number), 0) != sizeof(number))
			return -errno;
		snprintf(file->temporary, sizeof(file->temporary), ".famfsctl-%016llx",
			 (unsigned long long)number);
		fd = openat(file->dir, file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			    0666);
		if (fd < 0)
			fd = -errno;
	}
	return fd;
}

static int begin(struct new_file *file)
{
	int ret = check_directory(file->dir, file->path), fd;

	if (ret == EXIT_DONE)
		ret = check_name(file);
	if (ret != EXIT_DONE)
		return ret;
	fd = make_temporary(file);
	if (fd < 0)
		return report_errno(-fd, "cannot write '%s'", file->path);
	file->stream = fdopen(fd, "w");
	if (file->stream)
		return EXIT_DONE;
	close(fd);
	unlinkat(file->dir, file->temporary, 0);
	return report_no_memory();
}

int new_file_open(struct new_file *file, const char *path)
{
	int ret;

	*file = (struct new_file){ .path = path, .dir = open_directory_of(path, O_PATH) };
	if (file->dir < 0)
		return report_errno(-file->dir, "cannot write '%s'", path);
	ret = begin(file);
	if (ret != EXIT_DONE)
		close(file->dir);
	return ret;
}

void new_file_discard(struct new_file *file)
{
	fclose(file->stream);
	unlinkat(file->dir, file->temporary, 0);
	close(file->dir);
}

int new_file_finish(struct new_file *file)
{
	/* The stream does not keep the errno of an earlier write that failed. */
	errno = EIO;
	if (fflush(file->stream) == 0 && !ferror(file->stream) &&
	    fsync(fileno(file->stream)) == 0 &&
	    renameat(file->dir, file->temporary, file->dir, name_in(file->path)) == 0) {
		fclose(file->stream);
		close(file->dir);
		return EXIT_DONE;
	}
	report_errno(errno, "cannot write '%s'", file->path);
	new_file_discard(file);
	return EXIT_FAILED;
}
