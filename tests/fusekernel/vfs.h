/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of a famfs kernel between a program and the server, and the rules
 * that a server can break: each break has killed a host, and fails the test.
 *
 * - a file whose size differs from that of its map is bad until its inode is dropped
 * - a page of the device must not be mapped through two inodes, or at two offsets of one
 * - pages of a mapped inode must not be invalidated, only its attributes
 * - an inode with page cache must not be mapped
 * - an open without FOPEN_NOFLUSH lets every close wait for the server
 *
 * Functions return a positive errno, as a program would see it. The kernel's own objections are
 * failures of the test.
 */
#ifndef FUSEKERNEL_VFS_H
#define FUSEKERNEL_VFS_H

#include "fmap.h"
#include "kernel.h"

#define WHOLE_DEVICE ".meta/.device"

struct inode {
	uint64_t nodeid;
	uint64_t generation;
	uint64_t ino; /* number that stat(2) shows */
	uint32_t mode;
	uint64_t size;
	uint64_t lookups;
	char path[128];
	bool mapped;
	bool page_cache;
	bool invalidated;         /* by notifications of the server */
	int64_t invalidated_from; /* offset where that starts; negative: only attributes */
	struct fmap map;
};

struct file {
	struct inode *inode;
	uint64_t fh;
	uint32_t open_flags;
};

/* Resolves `path` from the root; "" is the root. *inode stays valid until the shutdown. */
int vfs_walk(struct kernel *kernel, const char *path, struct inode **inode);

/* Resolves one component, and returns the server's reply, unless `entry` is NULL. */
int vfs_lookup(struct kernel *kernel, struct inode *dir, const char *name, struct inode **out,
	       struct fuse_entry_out *entry);

/* Tells the server to forget this many lookups: after the last one, the inode is gone. */
void vfs_forgotten(struct kernel *kernel, struct inode *inode, uint64_t nlookup);

/* Also requests the map, in the generations that do so. */
int vfs_open(struct kernel *kernel, struct inode *inode, uint32_t flags, struct file *file);
void vfs_release(struct kernel *kernel, const struct file *file);

/* Looks the file up and opens it for reading. */
int vfs_open_path(struct kernel *kernel, const char *path, struct file *file);

int vfs_getattr(struct kernel *kernel, struct inode *inode);

/* Lists the directory with READDIRPLUS; the attributes must agree with those that are known. The
 * number of names goes to *count. */
int vfs_list(struct kernel *kernel, struct inode *dir, unsigned int *count);

/* Waits until the server has invalidated the inode by a notification. */
bool vfs_await_invalidation(struct kernel *kernel, struct inode *inode);

/* Reads or writes through the server, like a kernel for files without a map. */
int vfs_read(struct kernel *kernel, const struct file *file, uint64_t offset, void *buf,
	     size_t size, size_t *done);
int vfs_write(struct kernel *kernel, const struct file *file, uint64_t offset, const void *buf,
	      size_t size, size_t *done);

/* Drops the inode and its map, or all of them. */
void vfs_forget(struct kernel *kernel, struct inode *inode);
void vfs_forget_all(struct kernel *kernel);

/* Checks the attributes of a reply against those of a known inode. */
void vfs_see_attr(struct inode *inode, const struct fuse_attr *attr);

/* Returns the inode with that number. If there is none, the first function adds it, and the second
 * returns NULL. */
struct inode *vfs_inode(struct kernel *kernel, uint64_t nodeid);
struct inode *vfs_known_inode(struct kernel *kernel, uint64_t nodeid);

/* mapping.c */

/* Fetches and installs the inode's map. */
int map_fetch(struct kernel *kernel, struct inode *inode);

/* Sends one request for the map of a node, with a buffer of this size. */
bool map_request(struct kernel *kernel, uint64_t nodeid, uint32_t room, struct reply *reply);

void map_drop(struct kernel *kernel, struct inode *inode);

/* Checks a reply to GET_DAXDEV. */
bool daxdev_check(const struct setup *setup, const struct reply *reply, uint32_t index,
		  struct verdict *verdict);

#endif
