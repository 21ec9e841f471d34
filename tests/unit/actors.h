/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes and hosts that take turns. Each runs in a thread of its own, one at a time, and the
 * seed decides at each turn which one goes on: so they meet between any two operations, and a run
 * can be repeated. A test must not fail inside of an actor, but note what is wrong and end.
 */
#ifndef UNIT_ACTORS_H
#define UNIT_ACTORS_H

#include "support.h"

struct actors;

/* Of so many turns, on the average, one changes the actor. */
struct actors *actors_new(uint64_t seed, unsigned stay);

/* `enter` is called whenever the actor goes on, to make it the host and the process that it is. */
void actors_add(struct actors *actors, void (*run)(void *arg), void (*enter)(void *arg), void *arg);

/* Returns when all have ended. */
void actors_run(struct actors *actors);
void actors_free(struct actors *actors);

/* The running actor may give way; a hook for what a host does. Without actors that run, nothing. */
void actors_turn(void *actors);

/* It does give way, if there is another: a hook for sleep, and for waiting. */
void actors_sleep(void *actors);

/* How many others have not ended, as the running actor sees it. */
size_t actors_others(const struct actors *actors);

#endif
