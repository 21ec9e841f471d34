/* SPDX-License-Identifier: Apache-2.0 */
#include "server/signals.h"

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

void signals_drop(struct held_signals *signals)
{
	const struct timespec now = { 0, 0 };
	sigset_t set;

	if (!signals->held)
		return;
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++)
		if (sigismember(&signals->before, ending[i]) == 0)
			sigaddset(&set, ending[i]);
	while (sigtimedwait(&set, NULL, &now) > 0)
		;
	pthread_sigmask(SIG_SETMASK, &signals->before, NULL);
	signals->held = false;
}
