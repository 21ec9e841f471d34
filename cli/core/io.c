/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io.h"

#include "core/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int write_all(int fd, const void *data, size_t length)
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

int sync_directory(int dir)
{
	cleanup_fd int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* A user who may add to a directory need not be allowed to read it. */
	if (fd < 0)
		return errno == EACCES ? 0 : -errno;
	/* Some file systems do this for files only. */
	return fsync(fd) < 0 && errno != EINVAL && errno != ENOTSUP ? -errno : 0;
}
