/* SPDX-License-Identifier: Apache-2.0 */
#include "server/signals.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

static const int ending[] = { SIGINT, SIGTERM, SIGHUP };

void signals_reset(void)
{
	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		signal(ending[i], SIG_DFL);
}

void signals_hold(struct held_signals *signals)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		sigaddset(&set, ending[i]);
	signals->held = pthread_sigmask(SIG_BLOCK, &set, &signals->before) == 0;
}

bool signals_drop(struct held_signals *signals)
{
	const struct timespec now = { 0, 0 };
	bool came = false;
	sigset_t set;
	int ret;

	if (!signals->held)
		return false;
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		if (sigismember(&signals->before, ending[i]) == 0)
			sigaddset(&set, ending[i]);
	while ((ret = sigtimedwait(&set, NULL, &now)) > 0 || (ret < 0 && errno == EINTR))
		came |= ret > 0;
	pthread_sigmask(SIG_SETMASK, &signals->before, NULL);
	signals->held = false;
	return came;
}
