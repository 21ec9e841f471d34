/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the scenarios of a mount in front of a device. */
#ifndef FUSEKERNEL_SCEN_MOUNTED_H
#define FUSEKERNEL_SCEN_MOUNTED_H

#include "mounted.h"

extern struct setup setup;
extern struct tree tree;
extern struct mounted mounted;
extern char said[4096]; /* output of the last command */

/* Runs a shell command: $F is famfsctl, $M the mountpoint, $D the device, $I the image, $S the
 * source. Returns its exit code. */
int shell(const char *command);

/* Fails the test unless the command ends with the code and its output has the text. */
void ends_with(int code, const char *text, const char *command);
void works(const char *command);

/* Formats the image, and gives the device to the driver. */
void format(const char *driver);

/* Mounts the device; `more` are options. mounted_end() is due in any case. */
bool begin(const struct generation *gen, const char *more);

/* Unmounts, lazily if the test has failed, so that no mount is left. Call it after begin(). */
void unmount(void);

/* Makes an image with the files simple, striped, limit and larger: limit has the largest size
 * that an open drops from the processor cache, and larger has one byte more. */
void make_files(void);

/* Acts as if the server's descriptor was closed. */
void abort_mount(void);

/* Returns whether no process holds the lock for users of the node. */
bool lock_is_free(void);

void mode_is_locked(const struct generation *gen);
void mode_and_its_repair(const struct generation *gen);
void mode_and_profile(const struct generation *gen);
void mode_and_a_copy(const struct generation *gen);
void mode_and_a_stopped_server(const struct generation *gen);
void mode_and_a_file(const struct generation *gen);
void mode_and_a_failing_driver(const struct generation *gen);

void other_hosts(const struct generation *gen);
void other_hosts_and_commands(const struct generation *gen);
void other_hosts_one_thread(const struct generation *gen);
void other_hosts_unseen(const struct generation *gen);
void other_hosts_and_a_client(const struct generation *gen);

void shared_space(const struct generation *gen);
void large_pages(const struct generation *gen);
void large_pages_tried_by_push(const struct generation *gen);

#endif
