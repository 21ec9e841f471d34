/* SPDX-License-Identifier: Apache-2.0 */
/* Bounds how many messages others can cause. */
#ifndef BASE_RATELIMIT_H
#define BASE_RATELIMIT_H

#include "famfs.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define RATELIMIT_BURST       32 /* messages of one interval */
#define RATELIMIT_INTERVAL_NS UINT64_C(30000000000)

struct ratelimit {
	pthread_mutex_t mutex;
	uint64_t since; /* nanoseconds of CLOCK_MONOTONIC: when the interval began */
	unsigned int passed;
	unsigned int held_back;
};

#define RATELIMIT_INIT                                                                             \
	{                                                                                          \
		.mutex = PTHREAD_MUTEX_INITIALIZER                                                 \
	}

/* Whether a message may pass at `now`. The first one of an interval has in *held_back how many did
 * not pass before it; for others that is 0. For any thread. */
bool ratelimit_pass(struct ratelimit *limit, uint64_t now, unsigned int *held_back);

/* Whether a message of this priority may go to `log`, which is first told how many did not. Those
 * for debugging are not limited. False when `log` is NULL. */
bool ratelimit_log(struct ratelimit *limit, int priority, famfs_log_fn log, void *arg);

#endif
