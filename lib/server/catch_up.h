/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Before a request is answered: is the file system still the one that was mounted, and what has
 * been added to its log?
 *
 * All return 0 or the -errno to answer with. The first -ESTALE makes the watch drop the kernel's
 * caches. Before the log is read: -EAGAIN.
 */
#ifndef SERVER_CATCH_UP_H
#define SERVER_CATCH_UP_H

#include <stdbool.h>

struct server;

/* Applies what was added to the log. In famfs mode the follower does that, see follow.h. */
int server_catch_up(struct server *server);

/* Only looks whether the file system is still the one that was mounted. In famfs mode this is what
 * the follower saw last. */
int server_check_stale(struct server *server);

/* The same for a request that is only about .meta (`meta`), which is answered before the log is
 * read, too. */
int server_catch_up_for(struct server *server, bool meta);
int server_check_stale_for(struct server *server, bool meta);

#endif
