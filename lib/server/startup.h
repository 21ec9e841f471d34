/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the mount to its first answer. Two steps come in either order: the mount exists, and the
 * kernel has sent INIT. After both, the server reads through the mount what it could not read
 * before, or opens a file so that the kernel finds the devices. Then the starter is told that the
 * mount answers.
 */
#ifndef SERVER_STARTUP_H
#define SERVER_STARTUP_H

struct server;

/* To be called once for each of the two steps, from any thread. */
void startup_step_done(struct server *server);

#endif
