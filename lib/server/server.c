/* SPDX-License-Identifier: Apache-2.0 */
#include "server/server.h"

#include "server/daemonize.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

static int note_stale(struct server *server, int ret)
{
	if (ret == -ESTALE)
		watch_alert(&server->watch);
	return ret;
}

int server_follow(struct server *server)
{
	return note_stale(server, volume_catch_up(server->vol, NULL));
}

int server_check(struct server *server)
{
	return note_stale(server, volume_check_stale(server->vol, NULL));
}

static void tell_ready(struct server *server)
{
	server_log(server, LOG_INFO, "serving '%s' as %s, %s", server->vol->dev->path,
		   server->vol->role == FAMFS_ROLE_MASTER ? "master" : "client",
		   server->read_only ? "read-only" : "read-write");
	/* A starter that was interrupted does not want the mount any more. */
	if (server->daemon && daemon_ready(server->daemon) < 0)
		fuse_session_exit(server->session);
}

/* Whether the kernel is to map files, at a place where this process can open them. */
static bool wants_priming(const struct server *server)
{
	return shim_serves(&server->shim) && strncmp(server->mountpoint, "/dev/fd/", 8) != 0;
}

void server_milestone(struct server *server)
{
	if (__atomic_add_fetch(&server->milestones, 1, __ATOMIC_ACQ_REL) != 2)
		return;
	if (!wants_priming(server) || prime_start(server, tell_ready) < 0)
		tell_ready(server);
}

void server_set_io_status(struct server *server, const struct fmap_profile *profile,
			  const char *why)
{
	/* Requests may be reading the first one while the second is made. */
	char *text = server->io_texts[server->io_status ? 1 : 0];

	snprintf(text, sizeof(server->io_texts[0]), "%s: %s", profile->name, why);
	__atomic_store_n(&server->io_status, text, __ATOMIC_RELEASE);
	server_log(server, LOG_INFO, "fmap %s", text);
}

void server_log(const struct server *server, int priority, const char *format, ...)
{
	char message[640];
	va_list ap;

	if (!server->log_fn)
		return;
	va_start(ap, format);
	vsnprintf(message, sizeof(message), format, ap);
	va_end(ap);
	server->log_fn(server->log_arg, priority, message);
}
