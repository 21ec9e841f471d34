/* SPDX-License-Identifier: Apache-2.0 */
#include "server/remount.h"

#include "base/error.h"
#include "device/mountinfo.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>

struct mount_state {
	const char *mountpoint;
	bool read_only;
};

static int note_options(void *arg, const struct mount_entry *entry)
{
	struct mount_state *mount = arg;

	/* The last of several mounts at one place is on top. */
	if (strcmp(entry->mountpoint, mount->mountpoint) == 0)
		mount->read_only = mount_has_option(entry->options, "ro");
	return 0;
}

static unsigned long flags_of(const struct mount_options *options, bool read_only)
{
	static const struct {
		const char *word;
		unsigned long flag;
	} words[] = {
		{ "noexec", MS_NOEXEC },
		{ "sync", MS_SYNCHRONOUS },
		{ "dirsync", MS_DIRSYNC },
	};
	unsigned long flags = MS_REMOUNT;

	flags |= read_only ? MS_RDONLY : 0;
	flags |= options->suid ? 0 : MS_NOSUID;
	flags |= options->dev ? 0 : MS_NODEV;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (options->passed && mount_has_option(options->passed, words[i].word))
			flags |= words[i].flag;
	return flags;
}

static int check_device(const char *device, const struct famfs_target *mounted,
			struct famfs_error *err)
{
	struct famfs_target *named = NULL;
	int ret = 0;

	/* If `device` does not exist any more, there is nothing to compare. */
	if (famfs_target_resolve(device, &named, NULL) == 0 &&
	    strcmp(named->device, mounted->device) != 0)
		ret = error_set(err, -EINVAL, "'%s' is a mount of '%s', not of '%s'",
				mounted->mountpoint, mounted->device, device);
	famfs_target_free(named);
	return ret;
}

static int change(const struct famfs_target *mounted, const struct mount_options *options,
		  struct famfs_error *err)
{
	struct mount_state state = { .mountpoint = mounted->mountpoint };
	int ret = mountinfo_walk(note_options, &state);
	unsigned long flags;

	if (ret < 0)
		return error_errno(err, ret, "cannot read the mount table");
	if (state.read_only && options->access == MOUNT_READ_WRITE) {
		error_set(err, -EROFS,
			  "'%s' is mounted read-only and stays so until it is unmounted",
			  mounted->mountpoint);
		error_remedy(err, FAMFS_REMEDY_REMOUNT_WRITABLE, NULL);
		return -EROFS;
	}
	flags = flags_of(options, state.read_only || options->access == MOUNT_READ_ONLY);
	if (mount("none", mounted->mountpoint, NULL, flags, NULL) < 0)
		return error_errno(err, -errno, "cannot remount '%s'", mounted->mountpoint);
	return 0;
}

int remount(const char *device, const char *mountpoint, const struct mount_options *options,
	    struct famfs_error *err)
{
	struct famfs_target *mounted = NULL;
	int ret;

	if (famfs_target_resolve(mountpoint, &mounted, NULL) < 0 || !mounted->mountpoint ||
	    *mounted->path)
		ret = error_set(err, -EINVAL, "no famfs is mounted at '%s'", mountpoint);
	else
		ret = check_device(device, mounted, err);
	if (ret == 0)
		ret = change(mounted, options, err);
	famfs_target_free(mounted);
	return ret;
}
