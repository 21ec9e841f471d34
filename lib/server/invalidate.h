/* SPDX-License-Identifier: Apache-2.0 */
/*
 * After an open, a program must see what another host wrote before it. Where the kernel maps the
 * files, the caches of this host may still hold older lines, so the lines of the file are dropped
 * before OPEN is answered.
 *
 * The cache instructions need an address. A few threads open the file once more, by a file handle
 * and through the follower's clone of the mount, map it, run the instructions, unmap it and answer
 * the first OPEN. The thread that received that OPEN does not wait, because it may have to answer
 * the requests of the second open: one serving thread is enough, and no number of opens can block
 * the server.
 *
 * Files larger than a limit are opened without this, since the time grows with the size.
 */
#ifndef SERVER_INVALIDATE_H
#define SERVER_INVALIDATE_H

#include "base/persist.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The limit without -o invalidate=. To drop that much takes as long as to read it once, about
 * 10 ms. */
#define INVALIDATE_DEFAULT (UINT64_C(64) << 20)

#define INVALIDATE_THREADS 4

struct fuse_file_info;
struct fuse_req;
struct server;
struct invalidate_job;

struct invalidator {
	uint64_t limit;        /* bytes; larger files are left alone; 0: all. Does not change */
	pthread_mutex_t mutex; /* of the members from here to `tids` */
	pthread_cond_t wake;   /* there is a job, or the threads must end */
	pthread_cond_t silent; /* `replying` is 0 */
	bool running;          /* jobs are taken */
	bool closing;          /* the connection is about to be closed: no job is answered */
	unsigned int replying;
	struct invalidate_job *first, *last;
	unsigned int ntids;
	pid_t tids[INVALIDATE_THREADS]; /* of the threads that take jobs */
	bool warned;                    /* atomic */
	/* Only for the thread that starts and stops the others. */
	int root; /* the root of the clone, open; -1 */
	unsigned int nthreads;
	pthread_t threads[INVALIDATE_THREADS];
};

void invalidate_init(struct invalidator *inv, uint64_t limit);
void invalidate_destroy(struct invalidator *inv);

/* `tree` is an O_PATH descriptor of the clone's root. Returns -errno if no thread can be started
 * or the root cannot be opened. */
int invalidate_start(struct server *server, int tree);

/* Takes over `req`, an OPEN of a regular file, answers it once the lines are dropped, and
 * returns true. Returns false if there are no lines to drop, and the caller answers at once: the
 * server reads the files itself, the file is empty or larger than the limit, the opener is one of
 * these threads, or no thread is started. */
bool invalidate_open(struct server *server, struct fuse_req *req, uint64_t ino,
		     const struct fuse_file_info *fi);

/* Stops answering jobs. Call before the connection is closed. Waits for replies that are being
 * written; jobs go on, and may still need answers of the server. */
void invalidate_close(struct invalidator *inv);

/* Ends the threads, waits for that, and closes the root of the clone. Jobs that wait are answered
 * without dropping lines. The server must still answer requests, or its connection be closed. */
void invalidate_stop(struct server *server);

/* Drops the lines of an open file. Returns -errno if it cannot be mapped. */
int invalidate_file(int fd, uint64_t size, const struct persist *persist);

#endif
