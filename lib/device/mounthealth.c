/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks whether a mount's server answers. A process that asks a hanging server may sleep for ever,
 * and no signal ends that, so a child process asks. It closes the descriptors of its parent: it
 * must not keep a lock on a device, or the write end of a pipe, for ever.
 */
#include "famfs.h"

#include "base/error.h"
#include "base/io.h"
#include "base/minmax.h"
#include "device/mountinfo.h"
#include "shared/cleanup.h"
#include "shared/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

struct search {
	const char *mountpoint;
	bool found;
	dev_t dev;
};

/* A later mount at the same mountpoint covers earlier ones. */
static int visit(void *arg, const struct mount_entry *entry)
{
	struct search *search = arg;

	if (strcmp(entry->mountpoint, search->mountpoint) == 0) {
		search->found = mount_is_famfs(entry) && mount_is_believed(entry);
		search->dev = entry->dev;
	}
	return 0;
}

static void count_waiting(struct famfs_mount_health *out)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/fs/fuse/connections/%" PRIu32 "/waiting",
		 out->connection);
	f = fopen(path, "re");
	if (!f)
		return;
	out->counted = fscanf(f, "%" SCNu64, &out->waiting) == 1;
	fclose(f);
}

/* Only calls that are safe between fork and exec. STATFS has no cache. */
__attribute__((noreturn)) static void ask(const char *mountpoint, int answer)
{
	struct statfs st;
	int result;

	if (dup2(answer, 0) < 0)
		_exit(1);
	close_range(1, UINT_MAX, 0);
	result = statfs(mountpoint, &st) < 0 ? errno : 0;
	_exit(write(0, &result, sizeof(result)) != sizeof(result));
}

/* Returns 1 and *result, 0 if there was no answer in time, or -errno. */
static int wait_for_answer(int fd, uint32_t timeout_ms, int *result)
{
	uint64_t end = now_ns() + timeout_ms * NS_PER_MS;
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	int ret;

	do {
		uint64_t now = now_ns();
		uint64_t left = now < end ? (end - now) / NS_PER_MS : 0;

		ret = poll(&poll_fd, 1, (int)min_u64(left, INT_MAX));
	} while (ret < 0 && errno == EINTR);
	if (ret <= 0)
		return ret < 0 ? -errno : 0;
	/* A child that was killed has written nothing. */
	return io_read(fd, result, sizeof(*result)) == sizeof(*result) ? 1 : -EIO;
}

static enum famfs_mount_state state_of(int result)
{
	switch (result) {
	case 0: return FAMFS_MOUNT_ANSWERS;
	case EACCES:
	case EPERM: return FAMFS_MOUNT_DENIED;
	case ESTALE: return FAMFS_MOUNT_STALE;
	case ENOTCONN:
	case ECONNABORTED: return FAMFS_MOUNT_DEAD;
	}
	/* Any other error is an answer of the server. */
	return FAMFS_MOUNT_ANSWERS;
}

static int probe(const char *mountpoint, uint32_t timeout_ms, struct famfs_mount_health *out)
{
	cleanup_fd int read_end = -1;
	cleanup_fd int write_end = -1;
	int fds[2], result = 0;
	pid_t child;
	int ret;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	read_end = fds[0];
	write_end = fds[1];
	child = fork();
	if (child < 0)
		return -errno;
	if (child == 0)
		ask(mountpoint, write_end);
	close(steal_fd(&write_end));
	ret = wait_for_answer(read_end, timeout_ms, &result);
	if (ret <= 0) {
		out->state = FAMFS_MOUNT_HANGS;
		kill(child, SIGKILL);
		(void)waitpid(child, NULL, WNOHANG);
		return ret;
	}
	out->state = state_of(result);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	return 0;
}

int famfs_mount_probe(const char *mountpoint, uint32_t timeout_ms, struct famfs_mount_health *out,
		      struct famfs_error *err)
{
	struct search search = { .mountpoint = mountpoint };
	int ret = mountinfo_walk(visit, &search);

	memset(out, 0, sizeof(*out));
	if (ret < 0)
		return error_errno(err, ret, "cannot read the mount table");
	if (!search.found)
		return error_set(err, -EINVAL, "no famfs is mounted at '%s'", mountpoint);
	out->connection = minor(search.dev);
	ret = probe(mountpoint, timeout_ms, out);
	if (ret < 0)
		return error_errno(err, ret, "cannot ask the mount '%s'", mountpoint);
	count_waiting(out);
	return 0;
}
