/* SPDX-License-Identifier: Apache-2.0 */
#include "output/newfile.h"

#include "core/cleanup.h"
#include "core/report.h"
#include "core/session.h"
#include "famfs.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

/* Opens the directory of `path`, in which `name` is the last component. Returns a descriptor or a
 * negative errno. */
static int open_directory(const char *path, const char *name)
{
	cleanup_free char *dir = strndup(path, (size_t)(name - path));
	int fd;

	if (!dir)
		return -ENOMEM;
	fd = open(*dir ? dir : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Check the open directory, not the path, which may change meanwhile. */
static int check_directory(int dir, const char *path, struct famfs_error *err)
{
	cleanup_target struct famfs_target *target = NULL;
	char link[32], real[PATH_MAX];
	struct famfs_error why;
	ssize_t n;
	int ret;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
	n = readlink(link, real, sizeof(real) - 1);
	if (n < 0)
		return error_fill(err, -errno, "cannot write '%s': %s", path, strerror(errno));
	real[n] = '\0';
	ret = famfs_target_resolve(real, &target, &why);
	if (ret == 0 && target->mountpoint)
		error_fill(err, -EPERM, "'%s' would lie in the famfs that is mounted at '%s'", path,
			   target->mountpoint);
	else if (ret == -EPERM) /* of another user */
		error_fill(err, -EPERM, "'%s' would lie in a mount of another user: %.500s", path,
			   why.message);
	else
		return 0;
	err->refused = true;
	return -EPERM;
}

int new_file_directory(const char *path, const char **name, struct famfs_error *err)
{
	const char *slash = strrchr(path, '/');
	cleanup_fd int dir = -1;
	int ret;

	*name = slash ? slash + 1 : path;
	dir = **name ? open_directory(path, *name) : -EISDIR;
	if (dir < 0)
		return error_fill(err, dir, "cannot write '%s': %s", path, strerror(-dir));
	ret = check_directory(dir, path, err);
	return ret < 0 ? ret : steal_fd(&dir);
}

/* *mode becomes the permission bits of the file that is there, or -1. */
static int check_name(const struct new_file *file, int *mode)
{
	struct stat st;

	*mode = -1;
	if (fstatat(file->dir, file->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? EXIT_DONE
				       : report_errno(errno, "cannot write '%s'", file->path);
	*mode = (int)(st.st_mode & ACCESSPERMS);
	if (S_ISREG(st.st_mode))
		return EXIT_DONE;
	if (S_ISDIR(st.st_mode))
		return report_errno(EISDIR, "cannot write '%s'", file->path);
	report_as(REPORT_REFUSED, 0, "'%s' is a %s, not a regular file", file->path,
		  S_ISLNK(st.st_mode) ? "symbolic link" : "device, a pipe or a socket");
	report_hint("name the file itself");
	return EXIT_REFUSED;
}

/* Creates it with the mode of the file that it replaces, unless that is -1. Returns a descriptor or
 * -errno. */
static int make_temporary(struct new_file *file, int mode)
{
	uint64_t number;
	int fd;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return -errno;
	snprintf(file->temporary, sizeof(file->temporary), ".famfsctl-%016" PRIx64, number);
	fd = openat(file->dir, file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		    mode < 0 ? 0666 : mode);
	/* Not fatal: without it the umask has made the mode narrower. */
	if (fd >= 0 && mode >= 0)
		(void)!fchmod(fd, (mode_t)mode);
	return fd < 0 ? -errno : fd;
}

static int begin(struct new_file *file)
{
	int mode, fd, ret = check_name(file, &mode);

	if (ret != EXIT_DONE)
		return ret;
	fd = make_temporary(file, mode);
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
	struct famfs_error err;
	int ret;

	*file = (struct new_file){ .path = path };
	file->dir = new_file_directory(path, &file->name, &err);
	if (file->dir < 0)
		return report_failure(&err);
	ret = begin(file);
	if (ret != EXIT_DONE)
		close(file->dir);
	return ret;
}

static void discard(struct new_file *file)
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
	    renameat(file->dir, file->temporary, file->dir, file->name) == 0) {
		fclose(file->stream);
		close(file->dir);
		return EXIT_DONE;
	}
	report_errno(errno, "cannot write '%s'", file->path);
	discard(file);
	return EXIT_FAILED;
}
