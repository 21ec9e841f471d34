/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of files, for kernels that do not map them themselves. */
#ifndef SERVER_DATA_H
#define SERVER_DATA_H

#include "server/server.h"

/* Reads the part of the range that is in the file; *done is its length, which may be 0. */
int data_read(struct server *server, fuse_ino_t ino, uint64_t offset, void *buf, size_t size,
	      size_t *done);

/* Writes the part of the range that is in the file; it is in memory when this returns. Returns
 * -EFBIG if the file ends before the range, -EROFS, -EPERM for .meta, or -EIO. */
int data_write(struct server *server, fuse_ino_t ino, uint64_t offset, const void *buf, size_t size,
	       size_t *done);

#endif
