/* SPDX-License-Identifier: Apache-2.0 */
#include "device/usage.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "device/mountinfo.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

struct search {
	const char *path;
	bool foreign; /* only mounts of others */
	struct usage_text *first;
	int count;
};

static void name_mount(const struct mount_entry *entry, struct usage_text *out)
{
	snprintf(out->text, sizeof(out->text), "mounted at '%s'", entry->mountpoint);
	out->foreign = !mount_is_famfs(entry);
	/* A part of a path is the path of something else. */
	out->mountpoint[0] = '\0';
	if (strlen(entry->mountpoint) < sizeof(out->mountpoint))
		strcpy(out->mountpoint, entry->mountpoint);
}

void usage_hint(const struct usage_text *user, struct famfs_error *err)
{
	if (!*user->mountpoint)
		error_hint(err, "end that first");
	else if (user->foreign)
		error_hint(err, "unmount it first: umount %s", user->mountpoint);
	else
		error_hint(err, "unmount it first: famfsctl umount %s", user->mountpoint);
}

static int visit_mount(void *arg, const struct mount_entry *entry)
{
	struct search *search = arg;

	/* By source, whatever the type: the reference implementation's mounts count as well. */
	if (strcmp(entry->source, search->path) != 0 || (search->foreign && mount_is_famfs(entry)))
		return 0;
	if (search->count++ > 0 || !search->first)
		return 0;
	name_mount(entry, search->first);
	return 0;
}

int device_mounts(const char *path, struct usage_text *first)
{
	struct search search = { .path = path, .first = first };
	int ret = mountinfo_walk(visit_mount, &search);

	return ret < 0 ? ret : search.count;
}

int device_foreign_mounts(const char *path, struct usage_text *first)
{
	struct search search = { .path = path, .foreign = true, .first = first };
	int ret = mountinfo_walk(visit_mount, &search);

	return ret < 0 ? ret : search.count;
}

/* Of a process that has gone meanwhile, or that we may not look at, nothing is known; anything else
 * is our own trouble. */
static int unseen(int error)
{
	return error == ENOENT || error == ESRCH || error == EACCES || error == EPERM ? 0 : -error;
}

/* A line of /proc/PID/maps: ADDRESS PERMS OFFSET MAJ:MIN INODE [PATH]. Inode 0: any. 1, 0, -errno.
 */
static int maps_file(const char *maps, dev_t dev, ino_t ino)
{
	FILE *f = fopen(maps, "re");
	cleanup_free char *line = NULL;
	size_t size = 0;
	int found = 0;

	if (!f)
		return unseen(errno);
	while (!found && getline(&line, &size, f) >= 0) {
		unsigned int major, minor;
		uint64_t inode;

		found = sscanf(line, "%*s %*s %*s %x:%x %" SCNu64, &major, &minor, &inode) == 3 &&
			makedev(major, minor) == dev && (inode == ino || !ino);
	}
	fclose(f);
	return found;
}

static void name_process(const char *what, const char *pid, struct usage_text *out)
{
	char path[64], name[32] = "?";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
	f = fopen(path, "re");
	if (f) {
		if (!fgets(name, sizeof(name), f))
			name[0] = '\0';
		name[strcspn(name, "\n")] = '\0';
		fclose(f);
	}
	snprintf(out->text, sizeof(out->text), "%s by process %.20s (%s)", what, pid, name);
	out->mountpoint[0] = '\0';
}

static int find_mapping(dev_t dev, ino_t ino, struct usage_text *out)
{
	char path[64], self[16];
	struct dirent *entry;
	DIR *proc = opendir("/proc");
	int found = 0;

	snprintf(self, sizeof(self), "%d", getpid());
	while (proc && !found && (entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]) || strcmp(entry->d_name, self) == 0)
			continue;
		snprintf(path, sizeof(path), "/proc/%.20s/maps", entry->d_name);
		if (maps_file(path, dev, ino) > 0) {
			name_process("mapped", entry->d_name, out);
			found = 1;
		}
	}
	if (proc)
		closedir(proc);
	return found;
}

int device_usage(const struct device *dev, struct usage_text *out)
{
	struct stat st;

	if (device_mounts(dev->path, out) > 0)
		return 1;
	if (dev->fd < 0 || fstat(dev->fd, &st) < 0)
		return 0;
	return find_mapping(st.st_dev, st.st_ino, out);
}

/* Any node of the device, and the files that it serves. The descriptor may be of a file system that
 * hangs, which is not asked. */
static bool is_of_device(const struct statx *st, dev_t number, dev_t files)
{
	if (S_ISCHR(st->stx_mode))
		return makedev(st->stx_rdev_major, st->stx_rdev_minor) == number;
	return files && makedev(st->stx_dev_major, st->stx_dev_minor) == files;
}

static int opens_device(const char *fds, dev_t number, dev_t files)
{
	DIR *dir = opendir(fds);
	struct dirent *entry;
	int found = 0;
	struct statx st;

	if (!dir)
		return unseen(errno);
	while (!found && (entry = readdir(dir)))
		found = isdigit((unsigned char)entry->d_name[0]) &&
			statx(dirfd(dir), entry->d_name, AT_STATX_DONT_SYNC, STATX_TYPE, &st) ==
				0 &&
			is_of_device(&st, number, files);
	closedir(dir);
	return found;
}

static int maps_device(const char *maps, const struct stat *node, dev_t files)
{
	int ret = maps_file(maps, node->st_dev, node->st_ino);

	return ret || !files ? ret : maps_file(maps, files, 0);
}

static int holds(const char *pid, const struct stat *node, dev_t number, dev_t files,
		 struct usage_text *out)
{
	const char *how = "mapped";
	char path[64];
	int ret;

	snprintf(path, sizeof(path), "/proc/%.20s/maps", pid);
	ret = maps_device(path, node, files);
	if (ret == 0) {
		how = "open";
		snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
		ret = opens_device(path, number, files);
	}
	if (ret > 0)
		name_process(how, pid, out);
	return ret;
}

int device_holders(const char *path, dev_t number, dev_t files, struct usage_text *out)
{
	struct dirent *entry;
	struct stat node;
	DIR *proc;
	int ret = 0;

	if (stat(path, &node) < 0)
		return -errno;
	proc = opendir("/proc");
	if (!proc)
		return -errno;
	while (ret == 0 && (entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]))
			ret = holds(entry->d_name, &node, number, files, out);
	closedir(proc);
	return ret;
}

static int visit_files(void *arg, const struct mount_entry *entry)
{
	const dev_t *files = arg;

	return entry->dev == *files;
}

/* The kernel names connections by the minor number, which it gives to other file systems when the
 * one that had it is gone: one that is mounted is not ours, or the caller would have seen it. */
int device_files_in_use(const char *root, dev_t files, struct usage_text *out)
{
	cleanup_free char *path = NULL;
	int mounted = files ? mountinfo_walk(visit_files, &files) : 1;

	if (mounted)
		return mounted < 0 ? mounted : 0;
	if (asprintf(&path, "%s/sys/fs/fuse/connections/%u", root, minor(files)) < 0)
		return -ENOMEM;
	if (access(path, F_OK) < 0)
		return 0;
	snprintf(out->text, sizeof(out->text), "in use through files of an earlier mount");
	out->mountpoint[0] = '\0';
	return 1;
}
