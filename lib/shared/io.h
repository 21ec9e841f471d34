/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SHARED_IO_H
#define SHARED_IO_H

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

/* Writes all `length` bytes, continuing after short writes. Returns 0 or a negative errno. */
static inline int io_write_all(int fd, const void *data, size_t length)
{
	const char *p = data;

	while (length > 0) {
		ssize_t n = write(fd, p, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		length -= (size_t)n;
	}
	return 0;
}

/*
 * Syncs the directory `path` (relative to the open directory `at`), so that the names in it survive
 * a crash of the host. Returns 0 or a negative errno; 0 also if the directory cannot be synced: the
 * caller may not read it, or its file system cannot sync directories.
 */
static inline int io_sync_directory(int at, const char *path)
{
	int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int ret;

	/* The right to add names to a directory does not include the right to read it. */
	if (fd < 0)
		return errno == EACCES ? 0 : -errno;
	/* Some file systems sync only files. */
	ret = fsync(fd) < 0 && errno != EINVAL && errno != ENOTSUP ? -errno : 0;
	close(fd);
	return ret;
}

#endif
