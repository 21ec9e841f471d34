/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loaded into the server before the C library: makes a socket behave like /dev/fuse where the two
 * differ. The server itself is the installed one.
 */
#include "preload.h"
#include "sidechannel.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* Payload of the ioctl, 16 bytes. */
struct daxdev_arg {
	int32_t fd;
	uint32_t flags;
	uint64_t index;
};

int connection = -1;
int control = -1;
static bool push_known;
static bool misdirect;
static pthread_mutex_t ioctl_mutex = PTHREAD_MUTEX_INITIALIZER;
static uint64_t next_id;
/* Clones of the connection and other descriptors that stand for it, by number. */
static bool cloned[1024];

static ssize_t (*real_read)(int, void *, size_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static int (*real_ioctl)(int, unsigned long, ...);
static int (*real_close)(int);

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
	find(&real_close, "close");
	connection = number_of("FUSEKERNEL_FD");
	control = number_of("FUSEKERNEL_CONTROL");
	push_known = getenv("FUSEKERNEL_PUSH") != NULL;
	misdirect = getenv("FUSEKERNEL_MISDIRECT") != NULL;
}

static bool is_clone(int fd)
{
	return fd >= 0 && (size_t)fd < sizeof(cloned) / sizeof(cloned[0]) &&
	       __atomic_load_n(&cloned[fd], __ATOMIC_RELAXED);
}

bool is_connection(int fd)
{
	return fd == connection || is_clone(fd);
}

void connection_add(int fd)
{
	if (fd >= 0 && (size_t)fd < sizeof(cloned) / sizeof(cloned[0]))
		__atomic_store_n(&cloned[fd], true, __ATOMIC_RELAXED);
}

/* The end of the connection means an unmount, not an end of file. */
EXPORT ssize_t read(int fd, void *buf, size_t size)
{
	ssize_t n;

	if (!real_read)
		load();
	n = real_read(fd, buf, size);
	if (!is_connection(fd) || n > 0 || size == 0)
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

static int send_part(int fd, const struct side_header *header, const uint8_t *data, size_t size)
{
	struct iovec iov[2] = { { (void *)(uintptr_t)header, sizeof(*header) },
				{ (void *)(uintptr_t)data, size } };

	return real_writev(fd, iov, 2) < 0 ? -1 : 0;
}

/* Sends a message in parts: a socket limits its size, and the kernel does not. */
static ssize_t send_parts(int fd, const struct iovec *iov, int count, size_t total)
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

			if (send_part(fd, &header, data + done, part) < 0)
				return -1;
			done += part;
			header.offset += part;
		}
	}
	return (ssize_t)total;
}

/* libfuse cancels its threads when it ends, at any point: a thread that is in a handler would keep
 * its locks for ever. Without threads, the loop of libfuse runs in the first one. */
static void check_cancellation(const struct iovec *iov)
{
	const struct fuse_out_header *header = iov->iov_base;
	int state;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	if (state == PTHREAD_CANCEL_ENABLE && header->unique && gettid() != getpid()) {
		fprintf(stderr, "a thread that may be cancelled answers a request\n");
		abort();
	}
	pthread_setcancelstate(state, NULL);
}

EXPORT ssize_t writev(int fd, const struct iovec *iov, int count)
{
	size_t total;

	if (!real_writev)
		load();
	if (!is_connection(fd))
		return real_writev(fd, iov, count);
	check_cancellation(iov);
	if (misdirect)
		fd = connection;
	total = total_of(iov, count);
	return total > SIDE_PART ? send_parts(fd, iov, count, total) : real_writev(fd, iov, count);
}

/* A message from here to the kernel, with a descriptor. */
static int send_side(struct iovec *iov, int attach)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} attached = { .space = { 0 } };
	struct msghdr msg = { .msg_iov = iov,
			      .msg_iovlen = 1,
			      .msg_control = attached.space,
			      .msg_controllen = sizeof(attached.space) };

	attached.align.cmsg_level = SOL_SOCKET;
	attached.align.cmsg_type = SCM_RIGHTS;
	attached.align.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&attached.align), &attach, sizeof(int));
	return sendmsg(connection, &msg, MSG_NOSIGNAL) < 0 ? errno : 0;
}

static int forward(const struct daxdev_arg *arg)
{
	struct side_ioctl message = { .header = { .magic = SIDE_MAGIC, .kind = SIDE_IOCTL },
				      .flags = arg->flags,
				      .index = arg->index };
	struct iovec iov = { &message, sizeof(message) };
	int32_t error = send_side(&iov, arg->fd);

	if (error)
		return error;
	if (recv(control, &error, sizeof(error), 0) != (ssize_t)sizeof(error))
		return EIO;
	return error;
}

static int daxdev_open(int fd, const struct daxdev_arg *arg)
{
	int error;

	if (!is_mounted(fd)) {
		errno = push_known ? EPERM : ENOTTY;
		return -1;
	}
	pthread_mutex_lock(&ioctl_mutex);
	error = forward(arg);
	pthread_mutex_unlock(&ioctl_mutex);
	errno = error;
	return error ? -1 : 0;
}

/* FUSE_DEV_IOC_CLONE: makes another queue of the connection, and sends its other end to the kernel.
 */
static int clone_connection(int fd, const uint32_t *master)
{
	struct side_header message = { .magic = SIDE_MAGIC, .kind = SIDE_CLONE };
	struct iovec iov = { &message, sizeof(message) };
	int pair[2], error = EINVAL;

	if ((int)*master == connection && (size_t)fd < sizeof(cloned) / sizeof(cloned[0]))
		error = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) ? errno : 0;
	if (error) {
		errno = error;
		return -1;
	}
	error = dup3(pair[0], fd, O_CLOEXEC) < 0 ? errno : send_side(&iov, pair[1]);
	real_close(pair[0]);
	real_close(pair[1]);
	__atomic_store_n(&cloned[fd], error == 0, __ATOMIC_RELAXED);
	errno = error;
	return error ? -1 : 0;
}

/* The page size of the processor, from FUSEKERNEL_PAGE. */
EXPORT long sysconf(int name)
{
	static long (*real_sysconf)(int);
	int page = number_of("FUSEKERNEL_PAGE");

	if (!real_sysconf)
		find(&real_sysconf, "sysconf");
	return name == _SC_PAGESIZE && page > 0 ? page : real_sysconf(name);
}

EXPORT int close(int fd)
{
	if (!real_close)
		load();
	connection_closed(fd);
	if (is_clone(fd))
		__atomic_store_n(&cloned[fd], false, __ATOMIC_RELAXED);
	return real_close(fd);
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
	if (request == FUSE_DEV_IOC_CLONE)
		return clone_connection(fd, arg);
	return request == SIDE_DAXDEV ? daxdev_open(fd, arg) : real_ioctl(fd, request, arg);
}
