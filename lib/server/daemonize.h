/* SPDX-License-Identifier: Apache-2.0 */
/* Starts a server process that outlives the caller and reports to it whether the start succeeded.
 */
#ifndef SERVER_DAEMONIZE_H
#define SERVER_DAEMONIZE_H

#include "famfs.h"

struct daemon;

/* 0 or a negative errno with its error, like a public function. */
typedef int (*daemon_fn)(void *arg, struct daemon *daemon, struct famfs_error *err);

/*
 * Runs `serve` in a process of its own: no child of the caller, in a new session, without the
 * descriptors of the caller except the standard streams. Returns 0 as soon as `serve` has called
 * daemon_ready(), the error of `serve` when it returned before that, and -EIO when the process
 * died. The process ends through _exit(2) when `serve` returns.
 */
int daemonize(daemon_fn serve, void *arg, struct famfs_error *err);

/* Gives up the standard streams and the working directory, and makes daemonize() return. From any
 * thread, once. -EPIPE when the caller of daemonize() has ended. */
int daemon_ready(struct daemon *daemon);

#endif
