/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and writing all that is wanted, however the kernel cuts it up. */
#ifndef BASE_IO_H
#define BASE_IO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Reads up to `length` bytes; fewer only at the end of the file. -errno. */
ssize_t io_read(int fd, void *buf, size_t length);

/* Exactly `length` bytes at `offset`. 0 or -errno; -EIO where the file ends before, or takes no
 * more. */
int io_read_at(int fd, uint64_t offset, void *buf, size_t length);
int io_write_at(int fd, uint64_t offset, const void *buf, size_t length);

/* Has the entry of `path`, which is absolute, survive a crash of the host, as far as its directory
 * may be read and knows how. -errno. */
int io_sync_parent(const char *path);

#endif
