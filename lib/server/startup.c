/* SPDX-License-Identifier: Apache-2.0 */
#include "server/startup.h"

#include "base/error.h"
#include "server/daemonize.h"
#include "server/server.h"

#include <signal.h>
#include <syslog.h>
#include <unistd.h>

#define STEPS 2

static void report_ready(struct server *server)
{
	server_log(server, LOG_INFO, "serving '%s' as %s, %s", volume_device_path(server->vol),
		   volume_role(server->vol) == FAMFS_ROLE_MASTER ? "master" : "client",
		   server->read_only ? "read-only" : "read-write");
	/* A starter that was interrupted does not want the mount any more. A signal, since the
	 * thread that waits for the end of the session looks at its flag only when one wakes it. */
	if (server->daemon && daemon_ready(server->daemon) < 0)
		kill(getpid(), SIGTERM);
}

/* Whether the kernel will map files, at a place where this process can open them. */
static bool needs_first_open(const struct server *server)
{
	return shim_serves(&server->shim) && server_reaches_mount(server);
}

static void start_following(struct server *server)
{
	struct famfs_error err = { 0 };
	int ret = server_has_failed(server) ? 0 : follow_start(server, report_ready);

	if (ret < 0) {
		error_errno(&err, ret, "cannot start a thread");
		server_fail(server, &err);
	}
}

void startup_step_done(struct server *server)
{
	if (__atomic_add_fetch(&server->startup_steps, 1, __ATOMIC_ACQ_REL) != STEPS)
		return;
	/* In famfs mode the follower opens the first file. */
	if (server_in_famfs_mode(server))
		start_following(server);
	else if (!needs_first_open(server) || first_open_start(server, report_ready) < 0)
		report_ready(server);
}
