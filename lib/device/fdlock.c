/* SPDX-License-Identifier: Apache-2.0 */
/* Open-file-description locks, for backends that have a descriptor. */
#include "device/backend.h"

#include "base/minmax.h"
#include "shared/clock.h"

#include <errno.h>
#include <fcntl.h>

/* An append holds its lock for microseconds. */
#define FIRST_STEP_NS 50000
#define LAST_STEP_NS  UINT64_C(2000000)

int fd_lock(int fd, enum device_lock type, uint64_t offset, uint64_t length)
{
	static const short types[] = { F_UNLCK, F_RDLCK, F_WRLCK };
	struct flock lock = { .l_type = types[type],
			      .l_whence = SEEK_SET,
			      .l_start = (off_t)offset,
			      .l_len = (off_t)length };

	if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
		return 0;
	return errno == EACCES ? -EAGAIN : -errno;
}

/* Finds a lock that conflicts with an exclusive one: 1 and the lock, 0 if there is none, -errno. */
static int find_conflict(int fd, uint64_t offset, uint64_t length, struct flock *out)
{
	*out = (struct flock){ .l_type = F_WRLCK,
			       .l_whence = SEEK_SET,
			       .l_start = (off_t)offset,
			       .l_len = (off_t)length };
	if (fcntl(fd, F_OFD_GETLK, out) < 0)
		return -errno;
	return out->l_type != F_UNLCK;
}

static int look_or_lock(int fd, enum device_lock type, uint64_t offset, uint64_t length, bool look)
{
	struct flock lock;
	int ret =
		look ? find_conflict(fd, offset, length, &lock) : fd_lock(fd, type, offset, length);

	return ret > 0 ? -EAGAIN : ret;
}

/* Polls, since F_OFD_SETLKW has no time limit, and only a signal to the waiting thread ends it. */
int fd_lock_wait(int fd, enum device_lock type, uint64_t offset, uint64_t length,
		 const struct lock_wait *wait)
{
	struct timespec step = { 0, FIRST_STEP_NS };
	uint64_t start = now_ns();
	int ret;

	while ((ret = look_or_lock(fd, type, offset, length, wait->only_look)) == -EAGAIN) {
		if (now_ns() - start >= wait->patience_ns)
			return -ETIMEDOUT;
		ret = nanosleep(&step, NULL) < 0 ? -errno : 0;
		if (wait->cancelled && wait->cancelled(wait->cancel_arg))
			return -ECANCELED;
		if (ret < 0 && !wait->ignore_signals)
			return ret;
		step.tv_nsec = (long)min_u64((uint64_t)step.tv_nsec * 2, LAST_STEP_NS);
	}
	return ret;
}

int device_fd_lock(struct device *dev, enum device_lock type, uint64_t offset, uint64_t length,
		   bool wait)
{
	const struct lock_wait how = { .patience_ns = DEVICE_LOCK_PATIENCE_S * NS_PER_S,
				       .cancelled = dev->cancelled,
				       .cancel_arg = dev->cancel_arg };

	if (dev->fd < 0)
		return 0;
	return wait ? fd_lock_wait(dev->fd, type, offset, length, &how)
		    : fd_lock(dev->fd, type, offset, length);
}

int device_fd_lock_find(struct device *dev, uint64_t offset, uint64_t length, uint64_t *start,
			uint64_t *end)
{
	struct flock lock;
	int ret = dev->fd < 0 ? 0 : find_conflict(dev->fd, offset, length, &lock);

	if (ret <= 0)
		return ret;
	*start = (uint64_t)lock.l_start;
	*end = lock.l_len ? (uint64_t)(lock.l_start + lock.l_len) : UINT64_MAX;
	return 1;
}
