/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_IO_H
#define CLI_IO_H

#include <stddef.h>

/* All of it, however many calls that takes. Returns 0 or a negative errno. */
int write_all(int fd, const void *data, size_t length);

#endif
