/* SPDX-License-Identifier: Apache-2.0 */
#include "vfs.h"

#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#ifndef FOPEN_NOFLUSH
#define FOPEN_NOFLUSH (1 << 5)
#endif

struct inode *vfs_known_inode(struct kernel *kernel, uint64_t nodeid)
{
	for (unsigned int i = 0; i < kernel->ninodes; i++)
		if (kernel->inodes[i].nodeid == nodeid)
			return &kernel->inodes[i];
	return NULL;
}

struct inode *vfs_inode(struct kernel *kernel, uint64_t nodeid)
{
	struct inode *inode = vfs_known_inode(kernel, nodeid);

	if (inode)
		return inode;
	if (kernel->ninodes == MAX_INODES)
		bail_out("more inodes than there is room for");
	inode = &kernel->inodes[kernel->ninodes++];
	inode->nodeid = nodeid;
	return inode;
}

void vfs_see_attr(struct inode *inode, const struct fuse_attr *attr)
{
	if (inode->mapped && attr->size != inode->map.file_size)
		fail("'%s' has %llu bytes and a map of %llu: every access fails from now on",
		     inode->path, (unsigned long long)attr->size,
		     (unsigned long long)inode->map.file_size);
	if (inode->mode &&
	    (inode->size != attr->size || inode->mode != attr->mode || inode->ino != attr->ino))
		fail("'%s' was inode %llu, mode %o, %llu bytes, and is %llu, %o, %llu", inode->path,
		     (unsigned long long)inode->ino, inode->mode, (unsigned long long)inode->size,
		     (unsigned long long)attr->ino, attr->mode, (unsigned long long)attr->size);
	expect(attr->nlink > 0, "'%s' has no link", inode->path);
	inode->ino = attr->ino;
	inode->mode = attr->mode;
	inode->size = attr->size;
}

static int take_entry(struct kernel *kernel, const struct inode *dir, const char *name,
		      const struct reply *reply, struct inode **out)
{
	const struct fuse_entry_out *entry = (const void *)reply->data;
	struct inode *inode;

	if (reply->size != sizeof(*entry)) {
		fail("the reply to LOOKUP has %zu bytes", reply->size);
		return EIO;
	}
	if (entry->nodeid == 0)
		return ENOENT;
	inode = vfs_inode(kernel, entry->nodeid);
	snprintf(inode->path, sizeof(inode->path), "%.90s%s%.36s", dir->path, *dir->path ? "/" : "",
		 name);
	expect(!inode->lookups || inode->generation == entry->generation,
	       "'%s' has another generation", inode->path);
	expect(entry->generation != 0, "'%s' has no generation", inode->path);
	inode->generation = entry->generation;
	inode->lookups++;
	vfs_see_attr(inode, &entry->attr);
	*out = inode;
	return 0;
}

int vfs_lookup(struct kernel *kernel, struct inode *dir, const char *name, struct inode **out,
	       struct fuse_entry_out *entry)
{
	const struct request request = {
		.opcode = FUSE_LOOKUP, .nodeid = dir->nodeid, .arg = name, .size = strlen(name) + 1
	};
	struct reply reply;
	int error;

	if (!kernel_call(kernel, &request, &reply))
		return EIO;
	if (reply.error)
		return reply.error;
	error = take_entry(kernel, dir, name, &reply, out);
	if (!error && entry)
		memcpy(entry, reply.data, sizeof(*entry));
	if (error || !kernel->fmap || !kernel->gen->on_lookup || !S_ISREG((*out)->mode) ||
	    (*out)->mapped)
		return error;
	error = map_fetch(kernel, *out);
	return kernel->gen->fatal ? error : 0;
}

int vfs_walk(struct kernel *kernel, const char *path, struct inode **inode)
{
	char copy[128], *save = NULL;
	int error = 0;

	*inode = vfs_inode(kernel, FUSE_ROOT_ID);
	snprintf(copy, sizeof(copy), "%s", path);
	for (char *name = strtok_r(copy, "/", &save); name && !error;
	     name = strtok_r(NULL, "/", &save))
		error = vfs_lookup(kernel, *inode, name, inode, NULL);
	return error;
}

static void check_open(struct kernel *kernel, const struct inode *inode, uint32_t open_flags)
{
	expect(open_flags & FOPEN_NOFLUSH,
	       "'%s' is opened without FOPEN_NOFLUSH: its close waits for the server", inode->path);
	expect(!(open_flags & FOPEN_KEEP_CACHE), "'%s' is opened with FOPEN_KEEP_CACHE",
	       inode->path);
	expect(kernel->fmap || !inode->mapped, "'%s' is mapped without famfs", inode->path);
}

int vfs_open(struct kernel *kernel, struct inode *inode, uint32_t flags, struct file *file)
{
	const struct fuse_open_in in = { .flags = flags };
	const struct request request = {
		.opcode = FUSE_OPEN, .nodeid = inode->nodeid, .arg = &in, .size = sizeof(in)
	};
	const struct fuse_open_out *out;
	struct reply reply;
	int error;

	if (!kernel_call(kernel, &request, &reply))
		return EIO;
	if (reply.error)
		return reply.error;
	out = (const void *)reply.data;
	if (reply.size != sizeof(*out)) {
		fail("the reply to OPEN has %zu bytes", reply.size);
		return EIO;
	}
	*file = (struct file){ inode, out->fh, out->open_flags };
	check_open(kernel, inode, out->open_flags);
	if (!kernel->fmap || kernel->gen->on_lookup || inode->mapped || !S_ISREG(inode->mode))
		return 0;
	error = map_fetch(kernel, inode);
	if (!error || !kernel->gen->fatal)
		return 0;
	vfs_release(kernel, file);
	return error;
}

