/* SPDX-License-Identifier: Apache-2.0 */
#include "core/remedy.h"

#include <inttypes.h>
#include <string.h>

/* %s stands for the object of the remedy, as one shell word, and PRIu64 for its number. */
static const char *const hints[] = {
	[FAMFS_REMEDY_FORCE] = "use --force to destroy it",
	[FAMFS_REMEDY_FORCE_FOREIGN] = "use --force --force-foreign to destroy it; this host "
				       "cannot see mounts on other hosts",
	[FAMFS_REMEDY_SET_SIZE] = "give --size to make an image file",
	[FAMFS_REMEDY_RAW_NAMES] = "use --raw-names to allow it; the reference implementation "
				   "cannot mount such a name",
	[FAMFS_REMEDY_NAME_DEVICE] = "name the device instead",
	[FAMFS_REMEDY_NAME_DEVICE_OR_UNMOUNT] =
		"name the device instead; to unmount it, run: umount %s",
	[FAMFS_REMEDY_LIST_DEVICES] = "run: famfsctl list",
	[FAMFS_REMEDY_LIST_MOUNTS] = "to list the mounts, run: famfsctl info",
	[FAMFS_REMEDY_INSPECT] = "inspect it first: famfsctl info %s",
	[FAMFS_REMEDY_SHOW_SPACE] = "to see how space is used, run: famfsctl map %s",
	[FAMFS_REMEDY_FORMAT] = "to replace the data with a famfs, run: famfsctl mkfs %s",
	[FAMFS_REMEDY_FSCK] = "run: famfsctl fsck %s",
	[FAMFS_REMEDY_REPAIR] = "run: famfsctl fsck --repair %s",
	[FAMFS_REMEDY_MAKE_PARENT] = "make it first: famfsctl mkdir -p %s",
	[FAMFS_REMEDY_USE_MASTER] = "add files on the master; only if it is gone for good, run: "
				    "famfsctl takeover --yes %s",
	[FAMFS_REMEDY_RESUME_TAKEOVER] = "if a takeover was interrupted, repeat it on the host "
					 "that began it, after unmounting the famfs",
	[FAMFS_REMEDY_STOP_WRITERS] =
		"make sure that no other host writes to it, then check it again",
	[FAMFS_REMEDY_SET_SYSTEM_UUID] = "run: sudo install -D -m 0444 "
					 "/proc/sys/kernel/random/uuid /etc/famfs/system_uuid",
	[FAMFS_REMEDY_UNMOUNT] = "run: famfsctl umount %s",
	[FAMFS_REMEDY_UNMOUNT_FIRST] = "unmount it first: famfsctl umount %s",
	[FAMFS_REMEDY_UNMOUNT_OTHER] = "unmount it first: umount %s",
	[FAMFS_REMEDY_UNMOUNT_DEAD] = "its server is gone; run: famfsctl umount %s",
	[FAMFS_REMEDY_CLOSE_FILES] = "close the open files of the mount, or use --lazy",
	[FAMFS_REMEDY_END_USER] = "end that process first",
	[FAMFS_REMEDY_END_PROCESS] = "end that process, which holds %s",
	[FAMFS_REMEDY_REMOUNT] = "unmount it and mount it again",
	[FAMFS_REMEDY_REMOUNT_BROKEN] =
		"after a memory error, unmount the famfs and mount it again: then the files "
		"outside the bad memory can be used",
	[FAMFS_REMEDY_REMOUNT_POISONED] = "unmount the famfs and mount it again: then the files "
					  "outside the bad memory can be used",
	[FAMFS_REMEDY_REMOUNT_WRITABLE] = "unmount it, and mount it again with -o rw",
	[FAMFS_REMEDY_BE_A_READER] = "run it as root, or as a user who may read %s",
	[FAMFS_REMEDY_BE_A_WRITER] = "run it as root, or as a user who may write %s",
	[FAMFS_REMEDY_BE_THE_MOUNTER] =
		"run it as the user who mounted the famfs, or mount it with -o metadata=public",
	[FAMFS_REMEDY_BE_THE_SERVER] = "run it as root, with the program that serves the mount; "
				       "after an update of famfsctl, unmount and mount again",
	[FAMFS_REMEDY_READ_KERNEL_LOG] = "search the kernel's log for a memory error; the files "
					 "outside the bad memory can still be used",
	[FAMFS_REMEDY_CHECK_FUSE] = "check that /dev/fuse and fusermount3 exist",
	[FAMFS_REMEDY_BIND_NODE] = "use the node in the host's /dev, bound into the container",
	[FAMFS_REMEDY_RESET_MODE] = "run: famfsctl reset-mode %s",
	[FAMFS_REMEDY_RESET_MODE_LATER] =
		"when that process has ended, run: famfsctl reset-mode %s",
	[FAMFS_REMEDY_RECONFIGURE] = "run: daxctl reconfigure-device --mode=devdax --force %s",
	[FAMFS_REMEDY_INSTALL_LIBDAXCTL] = "install libdaxctl, which is part of the ndctl project",
	[FAMFS_REMEDY_RAISE_MAP_COUNT] =
		"run: sysctl vm.max_map_count=%" PRIu64 ", or use larger chunks",
};

char *remedy_hint(const struct famfs_error *err)
{
	/* A newer library may know more remedies. */
	bool known = (size_t)err->remedy < sizeof(hints) / sizeof(hints[0]);
	const char *hint = known ? hints[err->remedy] : NULL;

	if (!hint)
		return NULL;
	return strstr(hint, "%s") ? famfs_shell_format(hint, err->remedy_object)
				  : famfs_shell_format(hint, err->remedy_number);
}
