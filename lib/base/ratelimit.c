/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ratelimit.h"

#include "shared/clock.h"

#include <stdio.h>
#include <syslog.h>

bool ratelimit_pass(struct ratelimit *limit, uint64_t now, unsigned int *held_back)
{
	bool pass;

	*held_back = 0;
	pthread_mutex_lock(&limit->mutex);
	if (limit->passed == 0 || now - limit->since >= RATELIMIT_INTERVAL_NS) {
		*held_back = limit->held_back;
		limit->since = now;
		limit->passed = limit->held_back = 0;
	}
	pass = limit->passed < RATELIMIT_BURST;
	if (pass)
		limit->passed++;
	else
		limit->held_back++;
	pthread_mutex_unlock(&limit->mutex);
	return pass;
}

bool ratelimit_log(struct ratelimit *limit, int priority, famfs_log_fn log, void *arg)
{
	unsigned int held_back;
	char message[64];

	if (!log || priority >= LOG_DEBUG)
		return log != NULL;
	if (!ratelimit_pass(limit, now_ns(), &held_back))
		return false;
	if (held_back) {
		snprintf(message, sizeof(message), "%u messages were not logged", held_back);
		log(arg, LOG_NOTICE, message);
	}
	return true;
}
