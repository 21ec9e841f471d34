/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For programs that use the DAX device of sandbox.c: acts as its drivers when sysfs is written to,
 * and provides memory behind its node in devdax mode. FUSEKERNEL_IMAGE is the file that holds it.
 */
/* Both names of each call are defined here, so that no call escapes. */
#undef _FILE_OFFSET_BITS
#include "preload.h"
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static bool bound_to(const char *driver)
{
	char target[256] = "";

	return readlink(SANDBOX_DEVICE "/driver", target, sizeof(target) - 1) > 0 &&
	       strstr(target, driver);
}

static void *map_device(void *addr, size_t length, int prot, int flags, int fd, off_t offset)
{
	const char *image = getenv("FUSEKERNEL_IMAGE");
	struct stat st;
	void *p;

	if (!image || fd < 0 || fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) ||
	    st.st_rdev != makedev(SANDBOX_MAJOR, SANDBOX_MINOR))
		return (void *)syscall(SYS_mmap, addr, length, prot, flags, fd, offset);
	errno = ENODEV;
	if (!bound_to("device_dax"))
		return MAP_FAILED;
	fd = (int)syscall(SYS_openat, AT_FDCWD, image,
			  (prot & PROT_WRITE ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (fd < 0)
		return MAP_FAILED;
	p = (void *)syscall(SYS_mmap, addr, length, prot, flags, fd, offset);
	syscall(SYS_close, fd);
	return p;
}

EXPORT void *mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)
{
	return map_device(addr, length, prot, flags, fd, offset);
}

EXPORT void *mmap64(void *addr, size_t length, int prot, int flags, int fd, off_t offset)
{
	return map_device(addr, length, prot, flags, fd, offset);
}

static int bind_to(const char *driver)
{
	unlink(SANDBOX_DEVICE "/driver");
	return symlink(driver, SANDBOX_DEVICE "/driver");
}

/* Like drivers/dax/bus.c: "bind" takes a matching device, "new_id" lists the device and binds it.
 */
static int play(const char *file)
{
	bool free = !bound_to("dax");

	if (strcmp(file, "device_dax/unbind") == 0)
		return bound_to("device_dax") ? unlink(SANDBOX_DEVICE "/driver") : -1;
	if (strcmp(file, "fsdev_dax/unbind") == 0)
		return bound_to("fsdev_dax") ? unlink(SANDBOX_DEVICE "/driver") : -1;
	if (strcmp(file, "device_dax/bind") == 0)
		return free ? bind_to("../../bus/dax/drivers/device_dax") : -1;
	if (strcmp(file, "fsdev_dax/new_id") == 0)
		return free ? bind_to("../../bus/dax/drivers/fsdev_dax") : 0;
	return 0;
}

EXPORT ssize_t write(int fd, const void *buf, size_t size)
{
	char link[32], path[256] = "";

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (!getenv("FUSEKERNEL_IMAGE") || readlink(link, path, sizeof(path) - 1) < 0 ||
	    strncmp(path, SANDBOX_DRIVERS, strlen(SANDBOX_DRIVERS)) != 0)
		return syscall(SYS_write, fd, buf, size);
	if (play(path + strlen(SANDBOX_DRIVERS)) == 0)
		return (ssize_t)size;
	errno = ENODEV;
	return -1;
}
