/* SPDX-License-Identifier: Apache-2.0 */
#include "server/follow.h"

#include "base/error.h"
#include "base/thread.h"
#include "device/mountinfo.h"
#include "server/device_setup.h"
#include "server/node.h"
#include "server/server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

/* Interval of catch-ups without a request, to notice another file system on the device. */
#define PERIOD_MS       1000
#define PATIENCE_SECOND 1

/* The clone of the mount, and the mount table, which shows the end of the mount. */
struct source {
	int tree;
	int meta; /* the .meta folder of the clone */
	int table;
	dev_t dev; /* of the mount */
};

int follow_init(struct follow *follow)
{
	pthread_condattr_t monotonic;

	follow->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (follow->wake < 0)
		return -errno;
	pthread_mutex_init(&follow->mutex, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&follow->caught_up, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return 0;
}

void follow_destroy(struct follow *follow)
{
	close(follow->wake);
	pthread_cond_destroy(&follow->caught_up);
	pthread_mutex_destroy(&follow->mutex);
}

/* ---- the clone ---- */

static int open_source(struct server *server, struct source *source)
{
	struct statx st;

	source->table = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (source->table < 0)
		return -errno;
	source->tree = open_tree(AT_FDCWD, server->mountpoint, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (source->tree < 0 ||
	    statx(source->tree, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &st) < 0)
		return -errno;
	source->dev = makedev(st.stx_dev_major, st.stx_dev_minor);
	/* From here on, the mode is not switched under the files of this mount. */
	device_setup_mounted(server, source->dev);
	source->meta = openat(source->tree, META_DIR, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return source->meta < 0
		       ? -errno
		       : device_attach_superblock(volume_device(server->vol), source->meta);
}

static void close_source(struct server *server, struct source *source)
{
	const int fds[] = { source->meta, source->tree, source->table };

	device_detach(volume_device(server->vol));
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static int is_mount(void *arg, const struct mount_entry *entry)
{
	const struct source *source = arg;

	return entry->dev == source->dev;
}

/* ---- reading ---- */

/* If this process has switched the mode, it has read the volume before: then only checks that the
 * mount shows the same file system. */
static int load_volume(struct server *server, const struct source *source, struct famfs_error *err)
{
	const struct volume_params params = { .access = DEVICE_READ };
	struct famfs_volume *vol = server->vol;
	bool known = server_stage(server) == SERVER_READY;
	int ret = known ? 0 : volume_load_superblock(vol, &params, err);

	if (ret < 0)
		return ret;
	/* The length of the log is known now, so its file can be looked up. */
	if (!known)
		server_set_stage(server, SERVER_SUPERBLOCK);
	ret = device_attach_log(volume_device(vol), source->meta);
	if (ret < 0)
		return error_errno(err, ret, "cannot map the log of '%s' through '%s'",
				   volume_device_path(vol), server->mountpoint);
	if (known)
		return volume_catch_up(vol, err);
	ret = volume_load_log(vol, err);
	return ret < 0 ? ret : device_setup_finish(server, err);
}

static int open_through_mount(struct server *server, struct source *source, struct famfs_error *err)
{
	int ret = open_source(server, source);
	char why[120];

	if (!shim_was_asked(&server->shim) && (ret == 0 || ret == -EOPNOTSUPP))
		return error_set(err, -EOPNOTSUPP,
				 "the kernel took the capability and asks for no maps");
	/* The kernel took the capability, and refused the map because of its units. */
	if (ret == -EINVAL && kernel_units_too_large(0, why, sizeof(why)))
		return error_set(err, -EOPNOTSUPP, "the kernel cannot map the files of '%s': %s",
				 server->mountpoint, why);
	if (ret < 0)
		return error_errno(err, ret, "the kernel cannot map the files of '%s'",
				   server->mountpoint);
	ret = load_volume(server, source, err);
	if (ret == 0)
		server_set_stage(server, SERVER_READY);
	return ret;
}

static void catch_up(struct server *server)
{
	struct follow *follow = &server->follow;
	uint64_t asked;
	int ret;

	pthread_mutex_lock(&follow->mutex);
	asked = follow->asked;
	pthread_mutex_unlock(&follow->mutex);
	ret = volume_catch_up(server->vol, NULL);
	pthread_mutex_lock(&follow->mutex);
	follow->answered = asked;
	follow->result = ret;
	pthread_cond_broadcast(&follow->caught_up);
	pthread_mutex_unlock(&follow->mutex);
	if (ret == -ESTALE)
		watch_alert(&server->watch);
}

static bool stopped(struct follow *follow)
{
	bool stop;

	pthread_mutex_lock(&follow->mutex);
	stop = follow->stop;
	pthread_mutex_unlock(&follow->mutex);
	return stop;
}

static void set_open(struct follow *follow, bool open)
{
	pthread_mutex_lock(&follow->mutex);
	follow->open = open;
	pthread_cond_broadcast(&follow->caught_up);
	pthread_mutex_unlock(&follow->mutex);
}

/* Returns when the mount has gone, and after follow_stop(). */
static void follow_log(struct server *server, struct source *source)
{
	struct follow *follow = &server->follow;
	struct pollfd fds[] = { { .fd = follow->wake, .events = POLLIN },
				{ .fd = source->table, .events = POLLPRI } };
	uint64_t count;

	set_open(follow, true);
	while (!stopped(follow)) {
		/* The mount may have gone before the first poll(). */
		if (mountinfo_walk(is_mount, source) == 0)
			break;
		do {
			(void)!read(follow->wake, &count, sizeof(count));
			catch_up(server);
			fds[1].revents = 0;
			(void)poll(fds, 2, PERIOD_MS);
		} while (!fds[1].revents && !stopped(follow));
	}
	set_open(follow, false);
}

/* A failure does not end the mount: cache lines of large files are not dropped either. */
static void start_invalidating(struct server *server, const struct source *source)
{
	int ret = invalidate_start(server, source->tree);

	if (ret < 0)
		server_log(server, LOG_WARNING,
			   "cannot drop cache lines when a file is opened: %s; what other hosts "
			   "wrote may be seen late",
			   strerror(-ret));
}

static void *run(void *arg)
{
	struct server *server = arg;
	struct source source = { .tree = -1, .meta = -1, .table = -1 };
	struct famfs_error err = { 0 };
	int ret = open_through_mount(server, &source, &err);

	if (ret < 0) {
		server_fail(server, &err);
	} else {
		start_invalidating(server, &source);
		server->follow.ready(server);
		follow_log(server, &source);
	}
	/* Before the clone is closed: the threads have files of it open. */
	invalidate_stop(server);
	close_source(server, &source);
	return NULL;
}

/* ---- for other threads ---- */

int follow_start(struct server *server, void (*ready)(struct server *server))
{
	struct follow *follow = &server->follow;
	int ret;

	follow->ready = ready;
	ret = thread_start(&follow->thread, run, server);
	follow->running = ret == 0;
	return ret;
}

static void wake(struct follow *follow)
{
	const uint64_t one = 1;

	(void)!write(follow->wake, &one, sizeof(one));
}

int follow_catch_up(struct follow *follow)
{
	struct timespec until;
	uint64_t mine;
	int ret = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += PATIENCE_SECOND;
	pthread_mutex_lock(&follow->mutex);
	mine = ++follow->asked;
	wake(follow);
	while (follow->open && follow->answered < mine && ret == 0)
		ret = pthread_cond_timedwait(&follow->caught_up, &follow->mutex, &until);
	ret = follow->answered >= mine ? follow->result : 0;
	pthread_mutex_unlock(&follow->mutex);
	return ret;
}

void follow_stop(struct follow *follow)
{
	pthread_mutex_lock(&follow->mutex);
	follow->stop = true;
	pthread_mutex_unlock(&follow->mutex);
	wake(follow);
}

void follow_join(struct follow *follow)
{
	if (follow->running)
		pthread_join(follow->thread, NULL);
	follow->running = false;
}
