/* SPDX-License-Identifier: Apache-2.0 */
/* Lists the DAX devices of this host from sysfs, without the time to load libdaxctl and without
 * opening a device. */
#include "device/daxinfo.h"

#include "base/error.h"
#include "shared/cleanup.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int is_device_name(const struct dirent *entry)
{
	return strncmp(entry->d_name, "dax", 3) == 0;
}

static int visit_name(const char *root, const char *name, famfs_dax_visit_fn visit, void *arg)
{
	struct famfs_dax_info info;
	int ret = daxinfo_find(root, name, &info);

	/* The device may have been removed meanwhile. */
	if (ret == -ENODEV)
		return 0;
	return ret < 0 ? ret : visit(arg, &info);
}

int daxinfo_scan(const char *root, famfs_dax_visit_fn visit, void *arg)
{
	cleanup_free char *path = NULL;
	struct dirent **names;
	int count, ret = 0;

	if (asprintf(&path, "%s/sys/bus/dax/devices", root) < 0)
		return -ENOMEM;
	/* By number: dax0.10 comes after dax0.9. */
	count = scandir(path, &names, is_device_name, versionsort);
	if (count < 0)
		return errno == ENOENT ? 0 : -errno;
	for (int i = 0; i < count; i++) {
		if (ret == 0)
			ret = visit_name(root, names[i]->d_name, visit, arg);
		free(names[i]);
	}
	free(names);
	return ret;
}

int famfs_dax_scan(famfs_dax_visit_fn visit, void *arg, struct famfs_error *err)
{
	int ret = daxinfo_scan("", visit, arg);

	return ret < 0 ? error_errno(err, ret, "cannot list DAX devices") : ret;
}
