/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pool.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

/* Short, because each job holds an open file. */
#define QUEUE_LENGTH 64

struct pool {
	void (*work)(void *job);
	pthread_mutex_t lock; /* protects the members below */
	pthread_cond_t filled;
	pthread_cond_t drained;
	bool closed;
	unsigned first;
	unsigned count;
	void *queue[QUEUE_LENGTH];

	unsigned nthreads; /* 0: pool_submit() does the work */
	pthread_t threads[];
};

static void *run_thread(void *arg)
{
	struct pool *pool = arg;

	for (;;) {
		void *job = NULL;

		pthread_mutex_lock(&pool->lock);
		while (!pool->count && !pool->closed)
			pthread_cond_wait(&pool->filled, &pool->lock);
		if (pool->count) {
			job = pool->queue[pool->first];
			pool->first = (pool->first + 1) % QUEUE_LENGTH;
			pool->count--;
			pthread_cond_signal(&pool->drained);
		}
		pthread_mutex_unlock(&pool->lock);
		if (!job)
			return NULL;
		pool->work(job);
	}
}

struct pool *pool_start(unsigned threads, void (*work)(void *job))
{
	struct pool *pool = calloc(1, sizeof(*pool) + threads * sizeof(pool->threads[0]));

	if (!pool)
		return NULL;
	pool->work = work;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->filled, NULL);
	pthread_cond_init(&pool->drained, NULL);
	if (threads < 2)
		return pool;

	while (pool->nthreads < threads &&
	       pthread_create(&pool->threads[pool->nthreads], NULL, run_thread, pool) == 0)
		pool->nthreads++;
	/* If not all threads can be started, fewer do the work. */
	return pool;
}

void pool_submit(struct pool *pool, void *job)
{
	if (!pool->nthreads) {
		pool->work(job);
		return;
	}
	pthread_mutex_lock(&pool->lock);
	while (pool->count == QUEUE_LENGTH)
		pthread_cond_wait(&pool->drained, &pool->lock);
	pool->queue[(pool->first + pool->count++) % QUEUE_LENGTH] = job;
	pthread_cond_signal(&pool->filled);
	pthread_mutex_unlock(&pool->lock);
}

void pool_finish(struct pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	pool->closed = true;
	pthread_cond_broadcast(&pool->filled);
	pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < pool->nthreads; i++)
		pthread_join(pool->threads[i], NULL);
	pthread_cond_destroy(&pool->drained);
	pthread_cond_destroy(&pool->filled);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}
