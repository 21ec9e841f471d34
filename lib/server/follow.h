/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In famfs mode the device can be read only through the mount itself. The follower is the thread
 * that does it: it opens the first file, so that the kernel asks for the devices in the mount
 * namespace of the server, and then follows the log for the threads that answer requests.
 *
 * A thread that answers requests must not touch its own mount, which can deadlock: it asks the
 * follower for a look at the log, and waits a bounded time. Once the follower is ready, it only
 * loads from memory that is mapped.
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
	pthread_cond_t looked;
	uint64_t asked;    /* looks that were asked for */
	uint64_t answered; /* looks that are over */
	int result;        /* of the last look */
	bool open;         /* the thread answers */
	bool stop;
};

int follow_init(struct follow *follow);
void follow_destroy(struct follow *follow);

/* To be called when the kernel can answer an open. Calls `ready` when the log is read; a failure
 * ends the session by server_fail(). -errno when no thread can be started. */
int follow_start(struct server *server, void (*ready)(struct server *server));

/* Waits for a look that begins after the call, and returns its result of volume_catch_up(). Returns
 * 0 when the thread has ended, and after a second: requests are then answered from the entries that
 * are known. */
int follow_look(struct follow *follow);

/* Asks the thread to end. It ends at the latest when the connection is closed. */
void follow_stop(struct follow *follow);

/* Waits for the end of the thread. */
void follow_join(struct follow *follow);

#endif
