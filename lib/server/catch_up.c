/* SPDX-License-Identifier: Apache-2.0 */
#include "server/catch_up.h"

#include "server/server.h"

#include <errno.h>

static int alert_if_stale(struct server *server, int ret)
{
	if (ret == -ESTALE)
		watch_alert(&server->watch);
	return ret;
}

int server_catch_up(struct server *server)
{
	if (server_stage(server) < SERVER_READY)
		return -EAGAIN;
	return alert_if_stale(server, server_in_famfs_mode(server)
					      ? follow_catch_up(&server->follow)
					      : volume_catch_up(server->vol, NULL));
}

int server_check_stale(struct server *server)
{
	return alert_if_stale(server, server_stale_state(server));
}

static bool needs_no_log(const struct server *server, bool meta)
{
	return meta && server_stage(server) < SERVER_READY;
}

int server_catch_up_for(struct server *server, bool meta)
{
	return needs_no_log(server, meta) ? 0 : server_catch_up(server);
}

int server_check_stale_for(struct server *server, bool meta)
{
	return needs_no_log(server, meta) ? 0 : server_check_stale(server);
}
