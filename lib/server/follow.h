/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In famfs mode the device can be read only through the mount itself. The follower is the thread
 * that reads it: it opens the first file, so that the kernel asks for the devices in the mount
 * namespace of the server, and then follows the log for the threads that answer requests.
 *
 * A thread that answers requests must not access its own mount, which can deadlock: it requests a
 * catch-up from the follower, and waits a bounded time. Once the follower is ready, it only loads
 * from mapped memory.
 *
 * It maps files of a private clone of the mount, so that a plain umount finds the mount unused.
 * When the mount has gone from the mount table, the follower drops the clone, which lets the kernel
 * end the mount.
 */
#ifndef SERVER_FOLLOW_H
#define SERVER_FOLLOW_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct server;

struct follow {
	bool running;
	pthread_t thread;
	void (*ready)(struct server *server);
	int wake; /* an eventfd */
	pthread_mutex_t mutex;
	pthread_cond_t caught_up;
	uint64_t asked;    /* catch-ups requested */
	uint64_t answered; /* catch-ups completed */
	int result;        /* of the last catch-up */
	bool open;         /* the thread answers */
	bool stop;
};

int follow_init(struct follow *follow);
void follow_destroy(struct follow *follow);

/* Call once the kernel can answer an open. Calls `ready` when the log has been read; a failure
 * ends the session with server_fail(). Returns -errno if no thread can be started. */
int follow_start(struct server *server, void (*ready)(struct server *server));

/* Waits for a catch-up that starts after the call, and returns the result of its
 * volume_catch_up(). Returns 0 if the thread has ended, and after a second: requests are then
 * answered from the known entries. */
int follow_catch_up(struct follow *follow);

/* Tells the thread to end. It ends at the latest when the connection is closed. */
void follow_stop(struct follow *follow);

/* Waits for the end of the thread. */
void follow_join(struct follow *follow);

#endif
