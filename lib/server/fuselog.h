/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What libfuse and fusermount3 say, which they would print. libfuse's log function is one for the
 * process and has no argument, so this keeps the only state of the library that is global, and only
 * while a session runs.
 */
#ifndef SERVER_FUSELOG_H
#define SERVER_FUSELOG_H

#include "server/server.h"

void fuselog_begin(struct server *server);
void fuselog_end(void);

/* Between these two, what libfuse logs and what reaches standard error is kept and not passed on:
 * it is the reason of a failure. */
struct fuselog_stderr {
	int saved;
	int file;
};

void fuselog_capture(struct fuselog_stderr *captured);
void fuselog_release(struct fuselog_stderr *captured);

/* The first line that was kept, without the name of who said it; "" when there is none. */
const char *fuselog_text(void);

#endif
