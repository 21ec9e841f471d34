/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nodes of the mount: those of the namespace, and the synthetic files in .meta, through which
 * the metadata of the medium can be read without access to the device. The number of a node in the
 * namespace is also its node id, its inode number and the base of its directory cookie.
 *
 * Numbers are the same on every host and after every restart. No node is ever freed.
 */
#ifndef SERVER_NODE_H
#define SERVER_NODE_H

#include "media/path.h"
#include "server/server.h"

#define META_SUPERBLOCK ".superblock"
#define META_LOG        ".log"
#define META_IO         ".io"
#define META_DEVICE     ".device"

/* How long the kernel may cache entries and attributes, which never change. */
#define CACHE_SECONDS 1e9

/* Node numbers of the namespace have 32 bits. .meta is not listed in the root. */
#define INODE_META_DIR        ((UINT64_C(1) << 32) + 1)
#define INODE_META_SUPERBLOCK ((UINT64_C(1) << 32) + 2)
#define INODE_META_LOG        ((UINT64_C(1) << 32) + 3)
#define INODE_META_IO         ((UINT64_C(1) << 32) + 4)
#define INODE_META_DEVICE     ((UINT64_C(1) << 32) + 5)

static inline bool inode_is_meta(fuse_ino_t ino)
{
	return ino >= INODE_META_DIR;
}

struct dir_entry {
	const char *name;
	fuse_ino_t ino;
	off_t next; /* the cookie of the entry that follows */
};

/* Returns -ENOENT if there is no such node. */
int inode_attr(const struct server *server, fuse_ino_t ino, struct stat *st);

/* Fills in the answer to LOOKUP. -ENOENT. */
int inode_entry(const struct server *server, fuse_ino_t ino, struct fuse_entry_param *entry);
int inode_lookup(const struct server *server, fuse_ino_t parent, const char *name,
		 struct fuse_entry_param *entry);

/* The entry of a directory that follows the cookie. The first ones, from cookie 0 on, are "." and
 * "..". False at the end, and for an invalid cookie. */
bool inode_next_entry(const struct server *server, fuse_ino_t dir, off_t cookie,
		      struct dir_entry *entry);

/* Device offset and length of a .meta file; false if the node is not such a file. The file of
 * the whole device exists in famfs mode only, and no listing shows it. */
bool inode_meta_range(const struct server *server, fuse_ino_t ino, uint64_t *offset,
		      uint64_t *length);

/* The target of the symbolic link .meta/.io: the text of server->io_status. A link can be read
 * where the open of a file would ask for a map. NULL for another node. */
const char *inode_link(const struct server *server, fuse_ino_t ino);

/* Bytes of a file of the namespace; 0 for any other node. */
uint64_t inode_size(const struct server *server, fuse_ino_t ino);

/* The map of a file of the namespace. -EISDIR, -ENOENT. */
int inode_fmap(const struct server *server, fuse_ino_t ino, struct famfs_fmap *fmap);

#endif
