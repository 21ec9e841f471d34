/* SPDX-License-Identifier: Apache-2.0 */
/* A pool of threads with a bounded queue. */
#ifndef CLI_CORE_POOL_H
#define CLI_CORE_POOL_H

struct pool;

/*
 * Starts `threads` threads, which call work(job). With 1, or if no thread can be started,
 * pool_submit() calls it. Returns NULL without memory.
 */
struct pool *pool_start(unsigned threads, void (*work)(void *job));

/* Queues a job; waits while the queue is full. */
void pool_submit(struct pool *pool, void *job);

/* Waits until every job is done, and ends the threads. */
void pool_finish(struct pool *pool);

#endif
