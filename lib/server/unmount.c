/* SPDX-License-Identifier: Apache-2.0 */
#include "famfs.h"

#include "base/error.h"
#include "base/io.h"
#include "base/program.h"
#include "device/daxmode.h"
#include "device/usage.h"
#include "shared/cleanup.h"
#include "shared/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>

#define FUSERMOUNT "fusermount3"

/* How long to wait until the server unlocks the device. Without open files it ends soon; after a
 * lazy unmount it keeps running while files are open. */
#define WAIT_MS      5000u
#define WAIT_LAZY_MS 200u
#define STEP_NS      2000000

/* The first line goes to `text`. Reads to the end, or the writer would block or die. */
static int read_first_line(int fd, char *text, size_t size)
{
	char rest[256];
	ssize_t n = io_read(fd, text, size - 1);

	if (n < 0)
		return (int)n;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	do
		n = io_read(fd, rest, sizeof(rest));
	while (n > 0);
	return (int)n;
}

static int spawn_fusermount(const char *mountpoint, bool lazy, int output, pid_t *pid)
{
	char name[] = FUSERMOUNT, unmount[] = "-u", detach[] = "-z", end[] = "--";
	char *path = (char *)(uintptr_t)mountpoint;
	char *plain[] = { name, unmount, end, path, NULL };
	char *lazily[] = { name, unmount, detach, end, path, NULL };
	posix_spawn_file_actions_t actions;
	char program[PATH_MAX];
	int ret = program_find(program_dirs(), FUSERMOUNT, program, sizeof(program));

	if (ret < 0)
		return ret;
	ret = posix_spawn_file_actions_init(&actions);
	if (ret)
		return -ret;
	ret = posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
	if (ret == 0)
		ret = posix_spawn(pid, program, &actions, NULL, lazy ? lazily : plain, environ);
	posix_spawn_file_actions_destroy(&actions);
	return -ret;
}

/* Runs fusermount3. Its message about a failure goes to `text`. Returns its wait status. */
static int run_fusermount(const char *mountpoint, bool lazy, char *text, size_t size)
{
	cleanup_fd int read_end = -1;
	cleanup_fd int write_end = -1;
	int fds[2], status = 0, ret;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	read_end = fds[0];
	write_end = fds[1];
	ret = spawn_fusermount(mountpoint, lazy, write_end, &pid);
	if (ret < 0)
		return ret;
	close(steal_fd(&write_end));
	ret = read_first_line(read_end, text, size);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return ret < 0 ? ret : status;
}

static int unmount_as_user(const char *mountpoint, bool lazy, struct famfs_error *err)
{
	char text[256] = "";
	const char *reason;
	int ret = run_fusermount(mountpoint, lazy, text, sizeof(text));

	if (ret == 0)
		return 0;
	if (ret < 0)
		return error_errno(err, ret, "cannot unmount '%s': cannot run " FUSERMOUNT,
				   mountpoint);
	reason = strstr(text, ": ");
	reason = reason ? reason + 2 : text;
	ret = -EPERM;
	if (strstr(text, "busy")) {
		ret = -EBUSY;
		reason = strerror(EBUSY);
	} else if (strstr(text, "not found in")) {
		/* fusermount3 says this about a mount of another user. */
		reason = "only root and the user who mounted it may do that";
	}
	return error_set(err, ret, "cannot unmount '%s': %s", mountpoint,
			 *reason ? reason : FUSERMOUNT " failed");
}

static int unmount(const char *mountpoint, bool lazy, struct famfs_error *err)
{
	int ret;

	if (umount2(mountpoint, UMOUNT_NOFOLLOW | (lazy ? MNT_DETACH : 0)) == 0)
		return 0;
	ret = errno == EPERM ? unmount_as_user(mountpoint, lazy, err)
			     : error_errno(err, -errno, "cannot unmount '%s'", mountpoint);
	if (ret == -EBUSY)
		error_remedy(err, FAMFS_REMEDY_CLOSE_FILES, NULL);
	return ret;
}

/* The server keeps byte 0 of the device locked until it ends, and until then the device refuses
 * commands such as mkfs. */
static void wait_for_server(struct device *dev, uint64_t patience)
{
	const struct timespec step = { 0, STEP_NS };
	uint64_t start = now_ns(), end;

	/* With another mount of the device, its lock could not be told from that of this server. */
	if (device_mounts(dev->path, NULL) != 0)
		return;
	while (device_lock_conflict(dev, 0, 1, &end) > 0 && now_ns() - start < patience)
		nanosleep(&step, NULL);
}

/* Writes an image back: after the unmount, written data may be in the page cache only. Waits
 * first until the server has unlocked it. A DAX device has nothing to write back, and in famfs mode
 * it cannot be opened. */
static int write_back(const char *source, bool lazy, struct famfs_error *err)
{
	cleanup_device struct device *dev = NULL;
	struct dax_node node;
	int ret = device_open(source, DEVICE_READ, &dev, NULL);

	if (ret < 0 && dax_node_at(source, &node) == 0)
		return 0;
	if (ret == 0) {
		wait_for_server(dev, (lazy ? WAIT_LAZY_MS : WAIT_MS) * NS_PER_MS);
		ret = device_barrier(dev);
	}
	return ret < 0 ? error_errno(err, ret, "unmounted, but cannot write back '%s'", source) : 0;
}

/* -EBUSY names a process, which may end. A switch that failed has its own remedy. */
static void suggest_reset(const struct famfs_error *why, const char *source,
			  struct famfs_error *err)
{
	if (why->code == -EBUSY)
		error_remedy(err, FAMFS_REMEDY_RESET_MODE_LATER, source);
	else if (why->remedy == FAMFS_REMEDY_NONE)
		error_remedy(err, FAMFS_REMEDY_RESET_MODE, source);
	else
		error_remedy_of(err, why);
}

/* Waits until the server has switched its device back, if it had switched the mode; switches it
 * back here if the server is dead. Returns 1 if the device stays in famfs mode, see
 * famfs_unmount(). */
static int settle_mode(const char *mountpoint, const char *source, bool lazy,
		       struct famfs_error *err)
{
	struct famfs_error why = { 0 };
	struct dax_node node;

	if (dax_node_at(source, &node) < 0 ||
	    daxmode_settle(&node, lazy ? WAIT_LAZY_MS : WAIT_MS, &why) >= 0)
		return 0;
	/* Files may be open after a lazy unmount. The server waits for them, if it lives. */
	if (lazy && daxmode_is_claimed(&node))
		return 0;
	error_set(err, why.code, "'%s' is unmounted, but its device stays in famfs mode: %s",
		  mountpoint, why.message);
	suggest_reset(&why, source, err);
	return 1;
}

int famfs_unmount(const char *mountpoint, bool lazy, struct famfs_error *err)
{
	struct famfs_target *target = NULL;
	int ret = famfs_target_resolve(mountpoint, &target, err);

	if (ret == -EPERM)
		return ret;
	if (ret < 0 || !target->mountpoint || *target->path) {
		famfs_target_free(target);
		error_set(err, -EINVAL, "no famfs is mounted at '%s'", mountpoint);
		error_remedy(err, FAMFS_REMEDY_LIST_MOUNTS, NULL);
		return -EINVAL;
	}
	ret = unmount(target->mountpoint, lazy, err);
	if (ret == 0)
		ret = settle_mode(target->mountpoint, target->device, lazy, err);
	if (ret == 0)
		ret = write_back(target->device, lazy, err);
	famfs_target_free(target);
	return ret;
}
