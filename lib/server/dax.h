/* SPDX-License-Identifier: Apache-2.0 */
/* What a famfs kernel asks for: the maps of files, and the devices that maps name. */
#ifndef SERVER_DAX_H
#define SERVER_DAX_H

#include "server/shim.h"

struct server;

extern const struct dax_ops dax_operations;

/*
 * Hands over every device of the file system, once; from any thread, on any descriptor of the
 * connection. The kernel remembers a failure for good, so a device without the right driver is not
 * even tried. 0 or -errno.
 */
int ensure_daxdevs(struct server *server, int fd);

#endif
