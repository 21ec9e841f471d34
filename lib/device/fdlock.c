/* SPDX-License-Identifier: Apache-2.0 */
/* Locks of an open file description: what the backends that have a descriptor lock with. */
#include "device/backend.h"

#include <errno.h>
#include <fcntl.h>

int fd_lock(int fd, enum device_lock type, uint64_t offset, uint64_t length, bool wait)
{
	static const short types[] = { F_UNLCK, F_RDLCK, F_WRLCK };
	struct flock lock = { .l_type = types[type],
			      .l_whence = SEEK_SET,
			      .l_start = (off_t)offset,
			      .l_len = (off_t)length };
	int ret;

	do
		ret = fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &lock);
	while (ret < 0 && errno == EINTR);
	if (ret == 0)
		return 0;
	return errno == EACCES ? -EAGAIN : -errno;
}

int device_fd_lock(struct device *dev, enum device_lock type, uint64_t offset, uint64_t length,
		   bool wait)
{
	return dev->fd < 0 ? 0 : fd_lock(dev->fd, type, offset, length, wait);
}

int device_fd_lock_find(struct device *dev, uint64_t offset, uint64_t length, uint64_t *start,
			uint64_t *end)
{
	struct flock lock = { .l_type = F_WRLCK,
			      .l_whence = SEEK_SET,
			      .l_start = (off_t)offset,
			      .l_len = (off_t)length };

	if (dev->fd < 0)
		return 0;
	if (fcntl(dev->fd, F_OFD_GETLK, &lock) < 0)
		return -errno;
	if (lock.l_type == F_UNLCK)
		return 0;
	*start = (uint64_t)lock.l_start;
	*end = lock.l_len ? (uint64_t)(lock.l_start + lock.l_len) : UINT64_MAX;
	return 1;
}
