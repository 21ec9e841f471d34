/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Called before a request is answered: checks that the file system is still the one that was
 * mounted, and applies new log entries.
 *
 * All return 0 or the -errno to answer with; -EAGAIN until the log has been read. The first -ESTALE
 * makes the watch drop the kernel's caches.
 */
#ifndef SERVER_CATCH_UP_H
#define SERVER_CATCH_UP_H

#include <stdbool.h>

struct server;

/* Applies new log entries. In famfs mode the follower does that, see follow.h. */
int server_catch_up(struct server *server);

/* Only checks that the file system is still the one that was mounted. In famfs mode this is the
 * last result of the follower. */
int server_check_stale(struct server *server);

/* Like server_catch_up(), but a request that is only about .meta (`meta`) is also answered
 * before the log has been read. */
int server_catch_up_for(struct server *server, bool meta);
int server_check_stale_for(struct server *server, bool meta);

#endif
