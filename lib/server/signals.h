/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signals that end a mount.
 *
 * After an unmount, a service manager sends SIGTERM to the server that is still running. The signal
 * must not end the process before the device is back in devdax mode, so signals are held until
 * then.
 */
#ifndef SERVER_SIGNALS_H
#define SERVER_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

struct held_signals {
	bool held;
	sigset_t before;
};

/* Gives SIGINT, SIGTERM and SIGHUP their default action, which ends the process. */
void signals_reset(void);

/* Blocks the three signals in this thread. */
void signals_hold(struct held_signals *signals);

/* Discards the signals that came since signals_hold(), and unblocks them. Does nothing without a
 * signals_hold() before. Signals that the caller had blocked stay pending. Returns whether a signal
 * was discarded. */
bool signals_drop(struct held_signals *signals);

#endif
