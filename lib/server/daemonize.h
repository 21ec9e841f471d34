/* SPDX-License-Identifier: Apache-2.0 */
/* A server process that outlives the caller, and tells it how its start went. */
#ifndef SERVER_DAEMONIZE_H
#define SERVER_DAEMONIZE_H

#include "famfs.h"

struct daemon;

/* 0 or a negative errno with its error, like a public function. */
typedef int (*daemon_fn)(void *arg, struct daemon *daemon, struct famfs_error *err);

/*
 * Runs `serve` in a process of its own, which is not the caller's child, in a new session, and has
 * none of the caller's descriptors but the standard ones. Returns 0 as soon as `serve` called
 * daemon_ready(), its error when it returned before, and -EIO when the process died. The process
 * ends through exit(3) when `serve` returns.
 */
int daemonize(daemon_fn serve, void *arg, struct famfs_error *err);

/* Lets go of the standard streams and the working directory, and makes daemonize() return. From any
 * thread, once. -EPIPE when the caller of daemonize() is gone. */
int daemon_ready(struct daemon *daemon);

#endif
