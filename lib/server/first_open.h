/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a kernel maps the files, this process opens the first file of the mount itself. The kernel
 * looks up the paths of the devices in the mount namespace of the first opener, and remembers a
 * failure. The open also shows whether the kernel asks for maps at all.
 *
 * It runs in a thread of its own, since the threads that serve requests answer the open.
 */
#ifndef SERVER_FIRST_OPEN_H
#define SERVER_FIRST_OPEN_H

#include <pthread.h>
#include <stdbool.h>

struct server;

struct first_open {
	pthread_t thread;
	bool running;
	void (*done)(struct server *server);
};

/* Starts a thread that opens a file of the mount and then calls `done`, also if the open fails.
 * Returns -errno if no thread can be started, without calling `done`. */
int first_open_start(struct server *server, void (*done)(struct server *server));

/* Call after the loop has ended and the mount is gone. */
void first_open_join(struct first_open *first);

#endif
