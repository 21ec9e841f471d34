/* SPDX-License-Identifier: Apache-2.0 */
#include "server/node.h"

#include "fs/extents.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Larger blocks make buffered random reads through the page cache slower. */
#define BLOCK_SIZE      131072
#define ST_BLOCKS_BYTES 512

/* A cookie names the entry that was returned last. Children have numbers from 2 on. */
enum {
	COOKIE_START = 0,
	COOKIE_DOT = 1,
	COOKIE_DOT_DOT = 2,
	COOKIE_NODE = 1, /* added to a node number */
};

bool inode_meta_range(const struct server *server, fuse_ino_t ino, uint64_t *offset,
		      uint64_t *length)
{
	*offset = 0;
	switch (ino) {
	case INODE_META_SUPERBLOCK: *length = OMF_LOG_OFFSET; return true;
	case INODE_META_LOG:
		if (server_stage(server) < SERVER_SUPERBLOCK)
			return false;
		*offset = OMF_LOG_OFFSET;
		*length = volume_log_length(server->vol);
		return true;
	case INODE_META_DEVICE:
		*length = volume_device(server->vol)->size;
		return server_in_famfs_mode(server);
	}
	return false;
}

static int meta_attr(const struct server *server, fuse_ino_t ino, struct stat *st)
{
	uint64_t offset, length;

	if (ino == INODE_META_DIR) {
		st->st_mode = S_IFDIR | 0755;
		return 0;
	}
	if (ino == INODE_META_IO) {
		st->st_mode = S_IFLNK | 0777;
		st->st_size = (off_t)strlen(io_status_text(&server->io_status));
		return 0;
	}
	if (!inode_meta_range(server, ino, &offset, &length))
		return -ENOENT;
	/* The modes of the reference implementation, where the mode of the log tells a master from
	 * a client. But the log holds the names in directories that other users may not enter, so
	 * without -o metadata=public only the owner of the mount may read it. */
	st->st_mode = S_IFREG | 0444;
	if (ino == INODE_META_LOG && volume_role(server->vol) == FAMFS_ROLE_MASTER)
		st->st_mode = S_IFREG | 0644;
	if (ino == INODE_META_DEVICE)
		st->st_mode = S_IFREG | 0600;
	if (!server->metadata_public)
		st->st_mode &= ~(mode_t)(S_IRWXG | S_IRWXO);
	st->st_uid = geteuid();
	st->st_gid = getegid();
	st->st_size = (off_t)length;
	st->st_blocks = (blkcnt_t)(length / ST_BLOCKS_BYTES);
	return 0;
}

int inode_attr(const struct server *server, fuse_ino_t ino, struct stat *st)
{
	const struct namespace *ns = volume_namespace(server->vol);
	struct famfs_stat fst;
	struct famfs_fmap fmap;

	memset(st, 0, sizeof(*st));
	st->st_ino = ino;
	st->st_nlink = 1;
	st->st_blksize = BLOCK_SIZE;
	if (inode_is_meta(ino))
		return meta_attr(server, ino, st);
	/* The root exists before anything is known about it. */
	if (ino == FUSE_ROOT_ID && server_stage(server) < SERVER_READY) {
		st->st_mode = S_IFDIR | 0755;
		return 0;
	}
	if (!node_exists(ns, ino))
		return -ENOENT;
	node_stat(ns, (node_t)ino, &fst);
	st->st_mode = fst.mode;
	st->st_uid = fst.uid;
	st->st_gid = fst.gid;
	/* The kernel caches attributes for good, and a count of subdirectories would change. File
	 * systems that do not count subdirectories report one link. */
	if (S_ISDIR(fst.mode))
		return 0;
	node_fmap(ns, (node_t)ino, &fmap);
	st->st_size = (off_t)fst.size;
	st->st_blocks = (blkcnt_t)(fmap_allocated(&fmap) / ST_BLOCKS_BYTES);
	return 0;
}

int inode_entry(const struct server *server, fuse_ino_t ino, struct fuse_entry_param *entry)
{
	entry->ino = ino;
	/* Nodes of .meta are looked up before the generation of the file system is known, and must
	 * stay the same afterwards. */
	entry->generation = inode_is_meta(ino) ? 1 : server->generation;
	entry->attr_timeout = CACHE_SECONDS;
	entry->entry_timeout = CACHE_SECONDS;
	return inode_attr(server, ino, &entry->attr);
}

