/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signals that end a mount.
 *
 * A service manager sends SIGTERM to what is left of a mount that it has just unmounted. That must
 * not end the process before the device is back in devdax mode, so they are held in between.
 */
#ifndef SERVER_SIGNALS_H
#define SERVER_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

struct held_signals {
	bool held;
	sigset_t before;
};

/* Gives SIGINT, SIGTERM and SIGHUP their default action, whatever the caller has set: they end the
 * process. */
void signals_reset(void);

/* Blocks the three in this thread. */
void signals_hold(struct held_signals *signals);

/* Discards those that came since, and unblocks them; does nothing when none were held. A signal
 * that the caller had blocked before stays pending for it. Returns whether one came. */
bool signals_drop(struct held_signals *signals);

#endif
