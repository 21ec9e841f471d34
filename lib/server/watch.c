/* SPDX-License-Identifier: Apache-2.0 */
#include "server/watch.h"

#include "base/thread.h"
#include "server/node.h"
#include "server/server.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define PERIOD_SECONDS 1

/* Sends no notification after the end of the session: a process that waits for an answer never
 * gets it, and may hold the locks that the notification needs. */
static bool session_ended(const struct server *server, int ret)
{
	return ret == -ENODEV || ret == -EBADF || fuse_session_exited(server->session);
}

static bool drop_cached_entries(const struct server *server)
{
	struct dir_entry entry = { .next = 0 };

	/* With a child of the root, the kernel also drops all entries below it. */
	while (inode_next_entry(server, FUSE_ROOT_ID, entry.next, &entry)) {
		int ret = fuse_lowlevel_notify_inval_entry(server->session, FUSE_ROOT_ID,
							   entry.name, strlen(entry.name));

		if (session_ended(server, ret))
			return false;
	}
	fuse_lowlevel_notify_inval_entry(server->session, FUSE_ROOT_ID, META_DIR, strlen(META_DIR));
	return true;
}

/* Open files keep their inodes, so pages and attributes are dropped for each inode. Of a mapped
 * file only the attributes may be dropped, which a negative offset says: the kernel has no pages of
 * it, and warns when it is to drop them, which ends a host with panic_on_warn. */
static void drop_cached_inodes(const struct server *server)
{
	const struct namespace *ns = volume_namespace(server->vol);
	const off_t offset = shim_maps(&server->shim) ? -1 : 0;
	uint64_t end = node_of_entry(ns->capacity) + ns->implicit;

	for (uint64_t node = NODE_ROOT; node < end; node++) {
		int ret;

		if (!node_exists(ns, node))
			continue;
		ret = fuse_lowlevel_notify_inval_inode(server->session, node, offset, 0);
		if (session_ended(server, ret))
			return;
	}
}

/* Sleeps until the next check is due; false if the thread must end. */
static bool wait_for_alert(struct watch *watch)
{
	struct timespec until;
	bool go_on;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += PERIOD_SECONDS;
	pthread_mutex_lock(&watch->mutex);
	while (!watch->stop && !watch->alerted)
		if (pthread_cond_timedwait(&watch->wake, &watch->mutex, &until) == ETIMEDOUT)
			break;
	go_on = !watch->stop;
	pthread_mutex_unlock(&watch->mutex);
	return go_on;
}

static void *watch_run(void *arg)
{
	struct server *server = arg;

	while (wait_for_alert(&server->watch)) {
		if (server_stale_state(server) != -ESTALE)
			continue;
		if (drop_cached_entries(server))
			drop_cached_inodes(server);
		break;
	}
	return NULL;
}

void watch_init(struct watch *watch)
{
	pthread_condattr_t monotonic;

	pthread_mutex_init(&watch->mutex, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&watch->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

void watch_destroy(struct watch *watch)
{
	pthread_cond_destroy(&watch->wake);
	pthread_mutex_destroy(&watch->mutex);
}

int watch_start(struct server *server)
{
	/* The signals that end the session must interrupt the thread that waits for its end. */
	int ret = thread_start(&server->watch.thread, watch_run, server);

	server->watch.running = ret == 0;
	return ret;
}

void watch_stop(struct watch *watch)
{
	if (!watch->running)
		return;
	pthread_mutex_lock(&watch->mutex);
	watch->stop = true;
	pthread_cond_signal(&watch->wake);
	pthread_mutex_unlock(&watch->mutex);
	pthread_join(watch->thread, NULL);
	watch->running = false;
}

void watch_alert(struct watch *watch)
{
	if (__atomic_load_n(&watch->alerted, __ATOMIC_RELAXED))
		return;
	pthread_mutex_lock(&watch->mutex);
	__atomic_store_n(&watch->alerted, true, __ATOMIC_RELAXED);
	pthread_cond_signal(&watch->wake);
	pthread_mutex_unlock(&watch->mutex);
}
