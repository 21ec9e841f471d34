/* SPDX-License-Identifier: Apache-2.0 */
/* The interface between the parts of the preloaded module. */
#ifndef FUSEKERNEL_PRELOAD_H
#define FUSEKERNEL_PRELOAD_H

#include <stdbool.h>

#define EXPORT __attribute__((visibility("default")))

/* A number from the environment; -1: none. */
extern int connection;
extern int control;

/* Returns whether the descriptor stands for the connection: inherited, or from an open of
 * /dev/fuse. The second function returns whether it is that of the mount. */
bool is_connection(int fd);
bool is_mounted(int fd);
void connection_add(int fd);

/* Call it before the descriptor is closed. */
void connection_closed(int fd);

#endif
