/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread that notices another file system on the device, and then makes the kernel drop its
 * caches of the old one.
 *
 * It is a thread of its own because a notification waits for locks in the kernel, whose holder may
 * be waiting for an answer of this server: a thread that answers requests must not send one. It
 * also checks the device once a second, since the server does not see the requests that the kernel
 * answers from its caches.
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

/* Between these two, watch_alert() may be called, whether the thread runs or not. */
void watch_init(struct watch *watch);
void watch_destroy(struct watch *watch);

/* Returns -errno if no thread can be started. */
int watch_start(struct server *server);

/* Ends the thread and waits for its end. Does nothing if the thread was not started. */
void watch_stop(struct watch *watch);

/* Wakes the thread, so that it checks at once. Only the first call has an effect. Does not
 * block. */
void watch_alert(struct watch *watch);

#endif
