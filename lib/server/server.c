/* SPDX-License-Identifier: Apache-2.0 */
#include "server/server.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <syslog.h>

bool server_reaches_mount(const struct server *server)
{
	return strncmp(server->mountpoint, "/dev/fd/", 8) != 0;
}

void server_end_session(struct server *server, const struct famfs_error *err)
{
	server->failure = *err;
	__atomic_store_n(&server->failed, true, __ATOMIC_RELEASE);
	fuse_session_exit(server->session);
}

void server_fail(struct server *server, const struct famfs_error *err)
{
	server_end_session(server, err);
	if (server_reaches_mount(server))
		(void)umount2(server->mountpoint, MNT_DETACH | UMOUNT_NOFOLLOW);
}

int server_stale_state(const struct server *server)
{
	if (server_stage(server) < SERVER_READY)
		return -EAGAIN;
	/* In famfs mode only the follower's thread may read the device. */
	if (server_in_famfs_mode(server))
		return volume_is_stale(server->vol) ? -ESTALE : 0;
	return volume_check_stale(server->vol, NULL);
}

void server_set_io_status(struct server *server, const struct fmap_profile *profile,
			  const char *why)
{
	server_log(server, LOG_INFO, "fmap %s", io_status_set(&server->io_status, profile, why));
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
