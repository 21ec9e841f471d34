/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What another host wrote before an open must be seen after it. Where the kernel maps the files,
 * this host's caches may still hold older lines of them, so these lines are dropped before OPEN is
 * answered.
 *
 * The cache instructions need an address. Threads of our own open the file once more, by a file
 * handle and through the follower's clone of the mount, map it, run the instructions, unmap it and
 * answer the first OPEN. The thread that received that OPEN does not wait: it answers what the
 * second open asks for, so that one thread is enough and no number of opens can block the server.
 *
 * Files larger than a limit are opened as they are, since the time grows with the size.
 */
#ifndef SERVER_INVALIDATE_H
#define SERVER_INVALIDATE_H

#include "base/persist.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Without -o invalidate=. Dropping so many lines takes as long as reading them once: about 10 ms.
 */
#define INVALIDATE_DEFAULT (UINT64_C(64) << 20)

#define INVALIDATE_THREADS 4

struct fuse_file_info;
struct fuse_req;
struct server;
struct invalidate_job;

struct invalidator {
	uint64_t limit;        /* bytes of a file; 0: no file is looked at. Does not change */
	pthread_mutex_t mutex; /* of what follows, up to `tids` */
	pthread_cond_t wake;   /* there is a job, or an end */
	pthread_cond_t silent; /* `replying` is 0 */
	bool running;          /* takes jobs */
	bool closing;          /* the connection is about to be closed: nothing is answered */
	unsigned int replying;
	struct invalidate_job *first, *last;
	unsigned int ntids;
	pid_t tids[INVALIDATE_THREADS]; /* of the threads that take jobs */
	bool complained;                /* atomic */
	/* Used by the thread that starts and stops the others. */
	int root; /* the root of the clone, open; -1 */
	unsigned int nthreads;
	pthread_t threads[INVALIDATE_THREADS];
};

void invalidate_init(struct invalidator *inv, uint64_t limit);
void invalidate_destroy(struct invalidator *inv);

/* `tree`: an O_PATH descriptor of the clone's root. -errno when there is no thread or no root. */
int invalidate_start(struct server *server, int tree);

/* Answers OPEN of a regular file when its lines are dropped: true, and `req` is taken. False when
 * there is nothing to do, and the caller answers at once: the server reads the files itself, the
 * file is empty or larger than the limit, the opener is a thread of this, or nothing is started. */
bool invalidate_open(struct server *server, struct fuse_req *req, uint64_t ino,
		     const struct fuse_file_info *fi);

/* From now on, what is still open is not answered: to be called before the connection is closed,
 * and while it may still be needed by an invalidation. Waits for answers that are being given. */
void invalidate_close(struct invalidator *inv);

/* Waits for the threads and drops what was got from the clone. Jobs are answered at once. The
 * server must answer requests, or its connection be closed. */
void invalidate_stop(struct server *server);

/* Drops the lines of an open file. -errno when it cannot be mapped. */
int invalidate_file(int fd, uint64_t size, const struct persist *persist);

#endif
