/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the preloaded module know of each other. */
#ifndef FUSEKERNEL_PRELOAD_H
#define FUSEKERNEL_PRELOAD_H

#include <stdbool.h>

#define EXPORT __attribute__((visibility("default")))

/* Of the environment; -1: none. */
extern int connection;
extern int control;

/* Whether the descriptor stands for the connection: the inherited one, or what an open of /dev/fuse
 * was given. And whether it is that of the mount. */
bool is_connection(int fd);
bool is_mounted(int fd);
void connection_add(int fd);

/* About to be. */
void connection_closed(int fd);

#endif
