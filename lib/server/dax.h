/* SPDX-License-Identifier: Apache-2.0 */
/* What a famfs kernel asks for: the maps of files, and the devices that maps name. */
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
 * -EUCLEAN for a file that shares space with another one or with itself. Once both are mapped, the
 * kernel hangs at the unmount, so neither is opened nor mapped. 0 where the kernel maps nothing:
 * reads and writes of the server do no harm. A refusal is logged with both names, as far as the
 * limit of messages allows.
 */
int dax_check_overlap(struct server *server, uint64_t ino);

/*
 * Hands over every device of the file system, once; from any thread, on any descriptor of the
 * connection. The kernel remembers a failure for good, so a device without the right driver is not
 * even tried. 0 or -errno.
 */
int dax_push_devices(struct server *server, int fd);

#endif
