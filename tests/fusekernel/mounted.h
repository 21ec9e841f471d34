/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A famfs kernel in front of a real mount: between the real kernel, which knows nothing of famfs,
 * and the server. What programs do in the mount comes here as FUSE requests. Names and attributes
 * are the server's; what is read and written goes to the image, by the maps that the server has
 * given; and all of it by the rules of vfs.h. So the server's own opens, its clone of the mount,
 * plain unmounts and every command are played by the real kernel.
 *
 * The processor has a cache: what a program has read of a file stays as it was, whatever another
 * host stores into the device, until the server has run through its own mapping of the file.
 */
#ifndef FUSEKERNEL_MOUNTED_H
#define FUSEKERNEL_MOUNTED_H

#include "cpucache.h"
#include "kernel.h"
#include "vfs.h"

#include <pthread.h>

#define MAX_OPENS 4096
#define WORKERS   64 /* more than there are opens at once: each waits for its reply */

struct mounted {
	struct kernel kernel;
	int fuse; /* the real kernel's */
	pthread_t workers[WORKERS];
	unsigned int nworkers;
	/* Held for all but reading and writing, and not while a thread waits for the server: it may
	 * open files of the mount before it answers. */
	pthread_mutex_t lock;
	struct cpu_cache cache;
	struct {
		bool used;
		struct file file;
		bool by_server;
	} opens[MAX_OPENS];
	unsigned int unmapped_reads;
	/* To be set before the beginning: takes the capability, and asks for no map. */
	bool asks_nothing;
};

/* Starts the server on setup->mountpoint and answers the real kernel until it ends. False when the
 * test has failed; mounted_end() is due in any case. */
bool mounted_begin(struct mounted *mounted, const struct setup *setup, const struct tree *tree,
		   const struct generation *gen, const char *options);

/* Waits for the end of the mount and of the server, which must end well, or with that code. */
void mounted_end(struct mounted *mounted, int code);

/* What a program wants, as the server's kernel answers it. */
void mounted_answer(struct mounted *mounted, const struct fuse_in_header *header, const void *body);

/* Breaks rules one by one, each of which has to be noticed. */
void mounted_proof(struct mounted *mounted, const struct setup *setup, const struct tree *tree);

void mounted_reply(const struct mounted *mounted, uint64_t unique, int error, const void *data,
		   size_t size);

#endif
