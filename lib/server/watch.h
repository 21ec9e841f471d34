/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread that notices another file system on the device, and then makes the kernel forget what
 * it caches of the old one.
 *
 * A thread of its own: a notification waits for locks that a process may hold which waits for our
 * answer, so a thread that answers must not send one. It also looks by itself now and then, since
 * requests that the kernel answers from its caches never come here.
 */
#ifndef SERVER_WATCH_H
#define SERVER_WATCH_H

#include <pthread.h>
#include <stdbool.h>

struct server;

struct watch {
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	bool running;
	bool stop;
	bool alerted; /* read without the mutex */
};

/* It can be alerted from the one to the other, whether its thread runs or not. */
void watch_init(struct watch *watch);
void watch_destroy(struct watch *watch);

/* -errno when there is no thread to be had. */
int watch_start(struct server *server);

/* Waits until no notification is under way. Does nothing when the watch was not started. */
void watch_stop(struct watch *watch);

/* Wakes the thread to look at once; only the first call does anything. Takes no time. */
void watch_alert(struct watch *watch);

#endif
