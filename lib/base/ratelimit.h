/* SPDX-License-Identifier: Apache-2.0 */
/* Limits the rate of log messages, since other processes can cause them. */
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
	uint64_t since; /* start of the interval, in nanoseconds of CLOCK_MONOTONIC */
	unsigned int passed;
	unsigned int held_back;
};

#define RATELIMIT_INIT                                                                             \
	{                                                                                          \
		.mutex = PTHREAD_MUTEX_INITIALIZER                                                 \
	}

/* Whether a message may pass at `now`. For the first one of an interval, *held_back is the number
 * of messages that did not pass before it; else 0. Any thread may call this. */
bool ratelimit_pass(struct ratelimit *limit, uint64_t now, unsigned int *held_back);

/* Whether a message of this priority may be logged; false if `log` is NULL. First logs the number
 * of messages that were held back, if any. Debug messages are not limited. */
bool ratelimit_log(struct ratelimit *limit, int priority, famfs_log_fn log, void *arg);

#endif
