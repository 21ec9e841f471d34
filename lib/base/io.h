/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes that continue after a short or interrupted system call. */
#ifndef BASE_IO_H
#define BASE_IO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Reads up to `length` bytes; fewer only at the end of the file. Returns the number of bytes, or
 * -errno. */
ssize_t io_read(int fd, void *buf, size_t length);

/* Read or write exactly `length` bytes at `offset`. 0 or -errno; -EIO if the file ends before, or
 * cannot be written further. */
int io_read_at(int fd, uint64_t offset, void *buf, size_t length);
int io_write_at(int fd, uint64_t offset, const void *buf, size_t length);

/* Syncs the directory of `path`, which is absolute, so that the name survives a crash of the host;
 * see io_sync_directory(). */
int io_sync_parent(const char *path);

#endif
