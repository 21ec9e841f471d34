/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread that reads a device in famfs mode: through the mount itself, as nothing else reaches
 * it. It opens the first file, so that the kernel asks for the devices in our mount namespace, and
 * then follows the log for those who answer requests.
 *
 * These never touch their own mount, which can deadlock: they ask this thread for a look, and wait
 * for it a bounded time. Once it is ready it does nothing but load from memory that is mapped.
 *
 * Its mapping is of a private clone of the mount, so that a plain umount finds the mount unused.
 * When the mount is gone from the mount table, the clone is dropped, which lets the kernel end it.
 */
#ifndef SERVER_FOLLOW_H
#define SERVER_FOLLOW_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct server;

struct follow {
	bool used; /* the device is in famfs mode; does not change */
	bool running;
	pthread_t thread;
	void (*ready)(struct server *server);
	int wake; /* an eventfd */
	pthread_mutex_t mutex;
	pthread_cond_t looked;
	uint64_t asked; /* looks that were asked for, and those that were had */
	uint64_t answered;
	int result; /* of the last one */
	bool open;  /* the thread answers */
	bool stop;
};

int follow_init(struct follow *follow);
void follow_destroy(struct follow *follow);

/* To be called when the kernel can answer an open. Calls `ready` when the log is read; a failure
 * ends the session by server_fail(). -errno when there is no thread to be had. */
int follow_start(struct server *server, void (*ready)(struct server *server));

/* Waits for a look that begins after the call, and returns what volume_catch_up() said of it.
 * Returns 0 when the thread has ended, or after a second: answers then come from what is known. */
int follow_look(struct follow *follow);

/* Asks it to end, which it does once the connection is closed at the latest; waits for that. */
void follow_stop(struct follow *follow);
void follow_join(struct follow *follow);

#endif
