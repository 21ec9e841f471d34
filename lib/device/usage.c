/* SPDX-License-Identifier: Apache-2.0 */
#include "device/usage.h"

#include "base/error.h"
#include "device/holders.h"
#include "device/mountinfo.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct search {
	const char *path;
	bool foreign; /* only mounts of other implementations */
	struct usage_text *first;
	int count;
};

static void name_mount(const struct mount_entry *entry, struct usage_text *out)
{
	snprintf(out->text, sizeof(out->text), "mounted at '%s'", entry->mountpoint);
	out->foreign = !mount_is_famfs(entry);
	/* Do not truncate: a part of the path would be the path of another file. */
	out->mountpoint[0] = '\0';
	if (strlen(entry->mountpoint) < sizeof(out->mountpoint))
		strcpy(out->mountpoint, entry->mountpoint);
}

void usage_remedy(const struct usage_text *user, struct famfs_error *err)
{
	if (!*user->mountpoint)
		error_remedy(err, FAMFS_REMEDY_END_USER, NULL);
	else if (user->foreign)
		error_remedy(err, FAMFS_REMEDY_UNMOUNT_OTHER, user->mountpoint);
	else
		error_remedy(err, FAMFS_REMEDY_UNMOUNT_FIRST, user->mountpoint);
}

static int visit_mount(void *arg, const struct mount_entry *entry)
{
	struct search *search = arg;

	/* Any type with this source, so that mounts of the reference implementation are found. */
	if (strcmp(entry->source, search->path) != 0 || !mount_is_believed(entry) ||
	    (search->foreign && mount_is_famfs(entry)))
		return 0;
	if (search->count++ > 0 || !search->first)
		return 0;
	name_mount(entry, search->first);
	return 0;
}

static int count_mounts(struct search search)
{
	int ret = mountinfo_walk(visit_mount, &search);

	return ret < 0 ? ret : search.count;
}

int device_mounts(const char *path, struct usage_text *first)
{
	return count_mounts((struct search){ .path = path, .first = first });
}

int device_foreign_mounts(const char *path, struct usage_text *first)
{
	return count_mounts((struct search){ .path = path, .foreign = true, .first = first });
}

int device_usage(const struct device *dev, struct usage_text *out)
{
	struct held what;
	struct stat st;
	int ret = device_mounts(dev->path, out);

	if (ret != 0)
		return ret > 0 ? 1 : ret;
	if (dev->fd < 0)
		return 0;
	if (fstat(dev->fd, &st) < 0)
		return -errno;
	what = (struct held){ .dev = st.st_dev, .ino = st.st_ino };
	if (S_ISCHR(st.st_mode))
		what.number = st.st_rdev;
	return holders_mapping(&what, out);
}

int device_lock_holder(const struct device *dev, uint64_t offset, uint64_t length, const char *what,
		       struct usage_text *out)
{
	struct usage_text holder;
	int ret = dev->fd < 0 ? 0 : holders_of_range(dev->fd, offset, length, &holder);

	*out = (struct usage_text){ 0 };
	snprintf(out->text, sizeof(out->text), "%s by %.250s", what,
		 ret > 0 ? holder.text : "another process");
	return ret > 0;
}