int vfs_open_path(struct kernel *kernel, const char *path, struct file *file)
{
	struct inode *inode;
	int error = vfs_walk(kernel, path, &inode);

	return error ? error : vfs_open(kernel, inode, O_RDONLY, file);
}

void vfs_release(struct kernel *kernel, const struct file *file)
{
	const struct fuse_release_in in = { .fh = file->fh };
	const struct request request = { .opcode = FUSE_RELEASE,
					 .nodeid = file->inode->nodeid,
					 .arg = &in,
					 .size = sizeof(in) };
	struct reply reply;

	if (kernel_call(kernel, &request, &reply))
		expect(!reply.error || reply.error == ENOSYS, "RELEASE fails with %d", reply.error);
}

int vfs_getattr(struct kernel *kernel, struct inode *inode)
{
	const struct fuse_getattr_in in = { 0 };
	const struct request request = {
		.opcode = FUSE_GETATTR, .nodeid = inode->nodeid, .arg = &in, .size = sizeof(in)
	};
	const struct fuse_attr_out *out;
	struct reply reply;

	if (!kernel_call(kernel, &request, &reply))
		return EIO;
	if (reply.error)
		return reply.error;
	out = (const void *)reply.data;
	if (!expect(reply.size == sizeof(*out), "the reply to GETATTR has %zu bytes", reply.size))
		return EIO;
	vfs_see_attr(inode, &out->attr);
	return 0;
}

int vfs_read(struct kernel *kernel, const struct file *file, uint64_t offset, void *buf,
	     size_t size, size_t *done)
{
	const struct fuse_read_in in = { .fh = file->fh, .offset = offset, .size = (uint32_t)size };
	const struct request request = {
		.opcode = FUSE_READ, .nodeid = file->inode->nodeid, .arg = &in, .size = sizeof(in)
	};
	struct reply reply;

	*done = 0;
	expect(!file->inode->mapped, "'%s' is mapped: nothing is read from the server",
	       file->inode->path);
	if (!kernel_call(kernel, &request, &reply))
		return EIO;
	if (reply.error)
		return reply.error;
	if (!expect(reply.size <= size, "a READ of %zu bytes returns %zu", size, reply.size))
		return EIO;
	if (!(file->open_flags & FOPEN_DIRECT_IO))
		file->inode->page_cache = true;
	memcpy(buf, reply.data, reply.size);
	*done = reply.size;
	return 0;
}

/* Notifications are received while requests wait for replies. */
bool vfs_await_invalidation(struct kernel *kernel, struct inode *inode)
{
	const struct timespec pause = { .tv_nsec = 5000000 };

	for (int i = 0; i < 2000 && !test_failed(); i++) {
		if (inode->invalidated)
			return true;
		vfs_getattr(kernel, inode);
		nanosleep(&pause, NULL);
	}
	return expect(test_failed(), "'%s' is never invalidated", inode->path);
}

int vfs_write(struct kernel *kernel, const struct file *file, uint64_t offset, const void *buf,
	      size_t size, size_t *done)
{
	const struct fuse_write_in in = { .fh = file->fh,
					  .offset = offset,
					  .size = (uint32_t)size };
	const struct request request = { .opcode = FUSE_WRITE,
					 .nodeid = file->inode->nodeid,
					 .arg = &in,
					 .size = sizeof(in),
					 .more = buf,
					 .more_size = size };
	const struct fuse_write_out *out;
	struct reply reply;

	*done = 0;
	if (!kernel_call(kernel, &request, &reply))
		return EIO;
	if (reply.error)
		return reply.error;
	out = (const void *)reply.data;
	if (!expect(reply.size == sizeof(*out) && out->size <= size,
		    "the reply to WRITE has %zu bytes", reply.size))
		return EIO;
	if (!(file->open_flags & FOPEN_DIRECT_IO))
		file->inode->page_cache = true;
	*done = out->size;
	return 0;
}

static void drop(struct kernel *kernel, struct inode *inode)
{
	map_drop(kernel, inode);
	inode->lookups = 0;
	inode->page_cache = false;
	inode->mode = 0;
}

void vfs_forgotten(struct kernel *kernel, struct inode *inode, uint64_t nlookup)
{
	expect(nlookup <= inode->lookups, "'%s' is forgotten more often than it was found",
	       inode->path);
	inode->lookups -= nlookup;
	if (!inode->lookups)
		drop(kernel, inode);
}

void vfs_forget(struct kernel *kernel, struct inode *inode)
{
	const struct fuse_forget_in in = { .nlookup = inode->lookups };
	const struct request request = {
		.opcode = FUSE_FORGET, .nodeid = inode->nodeid, .arg = &in, .size = sizeof(in)
	};

	if (inode->lookups)
		kernel_send(kernel, &request);
	drop(kernel, inode);
}

/* In one message, like a kernel under memory pressure. */
void vfs_forget_all(struct kernel *kernel)
{
	static struct fuse_forget_one ones[MAX_INODES];
	struct fuse_batch_forget_in in = { 0 };
	struct request request = {
		.opcode = FUSE_BATCH_FORGET, .arg = &in, .size = sizeof(in), .more = ones
	};

	for (unsigned int i = 0; i < kernel->ninodes; i++) {
		struct inode *inode = &kernel->inodes[i];

		/* The root is never forgotten. */
		if (inode->lookups && inode->nodeid != FUSE_ROOT_ID)
			ones[in.count++] =
				(struct fuse_forget_one){ inode->nodeid, inode->lookups };
		drop(kernel, inode);
	}
	request.more_size = in.count * sizeof(ones[0]);
	if (in.count && !kernel->lost)
		kernel_send(kernel, &request);
}
