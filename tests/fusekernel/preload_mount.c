/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For a server with a mountpoint of its own: /dev/fuse is the socket, and the mount is one of the
 * real kernel, whose descriptor goes to the test. Enabled by FUSEKERNEL_MOUNT.
 */
/* Both names of each call are defined here, so that no call escapes. */
#undef _FILE_OFFSET_BITS
#include "preload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int of_mount = -1;
static bool over; /* later mounts of this process go to the real kernel */

static bool plays(void)
{
	return getenv("FUSEKERNEL_MOUNT") && !__atomic_load_n(&over, __ATOMIC_RELAXED);
}

bool is_mounted(int fd)
{
	return is_connection(fd) && (!getenv("FUSEKERNEL_MOUNT") || fd == of_mount);
}

static int open_file(const char *path, int flags, mode_t mode)
{
	int fd;

	if (strcmp(path, "/dev/fuse") != 0 || !plays())
		return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
	fd = fcntl(connection, F_DUPFD_CLOEXEC, 3);
	connection_add(fd);
	return fd;
}

static mode_t mode_of(int flags, va_list args)
{
	return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(args, mode_t) : 0;
}

EXPORT int open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = mode_of(flags, args);
	va_end(args);
	return open_file(path, flags, mode);
}

EXPORT int open64(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = mode_of(flags, args);
	va_end(args);
	return open_file(path, flags, mode);
}

/* Ends the connection, also for the test. */
void connection_closed(int fd)
{
	if (fd < 0 || fd != of_mount)
		return;
	of_mount = -1;
	__atomic_store_n(&over, true, __ATOMIC_RELAXED);
	shutdown(connection, SHUT_RDWR);
}

static int give(int fd)
{
	struct iovec iov = { (char[]){ 'M' }, 1 };
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} attached = { .space = { 0 } };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = attached.space,
			      .msg_controllen = sizeof(attached.space) };

	attached.align.cmsg_level = SOL_SOCKET;
	attached.align.cmsg_type = SCM_RIGHTS;
	attached.align.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&attached.align), &fd, sizeof(fd));
	return sendmsg(control, &msg, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

/* "...fd=N,...", with the real number. */
static int mount_fuse(const char *source, const char *target, const char *type, unsigned long flags,
		      const char *data)
{
	const char *old = strstr(data, "fd="), *rest = strchr(old, ',');
	int fd = (int)syscall(SYS_openat, AT_FDCWD, "/dev/fuse", O_RDWR | O_CLOEXEC), ret;
	char options[512];

	if (fd < 0)
		return -1;
	snprintf(options, sizeof(options), "%.*sfd=%d%s", (int)(old - data), data, fd,
		 rest ? rest : "");
	ret = (int)syscall(SYS_mount, source, target, type, flags, options);
	if (ret == 0)
		ret = give(fd);
	if (ret == 0)
		of_mount = atoi(old + 3);
	syscall(SYS_close, fd);
	return ret;
}

EXPORT int mount(const char *source, const char *target, const char *type, unsigned long flags,
		 const void *data)
{
	const char *options = data;

	if (type && strncmp(type, "fuse", 4) == 0 && options && strstr(options, "fd=") && plays())
		return mount_fuse(source, target, type, flags, options);
	return (int)syscall(SYS_mount, source, target, type, flags, data);
}
