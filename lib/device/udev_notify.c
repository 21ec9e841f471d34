/* SPDX-License-Identifier: Apache-2.0 */
#include "device/udev_notify.h"

#include "device/daxinfo.h"
#include "shared/cleanup.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/sysmacros.h>
#include <unistd.h>

void udev_notify(dev_t number)
{
	static const char event[] = "change";
	struct famfs_dax_info info;
	cleanup_free char *path = NULL;
	cleanup_fd int fd = -1;

	if (daxinfo_read("", number, &info) < 0 ||
	    asprintf(&path, "/sys/dev/char/%u:%u/uevent", major(number), minor(number)) < 0)
		return;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, event, sizeof(event) - 1) < 0)
		return; /* ignored, see the header */
}
