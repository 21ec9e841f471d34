/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first open of a mount whose files a kernel maps, by ourselves. The kernel then asks for the
 * devices in our mount namespace: it looks their paths up in that of the first opener, and
 * remembers a failure. And it shows whether it asks for maps at all.
 *
 * A thread of its own, since the open is answered by those that serve.
 */
#ifndef SERVER_FIRST_OPEN_H
#define SERVER_FIRST_OPEN_H

#include <pthread.h>
#include <stdbool.h>

struct server;

struct first_open {
	pthread_t thread;
	bool running;
};

/* Starts a thread that opens a file of the mount and then calls `done`, also when the open fails.
 * Returns -errno when no thread can be started; `done` is then not called. */
int first_open_start(struct server *server, void (*done)(struct server *server));

/* After the loop has ended and the mount is gone. */
void first_open_join(struct first_open *first);

#endif
