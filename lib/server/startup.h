/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The startup, from the mount to its first answer. Two steps happen in either order: the mount
 * exists, and the kernel has sent INIT. After both, the server reads the device through the mount
 * in famfs mode, or opens a file so that the kernel finds the devices. Then it reports to the
 * starter that the mount answers.
 */
#ifndef SERVER_STARTUP_H
#define SERVER_STARTUP_H

struct server;

/* Call once for each of the two steps, from any thread. */
void startup_step_done(struct server *server);

#endif
