/* SPDX-License-Identifier: Apache-2.0 */
/* One request of the real kernel. */
#include "mounted.h"

#include "tap.h"
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef FOPEN_NOFLUSH
#define FOPEN_NOFLUSH (1 << 5)
#endif

/* The real kernel caches mapped files, so all openers share the pages. */
static void init(const struct mounted *mounted, const struct fuse_in_header *header)
{
	const struct fuse_init_out out = {
		.major = 7,
		.minor = 31,
		.max_readahead = 131072,
		.flags = FUSE_ASYNC_READ | FUSE_BIG_WRITES | FUSE_ATOMIC_O_TRUNC |
			 FUSE_PARALLEL_DIROPS | FUSE_MAX_PAGES,
		.max_background = 64,
		.congestion_threshold = 48,
		.max_write = 1u << 20,
		.time_gran = 1,
		.max_pages = 256,
	};

	mounted_reply(mounted, header->unique, 0, &out, sizeof(out));
}

static size_t body_size(const struct fuse_in_header *header)
{
	return header->len - sizeof(*header);
}

/* Forwards a request to the server, and the reply back. */
static void pass(struct mounted *mounted, const struct fuse_in_header *header, const void *body)
{
	const struct request request = { .opcode = header->opcode,
					 .nodeid = header->nodeid,
					 .arg = body,
					 .size = body_size(header) };
	struct reply reply;

	if (!kernel_call(&mounted->kernel, &request, &reply)) {
		mounted_reply(mounted, header->unique, EIO, NULL, 0);
		return;
	}
	if (header->opcode == FUSE_GETATTR && !reply.error)
		vfs_see_attr(vfs_inode(&mounted->kernel, header->nodeid),
			     &((const struct fuse_attr_out *)(const void *)reply.data)->attr);
	mounted_reply(mounted, header->unique, reply.error, reply.data, reply.size);
}

static void lookup(struct mounted *mounted, const struct fuse_in_header *header, const char *name)
{
	struct kernel *kernel = &mounted->kernel;
	struct fuse_entry_out entry;
	struct inode *inode;
	int error = vfs_lookup(kernel, vfs_inode(kernel, header->nodeid), name, &inode, &entry);

	mounted_reply(mounted, header->unique, error, &entry, error ? 0 : sizeof(entry));
}

/* Whether the opener runs the program of the server. */
static bool is_own(const struct setup *setup, const struct fuse_in_header *header)
{
	struct stat program, opener;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/exe", header->pid);
	return header->uid == 0 && stat(path, &opener) == 0 &&
	       stat(setup->famfsctl, &program) == 0 && opener.st_ino == program.st_ino &&
	       opener.st_dev == program.st_dev;
}

static bool is_meta(const struct inode *inode)
{
	return strncmp(inode->path, ".meta/", 6) == 0;
}

static uint32_t real_flags(const struct file *file)
{
	uint32_t flags = FOPEN_NOFLUSH & file->open_flags;

	/* A shared mapping of this file fails: its pages must not belong to another file. */
	if (strcmp(file->inode->path, WHOLE_DEVICE) == 0)
		return flags | FOPEN_DIRECT_IO;
	if (!file->inode->mapped)
		return flags | FOPEN_DIRECT_IO;
	/* Several processes keep the pages of .meta mapped. Pages of other files are dropped at
	 * each open, so that their bytes come from cpucache.c. */
	return flags | (is_meta(file->inode) ? FOPEN_KEEP_CACHE : 0);
}

/* header->pid is the id of a thread. */
static bool is_server(const struct mounted *mounted, const struct fuse_in_header *header)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%u", (int)mounted->kernel.server.pid,
		 header->pid);
	return access(path, F_OK) == 0;
}

static int keep_open(struct mounted *mounted, const struct file *file, bool by_server, uint64_t *fh)
{
	for (*fh = 0; *fh < MAX_OPENS; ++*fh)
		if (!mounted->opens[*fh].used) {
			mounted->opens[*fh].file = *file;
			mounted->opens[*fh].by_server = by_server;
			mounted->opens[*fh].used = true;
			return 0;
		}
	vfs_release(&mounted->kernel, file);
	return ENFILE;
}

static void open_file(struct mounted *mounted, const struct fuse_in_header *header,
		      const struct fuse_open_in *in)
{
	struct kernel *kernel = &mounted->kernel;
	struct inode *inode = vfs_inode(kernel, header->nodeid);
	struct fuse_open_out out = { 0 };
	struct file file;
	int error = vfs_open(kernel, inode, in->flags, &file);

	if (!error) {
		expect(strcmp(inode->path, WHOLE_DEVICE) != 0 || is_own(kernel->setup, header),
		       "'%s' is opened by another program, which could map it", inode->path);
		out.open_flags = real_flags(&file);
		error = keep_open(mounted, &file, is_server(mounted, header), &out.fh);
	}
	mounted_reply(mounted, header->unique, error, &out, error ? 0 : sizeof(out));
}

static void release(struct mounted *mounted, const struct fuse_in_header *header,
		    const struct fuse_release_in *in)
{
	vfs_release(&mounted->kernel, &mounted->opens[in->fh].file);
	mounted->opens[in->fh].used = false;
	mounted_reply(mounted, header->unique, 0, NULL, 0);
}

