/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io.h"

#include "shared/cleanup.h"
#include "shared/io.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

ssize_t io_read(int fd, void *buf, size_t length)
{
	char *p = buf;
	size_t done = 0;

	while (done < length) {
		ssize_t n = read(fd, p + done, length - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int io_read_at(int fd, uint64_t offset, void *buf, size_t length)
{
	char *p = buf;

	while (length) {
		ssize_t n = pread(fd, p, length, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		p += n;
		offset += (uint64_t)n;
		length -= (size_t)n;
	}
	return 0;
}

int io_write_at(int fd, uint64_t offset, const void *buf, size_t length)
{
	const char *p = buf;

	while (length) {
		ssize_t n = pwrite(fd, p, length, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		p += n;
		offset += (uint64_t)n;
		length -= (size_t)n;
	}
	return 0;
}

int io_sync_parent(const char *path)
{
	cleanup_free char *dir = strndup(path, (size_t)(strrchr(path, '/') - path) + 1);

	return dir ? io_sync_directory(AT_FDCWD, dir) : -ENOMEM;
}
