/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loaded into the server before the C library: makes a socket look like /dev/fuse where the two
 * differ. The server itself is the one that is installed.
 */
#include "side.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

/* Payload of the ioctl, 16 bytes. */
struct daxdev_arg {
	int32_t fd;
	uint32_t flags;
	uint64_t index;
};

static int connection = -1;
static int control = -1;
static bool push_known;
static pthread_mutex_t ioctl_mutex = PTHREAD_MUTEX_INITIALIZER;
static uint64_t next_id;

static ssize_t (*real_read)(int, void *, size_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static int (*real_ioctl)(int, unsigned long, ...);

static void find(void *function, const char *name)
{
	void *symbol = dlsym(RTLD_NEXT, name);

	memcpy(function, &symbol, sizeof(symbol));
}

static int number_of(const char *name)
{
	const char *text = getenv(name);

	return text ? atoi(text) : -1;
}

static void __attribute__((constructor)) load(void)
{
	find(&real_read, "read");
	find(&real_writev, "writev");
	find(&real_ioctl, "ioctl");
	connection = number_of("FUSEKERNEL_FD");
	control = number_of("FUSEKERNEL_CONTROL");
	push_known = getenv("FUSEKERNEL_PUSH") != NULL;
}

/* The end of the connection is an unmount, not the end of a file. */
EXPORT ssize_t read(int fd, void *buf, size_t size)
{
	ssize_t n;

	if (!real_read)
		load();
	n = real_read(fd, buf, size);
	if (fd != connection || n > 0 || size == 0)
		return n;
	if (n == 0 || errno == ECONNRESET) {
		errno = ENODEV;
		n = -1;
	}
	return n;
}

static size_t total_of(const struct iovec *iov, int count)
{
	size_t total = 0;

	for (int i = 0; i < count; i++)
		total += iov[i].iov_len;
	return total;
}

static int send_part(const struct side_header *header, const uint8_t *data, size_t size)
{
	struct iovec iov[2] = { { (void *)(uintptr_t)header, sizeof(*header) },
				{ (void *)(uintptr_t)data, size } };

	return real_writev(connection, iov, 2) < 0 ? -1 : 0;
}

/* In parts, each from one buffer: the kernel has no limit where the socket has one. */
static ssize_t send_parts(const struct iovec *iov, int count, size_t total)
{
	struct side_header header = { .magic = SIDE_MAGIC,
				      .kind = SIDE_REPLY_PART,
				      .id = __atomic_add_fetch(&next_id, 1, __ATOMIC_RELAXED),
				      .total = total };

	for (int i = 0; i < count; i++) {
		const uint8_t *data = iov[i].iov_base;
		size_t done = 0;

		while (done < iov[i].iov_len) {
			size_t left = iov[i].iov_len - done;
			size_t part = left < SIDE_PART ? left : SIDE_PART;

			if (send_part(&header, data + done, part) < 0)
				return -1;
			done += part;
			header.offset += part;
		}
	}
	return (ssize_t)total;
}

EXPORT ssize_t writev(int fd, const struct iovec *iov, int count)
{
	size_t total;

	if (!real_writev)
		load();
	if (fd != connection)
		return real_writev(fd, iov, count);
	total = total_of(iov, count);
	return total > SIDE_PART ? send_parts(iov, count, total) : real_writev(fd, iov, count);
}

static int forward(const struct daxdev_arg *arg)
{
	struct side_ioctl message = { .header = { .magic = SIDE_MAGIC, .kind = SIDE_IOCTL },
				      .flags = arg->flags,
				      .index = arg->index };
	struct iovec iov = { &message, sizeof(message) };
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} attached = { .space = { 0 } };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = attached.space,
			      .msg_controllen = sizeof(attached.space) };
	int32_t error = EIO;

	attached.align.cmsg_level = SOL_SOCKET;
	attached.align.cmsg_type = SCM_RIGHTS;
	attached.align.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&attached.align), &arg->fd, sizeof(int));
	if (sendmsg(connection, &msg, MSG_NOSIGNAL) < 0)
		return errno;
	if (recv(control, &error, sizeof(error), 0) != (ssize_t)sizeof(error))
		return EIO;
	return error;
}

static int daxdev_open(int fd, const struct daxdev_arg *arg)
{
	int error;

	if (fd != connection) {
		errno = push_known ? EPERM : ENOTTY;
		return -1;
	}
	pthread_mutex_lock(&ioctl_mutex);
	error = forward(arg);
	pthread_mutex_unlock(&ioctl_mutex);
	errno = error;
	return error ? -1 : 0;
}

EXPORT int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (!real_ioctl)
		load();
	return request == SIDE_DAXDEV ? daxdev_open(fd, arg) : real_ioctl(fd, request, arg);
}
