/* SPDX-License-Identifier: Apache-2.0 */
#include "device/daxinfo.h"

#include "base/error.h"
#include "shared/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static const struct {
	const char *driver; /* of the kernel's dax bus */
	enum famfs_dax_mode mode;
} drivers[] = {
	{ "device_dax", FAMFS_DAX_DEVDAX },
	{ "fsdev_dax", FAMFS_DAX_FAMFS },
	{ "kmem", FAMFS_DAX_SYSTEM_RAM },
};

static const char *const mode_names[] = {
	[FAMFS_DAX_NO_DRIVER] = "disabled",   [FAMFS_DAX_DEVDAX] = "devdax",
	[FAMFS_DAX_FAMFS] = "famfs",          [FAMFS_DAX_SYSTEM_RAM] = "system-ram",
	[FAMFS_DAX_OTHER_DRIVER] = "unknown",
};

const char *famfs_dax_mode_name(enum famfs_dax_mode mode)
{
	return mode_names[mode];
}

/* Copies the last component of the target of `link` to `name`. 0 or -errno. */
static int link_name(int dir, const char *link, char *name, size_t size)
{
	char target[PATH_MAX];
	const char *last;
	ssize_t n = readlinkat(dir, link, target, sizeof(target) - 1);

	if (n < 0)
		return -errno;
	target[n] = '\0';
	last = strrchr(target, '/');
	last = last ? last + 1 : target;
	if (strlen(last) >= size)
		return -ENAMETOOLONG;
	strcpy(name, last);
	return 0;
}

/* Reads a file with one number, decimal or 0x hexadecimal. 0 or -errno. */
static int read_number(int dir, const char *file, int64_t *out)
{
	char text[32], *end;
	cleanup_fd int fd = openat(dir, file, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n < 0)
		return -errno;
	text[n] = '\0';
	errno = 0;
	*out = strtoll(text, &end, 0);
	return end == text || errno || (*end && *end != '\n') ? -EINVAL : 0;
}

static void read_mode(int dir, struct famfs_dax_info *info)
{
	info->mode = FAMFS_DAX_NO_DRIVER;
	if (link_name(dir, "driver", info->driver, sizeof(info->driver)) < 0)
		return;
	info->mode = FAMFS_DAX_OTHER_DRIVER;
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (strcmp(info->driver, drivers[i].driver) == 0)
			info->mode = drivers[i].mode;
}

static int read_numbers(int dir, struct famfs_dax_info *info)
{
	int64_t size, align, node;
	int ret = read_number(dir, "size", &size);

	if (ret < 0)
		return ret;
	if (size < 0)
		return -EINVAL;
	info->size = (uint64_t)size;
	/* Kernels before 5.10 have no such file, and map in units of 2 MiB. */
	info->align = read_number(dir, "align", &align) == 0 && align > 0 ? (uint64_t)align
									  : UINT64_C(2) << 20;
	info->numa_node = read_number(dir, "numa_node", &node) == 0 ? (int)node : -1;
	info->target_node = read_number(dir, "target_node", &node) == 0 ? (int)node : -1;
	return 0;
}

static int read_dir(int dir, struct famfs_dax_info *out)
{
	char subsystem[16];

	if (link_name(dir, "subsystem", subsystem, sizeof(subsystem)) < 0 ||
	    strcmp(subsystem, "dax") != 0)
		return -ENOTTY;
	read_mode(dir, out);
	return read_numbers(dir, out);
}

int daxinfo_read(const char *root, dev_t number, struct famfs_dax_info *out)
{
	cleanup_free char *link = NULL;
	cleanup_fd int dir = -1;
	int ret;

	memset(out, 0, sizeof(*out));
	if (asprintf(&link, "%s/sys/dev/char/%u:%u", root, major(number), minor(number)) < 0)
		return -ENOMEM;
	ret = link_name(AT_FDCWD, link, out->name, sizeof(out->name));
	if (ret < 0)
		return ret == -ENOENT ? -ENOTTY : ret;
	dir = open(link, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir < 0 ? -errno : read_dir(dir, out);
}

int daxinfo_find(const char *root, const char *name, struct famfs_dax_info *out)
{
	cleanup_free char *path = NULL;
	cleanup_fd int dir = -1;

	memset(out, 0, sizeof(*out));
	snprintf(out->name, sizeof(out->name), "%s", name);
	if (asprintf(&path, "%s/sys/bus/dax/devices/%s", root, name) < 0)
		return -ENOMEM;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return errno == ENOENT ? -ENODEV : -errno;
	return read_dir(dir, out);
}

int daxinfo_check_mappable(const struct famfs_dax_info *info, const char *path,
			   struct famfs_error *err)
{
	int ret = 0;

	switch (info->mode) {
	case FAMFS_DAX_DEVDAX: return 0;
	case FAMFS_DAX_FAMFS:
		ret = error_set(err, -EOPNOTSUPP,
				"'%s' is in famfs mode (driver %s), in which it cannot be mapped",
				path, info->driver);
		break;
	case FAMFS_DAX_SYSTEM_RAM:
		ret = error_set(err, -EBUSY,
				"'%s' is in system-ram mode (driver %s): the kernel uses it as "
				"memory",
				path, info->driver);
		break;
	case FAMFS_DAX_NO_DRIVER:
		ret = error_set(err, -ENODEV, "'%s' has no driver, so it cannot be used", path);
		break;
	case FAMFS_DAX_OTHER_DRIVER:
		ret = error_set(err, -ENODEV, "'%s' has the driver %s, which is not known", path,
				info->driver);
		break;
	}
	/* daxctl(1) shows famfs mode and a device without a driver as devdax mode, so it would not
	 * switch them. */
	if (info->mode == FAMFS_DAX_FAMFS || info->mode == FAMFS_DAX_NO_DRIVER)
		error_remedy(err, FAMFS_REMEDY_RESET_MODE, path);
	else
		error_remedy(err, FAMFS_REMEDY_RECONFIGURE, info->name);
	return ret;
}
