/* SPDX-License-Identifier: Apache-2.0 */
/* The FUSE connections of the kernel, also those of detached mounts, as fusectl shows them at
 * /sys/fs/fuse/connections. Connections of other users are ignored: root serves DAX devices, and
 * these functions run as root. `root` is put before /sys: "" except in tests. */
#ifndef DEVICE_CONNECTIONS_H
#define DEVICE_CONNECTIONS_H

#include <stdbool.h>
#include <sys/types.h>

/* Whether there is a connection whose files have the st_dev `files`. *fusectl is the st_dev of the
 * fusectl that shows it. */
bool connection_shown(const char *root, dev_t files, dev_t *fusectl);

/* Whether the fusectl with that st_dev is still mounted. */
bool fusectl_still_mounted(const char *root, dev_t fusectl);

/* Finds a connection that no believed mount table (mountns.h) lists, so that only open or mapped
 * files keep it alive. Returns 1 and the st_dev of these files, 0 or -errno. */
int connections_find_unmounted(const char *root, dev_t *files);

#endif
