/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Catches the messages of libfuse and fusermount3, which they would print. The log function of
 * libfuse is global and has no argument, so this file keeps the only global state of the library,
 * and only while a session runs.
 */
#ifndef SERVER_FUSELOG_H
#define SERVER_FUSELOG_H

#include "server/server.h"

void fuselog_begin(struct server *server);
void fuselog_end(void);

/* Between these two, the messages of libfuse and all writes to standard error are kept and not
 * passed on: they are the reason of a failure. */
struct fuselog_stderr {
	int saved;
	int file;
};

void fuselog_capture(struct fuselog_stderr *captured);
void fuselog_release(struct fuselog_stderr *captured);

/* The first line that was kept, without the name of its program; "" if there is none. */
const char *fuselog_text(void);

#endif
