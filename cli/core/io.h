/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CORE_IO_H
#define CLI_CORE_IO_H

#include <stddef.h>

/* All of it, however many calls that takes. Returns 0 or a negative errno. */
int write_all(int fd, const void *data, size_t length);

/* Has the names in an open directory, which may be O_PATH, survive a crash of the host, as far as
 * it may be read and knows how. Returns 0 or a negative errno. */
int sync_directory(int dir);

#endif