static const struct {
	const char *name;
	fuse_ino_t ino;
} meta_files[] = {
	{ META_SUPERBLOCK, INODE_META_SUPERBLOCK },
	{ META_LOG, INODE_META_LOG },
	{ META_IO, INODE_META_IO },
	{ META_DEVICE, INODE_META_DEVICE }, /* the last one is not listed */
};

#define LISTED_FILES (sizeof(meta_files) / sizeof(meta_files[0]) - 1)
#define META_FILES   (sizeof(meta_files) / sizeof(meta_files[0]))

static fuse_ino_t lookup_meta(fuse_ino_t parent, const char *name)
{
	if (parent == FUSE_ROOT_ID)
		return strcmp(name, META_DIR) == 0 ? INODE_META_DIR : 0;
	for (size_t i = 0; parent == INODE_META_DIR && i < META_FILES; i++)
		if (strcmp(name, meta_files[i].name) == 0)
			return meta_files[i].ino;
	return 0;
}

int inode_lookup(const struct server *server, fuse_ino_t parent, const char *name,
		 struct fuse_entry_param *entry)
{
	const struct namespace *ns = volume_namespace(server->vol);
	fuse_ino_t ino = lookup_meta(parent, name);

	if (!ino && server_stage(server) == SERVER_READY && node_exists(ns, parent))
		ino = namespace_lookup(ns, (node_t)parent, name, strlen(name));
	return ino ? inode_entry(server, ino, entry) : -ENOENT;
}

static bool next_meta(off_t cookie, struct dir_entry *entry)
{
	size_t i = (size_t)cookie - COOKIE_DOT_DOT;

	if (cookie < COOKIE_DOT_DOT || i >= LISTED_FILES)
		return false;
	entry->name = meta_files[i].name;
	entry->ino = meta_files[i].ino;
	entry->next = cookie + 1;
	return true;
}

static node_t node_after(const struct namespace *ns, node_t dir, off_t cookie)
{
	uint64_t last = (uint64_t)cookie - COOKIE_NODE;

	if (cookie == COOKIE_DOT_DOT)
		return node_first_child(ns, dir);
	if (!node_exists(ns, last) || node_parent(ns, (node_t)last) != dir)
		return NODE_NONE;
	return node_next_sibling(ns, (node_t)last);
}

static bool next_child(const struct namespace *ns, node_t dir, off_t cookie,
		       struct dir_entry *entry)
{
	node_t node = node_after(ns, dir, cookie);

	if (node == NODE_NONE)
		return false;
	entry->name = node_name(ns, node);
	entry->ino = node;
	entry->next = (off_t)node + COOKIE_NODE;
	return true;
}

static fuse_ino_t parent_of(const struct namespace *ns, fuse_ino_t dir)
{
	return dir == INODE_META_DIR ? FUSE_ROOT_ID : node_parent(ns, (node_t)dir);
}

bool inode_next_entry(const struct server *server, fuse_ino_t dir, off_t cookie,
		      struct dir_entry *entry)
{
	const struct namespace *ns = volume_namespace(server->vol);

	if (dir != INODE_META_DIR && (!node_exists(ns, dir) || !node_is_dir(ns, (node_t)dir)))
		return false;
	if (cookie == COOKIE_START) {
		*entry = (struct dir_entry){ ".", dir, COOKIE_DOT };
		return true;
	}
	if (cookie == COOKIE_DOT) {
		*entry = (struct dir_entry){ "..", parent_of(ns, dir), COOKIE_DOT_DOT };
		return true;
	}
	if (dir == INODE_META_DIR)
		return next_meta(cookie, entry);
	return next_child(ns, (node_t)dir, cookie, entry);
}

const char *inode_link(const struct server *server, fuse_ino_t ino)
{
	return ino == INODE_META_IO ? io_status_text(&server->io_status) : NULL;
}

uint64_t inode_size(const struct server *server, fuse_ino_t ino)
{
	const struct namespace *ns = volume_namespace(server->vol);
	struct famfs_stat fst;

	if (inode_is_meta(ino) || !node_exists(ns, ino) || node_is_dir(ns, (node_t)ino))
		return 0;
	node_stat(ns, (node_t)ino, &fst);
	return fst.size;
}

int inode_fmap(const struct server *server, fuse_ino_t ino, struct famfs_fmap *fmap)
{
	const struct namespace *ns = volume_namespace(server->vol);

	if (inode_is_meta(ino) || !node_exists(ns, ino))
		return -ENOENT;
	if (node_is_dir(ns, (node_t)ino))
		return -EISDIR;
	node_fmap(ns, (node_t)ino, fmap);
	return 0;
}
