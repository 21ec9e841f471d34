/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A famfs kernel in front of a real mount: between the real kernel, which has no famfs, and the
 * server. Operations of programs in the mount arrive here as FUSE requests. Names and attributes
 * come from the server; reads and writes go to the image, by the maps of the server. The rules of
 * vfs.h apply to all of them. So the real kernel executes the server's own opens, its
 * clone of the mount, plain unmounts and every command.
 *
 * The processor has a cache: bytes of a file that a program has read do not change when another
 * host stores into the device, until the server has gone through its own mapping of the file.
 */
#ifndef FUSEKERNEL_MOUNTED_H
#define FUSEKERNEL_MOUNTED_H

#include "cpucache.h"
#include "kernel.h"
#include "vfs.h"

#include <pthread.h>

#define MAX_OPENS 4096
#define WORKERS   64 /* more than the number of concurrent opens: each waits for its reply */

struct mounted {
	struct kernel kernel;
	int fuse; /* descriptor of the real kernel's connection */
	pthread_t workers[WORKERS];
	unsigned int nworkers;
	/* Held for everything except reads and writes. Released while a thread waits for the
	 * server, which may open files of the mount before it answers. */
	pthread_mutex_t lock;
	struct cpu_cache cache;
	struct {
		bool used;
		struct file file;
		bool by_server;
	} opens[MAX_OPENS];
	unsigned int unmapped_reads;
	/* Set before the start: the kernel negotiates famfs, but requests no map. */
	bool asks_nothing;
};

/* Starts the server on setup->mountpoint and answers the real kernel until it ends. False when the
 * test has failed; mounted_end() is due in any case. */
bool mounted_begin(struct mounted *mounted, const struct setup *setup, const struct tree *tree,
		   const struct generation *gen, const char *options);

/* Waits for the end of the mount and of the server, which must succeed, or exit with that code. */
void mounted_end(struct mounted *mounted, int code);

/* Answers a request of a program, as the server's kernel would. */
void mounted_answer(struct mounted *mounted, const struct fuse_in_header *header, const void *body);

/* Breaks the rules one by one, and checks that each is noticed. */
void mounted_proof(struct mounted *mounted, const struct setup *setup, const struct tree *tree);

void mounted_reply(const struct mounted *mounted, uint64_t unique, int error, const void *data,
		   size_t size);

#endif
