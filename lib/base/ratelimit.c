/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ratelimit.h"

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
