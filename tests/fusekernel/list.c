/* SPDX-License-Identifier: Apache-2.0 */
/* READDIRPLUS. */
#include "vfs.h"

#include "tap.h"

#include <errno.h>

#define LIST_BYTES 4096

static bool open_dir(struct kernel *kernel, const struct inode *dir, uint64_t *fh)
{
	const struct fuse_open_in in = { 0 };
	const struct request request = {
		.opcode = FUSE_OPENDIR, .nodeid = dir->nodeid, .arg = &in, .size = sizeof(in)
	};
	struct reply reply;

	if (!kernel_call(kernel, &request, &reply))
		return false;
	if (reply.error || reply.size != sizeof(struct fuse_open_out))
		return fail("OPENDIR fails with %d", reply.error);
	*fh = ((const struct fuse_open_out *)(const void *)reply.data)->fh;
	return true;
}

static void release_dir(struct kernel *kernel, const struct inode *dir, uint64_t fh)
{
	const struct fuse_release_in in = { .fh = fh };
	const struct request request = {
		.opcode = FUSE_RELEASEDIR, .nodeid = dir->nodeid, .arg = &in, .size = sizeof(in)
	};
	struct reply reply;

	kernel_call(kernel, &request, &reply);
}

static bool is_dot(const struct fuse_dirent *dirent)
{
	return (dirent->namelen == 1 && dirent->name[0] == '.') ||
	       (dirent->namelen == 2 && dirent->name[0] == '.' && dirent->name[1] == '.');
}

static void see_entry(struct kernel *kernel, const struct fuse_direntplus *entry)
{
	struct inode *inode;

	if (is_dot(&entry->dirent)) {
		expect(entry->entry_out.nodeid == 0, "READDIRPLUS has a node for a dot");
		return;
	}
	expect(entry->entry_out.nodeid != 0, "READDIRPLUS has no node for a name");
	inode = vfs_inode(kernel, entry->entry_out.nodeid);
	if (!*inode->path)
		snprintf(inode->path, sizeof(inode->path), "?/%.*s",
			 (int)(entry->dirent.namelen < 80 ? entry->dirent.namelen : 80),
			 entry->dirent.name);
	inode->lookups++;
	inode->generation = entry->entry_out.generation;
	vfs_see_attr(inode, &entry->entry_out.attr);
	expect(entry->dirent.ino == entry->entry_out.attr.ino, "'%s' has two inode numbers",
	       inode->path);
}

/* The names of one reply; *cookie is where the next one starts. */
static bool see_entries(struct kernel *kernel, const struct reply *reply, uint64_t *cookie,
			unsigned int *count)
{
	size_t at = 0;

	while (at < reply->size) {
		const struct fuse_direntplus *entry = (const void *)(reply->data + at);
		size_t left = reply->size - at, need;

		if (left < FUSE_NAME_OFFSET_DIRENTPLUS)
			return fail("READDIRPLUS ends inside an entry");
		need = FUSE_DIRENTPLUS_SIZE(entry);
		if (need > left || entry->dirent.namelen == 0)
			return fail("READDIRPLUS has a name of %u bytes, and %zu left",
				    entry->dirent.namelen, left);
		see_entry(kernel, entry);
		*cookie = entry->dirent.off;
		*count += !is_dot(&entry->dirent);
		at += need;
	}
	return true;
}

int vfs_list(struct kernel *kernel, struct inode *dir, unsigned int *count)
{
	struct fuse_read_in in = { .size = LIST_BYTES };
	const struct request request = {
		.opcode = FUSE_READDIRPLUS, .nodeid = dir->nodeid, .arg = &in, .size = sizeof(in)
	};
	struct reply reply;
	int error = EIO;

	*count = 0;
	if (!open_dir(kernel, dir, &in.fh))
		return EIO;
	while (kernel_call(kernel, &request, &reply)) {
		error = reply.error;
		if (error || reply.size == 0)
			break;
		error = EIO;
		if (!expect(reply.size <= LIST_BYTES, "READDIRPLUS returns %zu bytes",
			    reply.size) ||
		    !see_entries(kernel, &reply, &in.offset, count))
			break;
	}
	release_dir(kernel, dir, in.fh);
	return error;
}
