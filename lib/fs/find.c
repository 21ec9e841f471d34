/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/find.h"

#include "base/error.h"
#include "device/daxinfo.h"
#include "device/device.h"
#include "media/superblock.h"
#include "shared/cleanup.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid.h>

#define PREFIX "famfs:"

struct search {
	const char *root;
	uint8_t uuid[OMF_UUID_SIZE];
	char *device;        /* the first that was found */
	char *another;       /* a second one */
	unsigned not_opened; /* devices that could not be read, and may hold it */
};

bool find_is_name(const char *arg)
{
	uuid_t uuid;

	return strncmp(arg, PREFIX, strlen(PREFIX)) == 0 &&
	       uuid_parse(arg + strlen(PREFIX), uuid) == 0;
}

/* 1 if the device holds the file system, 0 if not, -errno if it cannot be read. */
static int holds(const struct search *search, const char *path)
{
	cleanup_device struct device *dev = NULL;
	struct superblock sb;
	struct omf_super raw;
	int ret = device_open(path, DEVICE_READ, &dev, NULL);

	if (ret < 0)
		return ret;
	device_invalidate(dev, 0, sizeof(raw));
	ret = device_read(dev, 0, &raw, sizeof(raw));
	if (ret < 0)
		return ret;
	return superblock_decode(&raw, dev->size, &sb, NULL) == 0 &&
	       memcmp(sb.uuid, search->uuid, sizeof(sb.uuid)) == 0;
}

/* The link may be stale, so the superblock is checked. */
static int try_link(struct search *search)
{
	cleanup_free char *link = NULL;
	char text[UUID_STR_LEN], real[PATH_MAX];
	int ret;

	uuid_unparse_lower(search->uuid, text);
	if (asprintf(&link, "%s/dev/famfs/by-uuid/%s", search->root, text) < 0)
		return -ENOMEM;
	if (!realpath(link, real))
		return 0;
	/* In famfs mode the device cannot be read, so the link is trusted. */
	ret = holds(search, real);
	if (ret != 1 && ret != -EOPNOTSUPP)
		return 0;
	search->device = strdup(real);
	return search->device ? 0 : -ENOMEM;
}

static int try_device(void *arg, const struct famfs_dax_info *info)
{
	struct search *search = arg;
	cleanup_free char *path = NULL;
	int ret;

	if (info->mode != FAMFS_DAX_DEVDAX || info->size == 0)
		return 0;
	if (asprintf(&path, "%s/dev/%s", search->root, info->name) < 0)
		return -ENOMEM;
	ret = holds(search, path);
	if (ret < 0)
		search->not_opened++;
	else if (ret && !search->device)
		search->device = steal_ptr(&path);
	else if (ret)
		search->another = steal_ptr(&path);
	return search->another ? 1 : 0;
}

static int check_device(struct search *search, const char *arg, struct famfs_error *err)
{
	if (search->another) {
		error_set(err, -ENOTUNIQ, "'%s' is on '%s' and on '%s'", arg, search->device,
			  search->another);
		error_remedy(err, FAMFS_REMEDY_NAME_DEVICE, NULL);
		return -ENOTUNIQ;
	}
	if (search->device)
		return 0;
	if (search->not_opened)
		error_set(err, -ENODEV,
			  "no DAX device holds '%s', as far as they can be opened: %u cannot", arg,
			  search->not_opened);
	else
		error_set(err, -ENODEV, "no DAX device of this host holds '%s'", arg);
	error_remedy(err, FAMFS_REMEDY_LIST_DEVICES, NULL);
	return -ENODEV;
}

int find_device(const char *root, const char *arg, char **device, struct famfs_error *err)
{
	struct search search = { .root = root };
	int ret;

	if (!find_is_name(arg))
		return error_set(err, -EINVAL, "'%s' is not of the form famfs:UUID", arg);
	uuid_parse(arg + strlen(PREFIX), search.uuid);
	ret = try_link(&search);
	if (ret == 0 && !search.device)
		ret = daxinfo_scan(root, try_device, &search);
	if (ret < 0)
		ret = error_errno(err, ret, "cannot look for '%s'", arg);
	else
		ret = check_device(&search, arg, err);
	if (ret == 0)
		*device = steal_ptr(&search.device);
	free(search.device);
	free(search.another);
	return ret;
}
