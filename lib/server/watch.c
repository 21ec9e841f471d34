/* SPDX-License-Identifier: Apache-2.0 */
#include "server/watch.h"

#include "base/thread.h"
#include "server/node.h"
#include "server/server.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define PERIOD_SECONDS 1

/* Notifications end with the session: who waits for an answer when it has gone waits in vain, and
 * may hold what the next notification needs. */
static bool session_ended(const struct server *server, int ret)
{
	return ret == -ENODEV || ret == -EBADF || fuse_session_exited(server->session);
}

static bool drop_entries(const struct server *server)
{
	struct dir_entry entry = { .next = 0 };

	/* Whole subtrees go with the children of the root. */
	while (inode_next_entry(server, FUSE_ROOT_ID, entry.next, &entry)) {
		int ret = fuse_lowlevel_notify_inval_entry(server->session, FUSE_ROOT_ID,
							   entry.name, strlen(entry.name));

		if (session_ended(server, ret))
			return false;
	}
	fuse_lowlevel_notify_inval_entry(server->session, FUSE_ROOT_ID, META_DIR, strlen(META_DIR));
	return true;
}

/* Files that are open keep their inodes: their pages and attributes go one by one. Of a mapped file
 * only the attributes may go, by a negative offset: the kernel has no pages of it, and dropping
 * them all the same makes it warn, which ends a host with panic_on_warn. */
static void drop_inodes(const struct server *server)
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

/* Sleeps until there is something to look at; false when the watch is to end. */
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
		if (server_check(server) != -ESTALE)
			continue;
		if (drop_entries(server))
			drop_inodes(server);
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
