/* SPDX-License-Identifier: Apache-2.0 */
/* What the scenarios of a mount in front of a device share. */
#ifndef FUSEKERNEL_SCEN_MOUNTED_H
#define FUSEKERNEL_SCEN_MOUNTED_H

#include "mounted.h"

extern struct setup setup;
extern struct tree tree;
extern struct mounted mounted;
extern char said[4096]; /* by the last command */

/* A shell's command: $F is famfsctl, $M the mountpoint, $D the device, $I the image, $S the source.
 * Returns its exit code. */
int shell(const char *command);

/* Fails the test unless the command ends with the code and says the text. */
void ends_with(int code, const char *text, const char *command);
void works(const char *command);

/* The image holds an empty famfs, and the driver has the device. */
void format(const char *driver);

/* Mounts the device; `more` are options. Either way mounted_end() is due. */
bool begin(const struct generation *gen, const char *more);

/* Unmounts, lazily when the test has failed: that must leave no mount. Ends what begin() began. */
void unmount(void);

/* An image with the files simple, striped, limit and larger: as much as an open drops from the
 * cache of the processor, and a byte more. */
void make_files(void);

/* As when the server's descriptor is closed. */
void abort_mount(void);

/* Whether no process has the lock of those that have the node open. */
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
