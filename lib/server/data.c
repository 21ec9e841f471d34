/* SPDX-License-Identifier: Apache-2.0 */
#include "server/data.h"

#include "fs/volume_io.h"
#include "server/node.h"

#include <errno.h>

static size_t clip(uint64_t offset, size_t size, uint64_t end)
{
	if (offset >= end)
		return 0;
	return size < end - offset ? size : (size_t)(end - offset);
}

static int read_meta(struct server *server, fuse_ino_t ino, uint64_t offset, void *buf, size_t size,
		     size_t *done)
{
	uint64_t start, length;

	if (!inode_meta_range(server, ino, &start, &length))
		return -EISDIR;
	*done = clip(offset, size, length);
	return *done ? volume_read_raw(server->vol, start + offset, buf, *done) : 0;
}

int data_read(struct server *server, fuse_ino_t ino, uint64_t offset, void *buf, size_t size,
	      size_t *done)
{
	struct famfs_fmap fmap;
	int ret;

	/* The server cannot reach the bytes; the kernel reads and writes them itself. */
	if (server_in_famfs_mode(server))
		return -EIO;
	if (inode_is_meta(ino))
		return read_meta(server, ino, offset, buf, size, done);
	ret = inode_fmap(server, ino, &fmap);
	if (ret < 0)
		return ret;
	*done = clip(offset, size, fmap.size);
	return *done ? volume_read_map(server->vol, &fmap, offset, buf, *done) : 0;
}

int data_write(struct server *server, fuse_ino_t ino, uint64_t offset, const void *buf, size_t size,
	       size_t *done)
{
	struct famfs_fmap fmap;
	int ret;

	if (inode_is_meta(ino))
		return -EPERM;
	if (server->read_only)
		return -EROFS;
	if (server_in_famfs_mode(server))
		return -EIO;
	ret = inode_fmap(server, ino, &fmap);
	if (ret < 0)
		return ret;
	*done = clip(offset, size, fmap.size);
	return *done ? volume_write_map(server->vol, &fmap, offset, buf, *done) : -EFBIG;
}
