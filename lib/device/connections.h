/* SPDX-License-Identifier: Apache-2.0 */
/* The FUSE mounts that the kernel has, mounted or not, as fusectl shows them at
 * /sys/fs/fuse/connections. Those of other users do not count: a DAX device is served by root,
 * whose commands ask. `root` is put before /sys: "" but in tests. */
#ifndef DEVICE_CONNECTIONS_H
#define DEVICE_CONNECTIONS_H

#include <stdbool.h>
#include <sys/types.h>

/* Whether there is one whose files have that st_dev. *fusectl is the st_dev of what shows it. */
bool connection_shown(const char *root, dev_t files, dev_t *fusectl);

/* Whether the fusectl with that st_dev is still mounted. */
bool fusectl_still_mounted(const char *root, dev_t fusectl);

/* Finds a connection that no believed mount table (mountns.h) lists; only open or mapped files keep
 * it alive. 1 and the st_dev of these files, 0, -errno. */
int connections_find_unmounted(const char *root, dev_t *files);

#endif
