/* SPDX-License-Identifier: Apache-2.0 */
/* The famfs mounts of this host, from the mount table. */
#include "famfs.h"

#include "base/error.h"
#include "device/mountinfo.h"

struct mounts_visit {
	int (*visit)(void *arg, const struct famfs_mount_info *mount);
	void *arg;
	int others; /* mounts of other users */
	int ret;
};

static int visit_mount(void *arg, const struct mount_entry *entry)
{
	struct mounts_visit *visit = arg;
	const struct famfs_mount_info info = {
		.device = entry->source,
		.mountpoint = entry->mountpoint,
		.options = entry->options,
		.read_only = mount_has_option(entry->options, "ro"),
	};

	if (!mount_is_famfs(entry))
		return 0;
	if (!mount_is_believed(entry))
		visit->others++;
	else if (visit->visit)
		visit->ret = visit->visit(visit->arg, &info);
	return visit->ret;
}

int famfs_mounts(int (*visit)(void *arg, const struct famfs_mount_info *mount), void *arg,
		 struct famfs_error *err)
{
	struct mounts_visit state = { .visit = visit, .arg = arg };
	int ret = mountinfo_walk(visit_mount, &state);

	if (ret < 0 && !state.ret)
		return error_errno(err, ret, "cannot read the mount table");
	return ret;
}

int famfs_mounts_of_others(struct famfs_error *err)
{
	struct mounts_visit state = { .visit = NULL };
	int ret = mountinfo_walk(visit_mount, &state);

	return ret < 0 ? error_errno(err, ret, "cannot read the mount table") : state.others;
}
