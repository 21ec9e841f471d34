/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of files, for kernels that do not map them themselves. */
#ifndef SERVER_DATA_H
#define SERVER_DATA_H

#include "server/server.h"

/* Reads what of the range lies in the file, which may be nothing; *done says how much. */
int data_read(struct server *server, fuse_ino_t ino, uint64_t offset, void *buf, size_t size,
	      size_t *done);

/* Writes what of the range lies in the file; it is in memory when this returns. Nothing there:
 * -EFBIG. Also -EROFS, -EPERM for .meta, -ESTALE, -EIO. */
int data_write(struct server *server, fuse_ino_t ino, uint64_t offset, const void *buf, size_t size,
	       size_t *done);

#endif
