/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that no kernel of the generation sends, and what may come back: an errno, or the right
 * map for as much room as there was. */
#ifndef FUSEKERNEL_ODD_H
#define FUSEKERNEL_ODD_H

#include "kernel.h"
#include "tree.h"
#include "vfs.h"

/* A request for a map: that many bytes in all (40 and more), the argument from `arg`, or garbage
 * when that is NULL. */
struct odd_request {
	uint64_t nodeid;
	uint32_t length;
	const uint32_t *arg;
	uint64_t unique; /* 0: a new one */
};

uint64_t odd_send(struct kernel *kernel, const struct odd_request *request);

/* Fails the test when the reply has a map that is not the file's. With `file` NULL it must be an
 * error. Says whether it was a whole map. */
bool odd_check(struct kernel *kernel, const struct odd_request *request, const struct reply *reply,
	       const struct tree_file *file);

/* Both. */
bool odd_try(struct kernel *kernel, const struct odd_request *request,
	     const struct tree_file *file);

/* The server serves: a file is opened, and its map is right. */
void still_serves(struct kernel *kernel);

#endif
