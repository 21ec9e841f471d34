/* SPDX-License-Identifier: Apache-2.0 */
#include "core/interrupt.h"
#include "core/report.h"

#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
static volatile sig_atomic_t caught;

/* Set by interrupt_exit(). */
static const char *last_line;
static int exit_code;

/* A signal just before a read does not interrupt it; SIGALRM a second later does. */
static void note(int sig)
{
	if (sig != SIGALRM)
		caught = sig;
	alarm(1);
}

static void leave(int sig)
{
	(void)sig;
	(void)!write(STDERR_FILENO, last_line, strlen(last_line));
	_exit(exit_code);
}

static void handle(void (*handler)(int sig))
{
	const struct sigaction action = { .sa_handler = handler };

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct sigaction old;

		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	}
}

void interrupt_catch(void)
{
	/* Without SA_RESTART: the signal must interrupt a read from a slow source. */
	const struct sigaction action = { .sa_handler = note };

	sigaction(SIGALRM, &action, NULL);
	handle(note);
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

void interrupt_exit(const char *line, int code)
{
	last_line = line;
	exit_code = code;
	handle(leave);
}

void interrupt_hold(void)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaddset(&set, signals[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

bool interrupt_held(void)
{
	sigset_t set;
	bool held = false;

	if (sigpending(&set) < 0)
		return false;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		held |= sigismember(&set, signals[i]) == 1;
	return held;
}
