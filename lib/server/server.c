/* SPDX-License-Identifier: Apache-2.0 */
#include "server/server.h"

#include "base/error.h"
#include "server/daemonize.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <syslog.h>
#include <unistd.h>

static int note_stale(struct server *server, int ret)
{
	if (ret == -ESTALE)
		watch_alert(&server->watch);
	return ret;
}

int server_follow(struct server *server)
{
	if (server_stage(server) < SERVER_READY)
		return -EAGAIN;
	return note_stale(server, server->follow.used ? follow_look(&server->follow)
						      : volume_catch_up(server->vol, NULL));
}

/* What the thread that looks has seen. */
static int seen(const struct famfs_volume *vol)
{
	return __atomic_load_n(&vol->stale, __ATOMIC_RELAXED) ? -ESTALE : 0;
}

int server_check(struct server *server)
{
	if (server_stage(server) < SERVER_READY)
		return -EAGAIN;
	return note_stale(server, server->follow.used ? seen(server->vol)
						      : volume_check_stale(server->vol, NULL));
}

int server_follow_for(struct server *server, bool meta)
{
	return meta && server_stage(server) < SERVER_READY ? 0 : server_follow(server);
}

int server_check_for(struct server *server, bool meta)
{
	return meta && server_stage(server) < SERVER_READY ? 0 : server_check(server);
}

/* Whether this process can reach the mount by its path. */
static bool has_path(const struct server *server)
{
	return strncmp(server->mountpoint, "/dev/fd/", 8) != 0;
}

void server_fail(struct server *server, const struct famfs_error *err)
{
	server->failure = *err;
	__atomic_store_n(&server->failed, true, __ATOMIC_RELEASE);
	fuse_session_exit(server->session);
	/* The threads that read requests notice it at the next one, or at the end of the mount. */
	if (has_path(server))
		(void)umount2(server->mountpoint, MNT_DETACH | UMOUNT_NOFOLLOW);
}

static void tell_ready(struct server *server)
{
	server_log(server, LOG_INFO, "serving '%s' as %s, %s", server->vol->dev->path,
		   server->vol->role == FAMFS_ROLE_MASTER ? "master" : "client",
		   server->read_only ? "read-only" : "read-write");
	/* A starter that was interrupted does not want the mount any more. A signal, since the
	 * thread that waits for the end of the session looks at its flag only when one wakes it. */
	if (server->daemon && daemon_ready(server->daemon) < 0)
		kill(getpid(), SIGTERM);
}

/* Whether the kernel is to map files, at a place where this process can open them. */
static bool wants_first_open(const struct server *server)
{
	return shim_serves(&server->shim) && has_path(server);
}

static void start_following(struct server *server)
{
	struct famfs_error err = { 0 };
	int ret = __atomic_load_n(&server->failed, __ATOMIC_ACQUIRE)
			  ? 0
			  : follow_start(server, tell_ready);

	if (ret < 0) {
		error_errno(&err, ret, "cannot start a thread");
		server_fail(server, &err);
	}
}

void server_milestone(struct server *server)
{
	if (__atomic_add_fetch(&server->milestones, 1, __ATOMIC_ACQ_REL) != 2)
		return;
	/* In famfs mode the first open is that of who follows. */
	if (server->follow.used)
		start_following(server);
	else if (!wants_first_open(server) || first_open_start(server, tell_ready) < 0)
		tell_ready(server);
}

void server_set_io_status(struct server *server, const struct fmap_profile *profile,
			  const char *why)
{
	/* Requests may be reading one while the next is made: when INIT comes, when a request shows
	 * another profile, when none comes. */
	char *text = server->io_texts[__atomic_fetch_add(&server->io_text, 1, __ATOMIC_RELAXED)];

	snprintf(text, sizeof(server->io_texts[0]), "%s: %s", profile->name, why);
	__atomic_store_n(&server->io_status, text, __ATOMIC_RELEASE);
	server_log(server, LOG_INFO, "fmap %s", text);
}

bool server_may_log(struct server *server, int priority)
{
	return ratelimit_log(&server->log_limit, priority, server->log_fn, server->log_arg);
}

__attribute__((format(printf, 3, 0))) static void log_text(struct server *server, int priority,
							   const char *format, va_list ap)
{
	char message[640];

	vsnprintf(message, sizeof(message), format, ap);
	server->log_fn(server->log_arg, priority, message);
}

void server_log_allowed(struct server *server, int priority, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	log_text(server, priority, format, ap);
	va_end(ap);
}

void server_log(struct server *server, int priority, const char *format, ...)
{
	va_list ap;

	if (!server_may_log(server, priority))
		return;
	va_start(ap, format);
	log_text(server, priority, format, ap);
	va_end(ap);
}
