/* SPDX-License-Identifier: Apache-2.0 */
/* Answers the requests of a famfs kernel: the maps of files, and the devices that maps name. */
#ifndef SERVER_DAX_H
#define SERVER_DAX_H

#include "server/shim.h"

#include <pthread.h>

struct server;

/* A push kernel gets the devices before a map names them. */
struct dax_push {
	pthread_mutex_t mutex;
	bool done; /* read without the mutex */
};

void dax_push_init(struct dax_push *push);
void dax_push_destroy(struct dax_push *push);

extern const struct dax_ops dax_operations;

/*
 * Returns -EUCLEAN for a file that shares space with another one or with itself: if both were
 * mapped, the kernel would hang at the unmount, so neither may be opened or mapped. Returns 0 if
 * the kernel maps no files. Logs a refusal with both names, within the limit of messages.
 */
int dax_check_overlap(struct server *server, uint64_t ino);

/*
 * Hands the device of the file system to the kernel, once; from any thread, on any descriptor of
 * the connection. The kernel never tries a device again after a failure, so a device without the
 * right driver is not handed over. 0 or -errno.
 */
int dax_push_devices(struct server *server, int fd);

#endif
