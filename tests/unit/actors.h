/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes and hosts that take turns. Each runs in a thread of its own, one at a time, and the
 * seed decides at each turn which one goes on. So they can meet between any two operations, and a
 * run can be repeated. A test must not fail inside an actor: it notes the error and ends the actor.
 */
#ifndef UNIT_ACTORS_H
#define UNIT_ACTORS_H

#include "support.h"

struct actors;

/* On average, one turn in this many changes the actor. */
struct actors *actors_new(uint64_t seed, unsigned stay);

/* `enter` is called whenever the actor goes on, to switch to its host and process. */
void actors_add(struct actors *actors, void (*run)(void *arg), void (*enter)(void *arg), void *arg);

/* Runs all actors; returns when all have ended. */
void actors_run(struct actors *actors);
void actors_free(struct actors *actors);

/* A hook for the operations of a host: the running actor may give way. Does nothing if no actors
 * run. */
void actors_turn(void *actors);

/* A hook for sleep and for waiting: the running actor gives way if there is another. */
void actors_sleep(void *actors);

/* The number of other actors that have not ended; for the running actor. */
size_t actors_others(const struct actors *actors);

#endif
