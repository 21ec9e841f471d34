/* SPDX-License-Identifier: Apache-2.0 */
/* A session mounts, serves and unmounts the file system. */
#ifndef SERVER_SESSION_H
#define SERVER_SESSION_H

#include "server/options.h"
#include "server/server.h"

struct session_params {
	const struct mount_options *options;
	const char *mountpoint; /* absolute */
	bool debug;             /* log every request */
};

/*
 * Mounts, serves until the unmount or until SIGINT, SIGTERM or SIGHUP, and unmounts if necessary.
 * server->vol must be open and outlives the call. One session at a time in a process, since the log
 * function and the signal handlers of libfuse are global.
 */
int session_run(struct server *server, const struct session_params *params,
		struct famfs_error *err);

/* The parts of session_run(), for tests that send messages themselves. After session_create()
 * succeeded, the session ends with session_destroy(), mounted or not. */
int session_create(struct server *server, const struct session_params *params,
		   struct famfs_error *err);
int session_mount(struct server *server, const struct session_params *params,
		  struct famfs_error *err);
void session_destroy(struct server *server);

#endif
