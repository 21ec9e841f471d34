/* SPDX-License-Identifier: Apache-2.0 */
/* A few threads that work off a bounded queue. */
#ifndef CLI_CORE_POOL_H
#define CLI_CORE_POOL_H

struct pool;

/*
 * Starts `threads` threads, each of which calls work(job). With one thread there is none: the
 * submitter does the work itself, and also when none can be had. NULL when there is no memory.
 */
struct pool *pool_start(unsigned threads, void (*work)(void *job));

/* Hands a job over; waits while the queue is full. */
void pool_submit(struct pool *pool, void *job);

/* Waits until every job is done, and ends the threads. */
void pool_finish(struct pool *pool);

#endif
