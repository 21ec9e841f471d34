/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handling of SIGINT, SIGTERM and SIGHUP: delay them until the work in progress has been undone, or
 * exit with a given code.
 */
#ifndef CLI_CORE_INTERRUPT_H
#define CLI_CORE_INTERRUPT_H

#include <stdbool.h>

/*
 * Delays these signals: from now on they are recorded, and interrupt system calls that sleep.
 * Signals that the caller ignored stay ignored. Uses SIGALRM.
 */
void interrupt_catch(void);

bool interrupt_pending(void);

/* Terminates the process by the recorded signal, as if it had not been caught. Returns if there
 * was none. */
void interrupt_reraise(void);

/* Lets these signals end the process at once with this exit code, after printing `line`, which is
 * not copied. Signals that the caller ignored stay ignored. */
void interrupt_exit(const char *line, int code);

/* Blocks these signals for good; interrupt_held() returns whether one is pending. */
void interrupt_hold(void);
bool interrupt_held(void);

#endif
