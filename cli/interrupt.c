/* SPDX-License-Identifier: Apache-2.0 */
#include "interrupt.h"
#include "report.h"

#include <signal.h>
#include <stddef.h>
#include <stdio.h>

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
static volatile sig_atomic_t caught;

static void note(int sig)
{
	caught = sig;
}

void interrupt_catch(void)
{
	/* Without SA_RESTART, so that a read from a slow source ends as well. */
	const struct sigaction action = { .sa_handler = note };

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct sigaction old;

		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	}
}

bool interrupt_pending(void)
{
	return caught != 0;
}

void interrupt_reraise(void)
{
	if (!caught)
		return;
	report_finish();
	fflush(stdout);
	signal(caught, SIG_DFL);
	raise(caught);
}