static void forget(struct mounted *mounted, const struct fuse_in_header *header, const void *body)
{
	struct kernel *kernel = &mounted->kernel;
	const struct fuse_forget_in *one = body;
	const struct fuse_batch_forget_in *batch = body;
	const struct fuse_forget_one *ones = (const void *)(batch + 1);
	const struct request request = { .opcode = header->opcode,
					 .nodeid = header->nodeid,
					 .arg = body,
					 .size = body_size(header) };

	if (kernel->lost)
		return;
	kernel_send(kernel, &request);
	if (header->opcode == FUSE_FORGET)
		vfs_forgotten(kernel, vfs_inode(kernel, header->nodeid), one->nlookup);
	for (uint32_t i = 0; header->opcode == FUSE_BATCH_FORGET && i < batch->count; i++)
		vfs_forgotten(kernel, vfs_inode(kernel, ones[i].nodeid), ones[i].nlookup);
}

enum direction {
	READ_CACHED, /* access by a program */
	READ_PAST,   /* drop the read bytes from the cache afterwards */
	READ_MEMORY, /* an access to a mapped file of .meta, whose readers use cache instructions */
	WRITE_THROUGH,
};

static bool move_piece(struct mounted *mounted, const struct extent *at, uint8_t *buf, size_t size,
		       enum direction direction)
{
	int image = mounted->kernel.setup->image_fd;

	switch (direction) {
	case READ_PAST: cpu_cache_drop(&mounted->cache, at->offset, size); break;
	case READ_CACHED: return cpu_cache_read(&mounted->cache, image, at->offset, buf, size);
	case WRITE_THROUGH: return cpu_cache_write(&mounted->cache, image, at->offset, buf, size);
	case READ_MEMORY: break;
	}
	return pread(image, buf, size, (off_t)at->offset) == (ssize_t)size;
}

static ssize_t move(struct mounted *mounted, const struct inode *inode, uint64_t offset,
		    uint8_t *buf, size_t size, enum direction direction)
{
	size_t done = 0;

	while (done < size && offset + done < inode->size) {
		size_t n = size - done;
		struct extent at;

		if (!fmap_resolve(&inode->map, offset + done, &at))
			return -1;
		if (n > at.length)
			n = at.length;
		if (n > inode->size - offset - done)
			n = inode->size - offset - done;
		if (!move_piece(mounted, &at, buf + done, n, direction))
			return -1;
		done += n;
	}
	return (ssize_t)done;
}

/* The file of the whole device is read through the cache like any other file: it is never mapped.
 */
static enum direction reading(const struct mounted *mounted, const struct fuse_read_in *in)
{
	const struct inode *inode = mounted->opens[in->fh].file.inode;

	if (is_meta(inode) && strcmp(inode->path, WHOLE_DEVICE) != 0)
		return READ_MEMORY;
	return mounted->opens[in->fh].by_server ? READ_PAST : READ_CACHED;
}

static void read_file(struct mounted *mounted, const struct fuse_in_header *header,
		      const struct fuse_read_in *in)
{
	const struct inode *inode = mounted->opens[in->fh].file.inode;
	enum direction direction = reading(mounted, in);
	uint8_t *buf = malloc(in->size);
	ssize_t n = buf && inode->mapped
			    ? move(mounted, inode, in->offset, buf, in->size, direction)
			    : -1;

	if (!inode->mapped)
		__atomic_add_fetch(&mounted->unmapped_reads, 1, __ATOMIC_RELAXED);
	mounted_reply(mounted, header->unique, n < 0 ? EIO : 0, buf, n < 0 ? 0 : (size_t)n);
	free(buf);
}

static void write_file(struct mounted *mounted, const struct fuse_in_header *header,
		       const struct fuse_write_in *in)
{
	const struct inode *inode = mounted->opens[in->fh].file.inode;
	ssize_t n = inode->mapped ? move(mounted, inode, in->offset, (uint8_t *)(uintptr_t)(in + 1),
					 in->size, WRITE_THROUGH)
				  : -1;
	const struct fuse_write_out out = { .size = n < 0 ? 0 : (uint32_t)n };

	if (!inode->mapped)
		__atomic_add_fetch(&mounted->unmapped_reads, 1, __ATOMIC_RELAXED);
	mounted_reply(mounted, header->unique, n < 0 ? EIO : 0, &out, n < 0 ? 0 : sizeof(out));
}

static void with_server(struct mounted *mounted, const struct fuse_in_header *header,
			const void *body)
{
	switch (header->opcode) {
	case FUSE_LOOKUP: lookup(mounted, header, body); break;
	case FUSE_OPEN: open_file(mounted, header, body); break;
	case FUSE_RELEASE: release(mounted, header, body); break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET: forget(mounted, header, body); break;
	case FUSE_FLUSH:
		fail("a close waits for the server, which may be the one that closes");
		mounted_reply(mounted, header->unique, 0, NULL, 0);
		break;
	default: pass(mounted, header, body);
	}
}

void mounted_answer(struct mounted *mounted, const struct fuse_in_header *header, const void *body)
{
	switch (header->opcode) {
	case FUSE_INIT: init(mounted, header); return;
	case FUSE_READ: read_file(mounted, header, body); return;
	case FUSE_WRITE: write_file(mounted, header, body); return;
	case FUSE_INTERRUPT:
	case FUSE_DESTROY: return;
	}
	pthread_mutex_lock(&mounted->lock);
	kernel_act_for(header);
	with_server(mounted, header, body);
	kernel_act_for(NULL);
	pthread_mutex_unlock(&mounted->lock);
}
