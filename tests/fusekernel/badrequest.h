/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that no kernel of the generation sends. The reply must be an errno, or the right map in
 * the size of the buffer. */
#ifndef FUSEKERNEL_BADREQUEST_H
#define FUSEKERNEL_BADREQUEST_H

#include "kernel.h"
#include "tree.h"
#include "vfs.h"

/* Sends a request for a map with a total size of at least 40 bytes. The argument is a copy of
 * `arg`, or garbage if that is NULL. */
struct badrequest_request {
	uint64_t nodeid;
	uint32_t length;
	const uint32_t *arg;
	uint64_t unique; /* 0: assign a new one */
};

uint64_t badrequest_send(struct kernel *kernel, const struct badrequest_request *request);

/* Fails the test if the reply has a map that is not that of the file. If `file` is NULL it must be
 * an error. Returns whether it was a complete map. */
bool badrequest_check(struct kernel *kernel, const struct badrequest_request *request,
		      const struct reply *reply, const struct tree_file *file);

/* Sends the request and checks the reply. */
bool badrequest_try(struct kernel *kernel, const struct badrequest_request *request,
		    const struct tree_file *file);

/* Checks that the server still works: a file can be opened, and its map is right. */
void still_serves(struct kernel *kernel);

#endif
