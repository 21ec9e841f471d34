/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libfuse answers a request without a handler with ENOSYS, which the kernel remembers: it never
 * asks for extended attributes again, fails fallocate with EOPNOTSUPP, and handles seeking and
 * locks itself.
 */
#include "server/operations.h"

#include "server/buffer.h"
#include "server/catch_up.h"
#include "server/data.h"
#include "server/dax.h"
#include "server/node.h"
#include "server/startup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_WRITE   (1u << 20)
#define PERMISSIONS 07777

/* The block size of statfs. */
#define FRAGMENT 4096u

static void want(struct fuse_conn_info *conn, unsigned int capability)
{
#if FUSE_VERSION >= FUSE_MAKE_VERSION(3, 17)
	fuse_set_feature_flag(conn, capability);
#else
	conn->want |= conn->capable & capability;
#endif
}

/* The kernel keeps its requests within max_write, but the size of the buffer must not depend on the
 * kernel. */
static void *reply_buffer(struct server *server, size_t *size)
{
	if (*size > MAX_WRITE)
		*size = MAX_WRITE;
	return buffer_get(server->buffers, *size);
}

static void op_init(void *userdata, struct fuse_conn_info *conn)
{
	/* The other defaults of libfuse stay: parallel reads, readdirplus, no writeback cache, and
	 * no io_uring, with which DAX kernels do not work. */
	conn->max_write = MAX_WRITE;
	want(conn, FUSE_CAP_PARALLEL_DIROPS);
	startup_step_done(userdata);
}

static void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct server *server = fuse_req_userdata(req);
	struct fuse_entry_param entry = { 0 };
	int ret =
		server_catch_up_for(server, inode_is_meta(parent) || (parent == FUSE_ROOT_ID &&
								      strcmp(name, META_DIR) == 0));

	if (ret == 0)
		ret = inode_lookup(server, parent, name, &entry);
	/* A missing name may be added at any time. An error, unlike a negative entry, is not
	 * cached. */
	if (ret < 0)
		fuse_reply_err(req, -ret);
	else
		fuse_reply_entry(req, &entry);
}

static void op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t nlookup)
{
	(void)ino;
	(void)nlookup;
	fuse_reply_none(req);
}

static void op_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *forgets)
{
	(void)count;
	(void)forgets;
	fuse_reply_none(req);
}

static void op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct server *server = fuse_req_userdata(req);
	struct stat st;
	int ret = server_check_stale_for(server, inode_is_meta(ino) || ino == FUSE_ROOT_ID);

	(void)fi;
	if (ret == 0)
		ret = inode_attr(server, ino, &st);
	if (ret < 0)
		fuse_reply_err(req, -ret);
	else
		fuse_reply_attr(req, &st, CACHE_SECONDS);
}

static void op_readlink(fuse_req_t req, fuse_ino_t ino)
{
	const char *target = inode_link(fuse_req_userdata(req), ino);

	if (target)
		fuse_reply_readlink(req, target);
	else
		fuse_reply_err(req, EINVAL);
}

/* New times are accepted and ignored; all other attributes must be unchanged. */
static bool changes_nothing(const struct stat *now, const struct stat *asked, int to_set)
{
	mode_t mode = (now->st_mode ^ asked->st_mode) & PERMISSIONS;

	/* With an owner, the kernel asks for a mode without set-id bits, which a file with a new
	 * owner must lose. Here the owner stays, and so may the bits. */
	if (to_set & (FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID))
		mode &= ~(mode_t)(S_ISUID | S_ISGID);
	return (!(to_set & FUSE_SET_ATTR_MODE) || mode == 0) &&
	       (!(to_set & FUSE_SET_ATTR_UID) || now->st_uid == asked->st_uid) &&
	       (!(to_set & FUSE_SET_ATTR_GID) || now->st_gid == asked->st_gid) &&
	       (!(to_set & FUSE_SET_ATTR_SIZE) || now->st_size == asked->st_size);
}

static void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *asked, int to_set,
		       struct fuse_file_info *fi)
{
	struct server *server = fuse_req_userdata(req);
	struct stat now;
	int ret = server_check_stale(server);

	(void)fi;
	if (ret == 0)
		ret = inode_attr(server, ino, &now);
	if (ret == 0 && !changes_nothing(&now, asked, to_set))
		ret = -EPERM;
	if (ret < 0)
		fuse_reply_err(req, -ret);
	else
		fuse_reply_attr(req, &now, CACHE_SECONDS);
}

/* In famfs mode, the programs of this package write the log and unpublished files through .meta. */
static int check_open_meta(fuse_req_t req, fuse_ino_t ino, bool write)
{
	const struct server *server = fuse_req_userdata(req);
	const struct fuse_ctx *opener = fuse_req_ctx(req);
	bool trusted = server_in_famfs_mode(server) &&
		       trusted_opener_matches(&server->trusted, opener->uid, opener->pid);

	if (ino == INODE_META_DEVICE || (ino == INODE_META_LOG && write))
		return trusted ? 0 : -EPERM;
	return write ? -EPERM : 0;
}

static int check_open(fuse_req_t req, fuse_ino_t ino, int flags)
{
	struct server *server = fuse_req_userdata(req);
	bool write = (flags & O_ACCMODE) != O_RDONLY;

	/* Both flags would change the size. */
	if (flags & (O_TRUNC | O_APPEND))
		return -EPERM;
	if (write && server->read_only)
		return -EROFS;
	return inode_is_meta(ino) ? check_open_meta(req, ino, write)
				  : dax_check_overlap(server, ino);
}

static void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct server *server = fuse_req_userdata(req);
	int ret = server_catch_up_for(server, inode_is_meta(ino));

	if (ret == 0)
		ret = check_open(req, ino, fi->flags);
	if (ret < 0) {
		fuse_reply_err(req, -ret);
		return;
	}
	/* Without keep_cache, the kernel drops its cached pages at an open, so that it shows what
	 * other hosts wrote before it. The log changes while it is open, so it is not cached at
	 * all; where the kernel maps files, it caches none. */
	fi->direct_io = inode_is_meta(ino) && !shim_maps(&server->shim);
	fi->noflush = 1;
	/* Where the kernel maps files, only CPU cache lines can be stale; drop them before
	 * answering. */
	if (!invalidate_open(server, req, ino, fi))
		fuse_reply_open(req, fi);
}

/* ENOSYS would make the kernel cache directories for good. */
static void op_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	fuse_reply_open(req, fi);
}

static void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		    struct fuse_file_info *fi)
{
	struct server *server = fuse_req_userdata(req);
	void *buf = reply_buffer(server, &size);
	int ret = buf ? server_check_stale(server) : -ENOMEM;
	size_t done = 0;

	(void)fi;
	if (ret == 0)
		ret = data_read(server, ino, (uint64_t)off, buf, size, &done);
	if (ret < 0)
		fuse_reply_err(req, -ret);
	else
		fuse_reply_buf(req, buf, done);
}

static void op_write(fuse_req_t req, fuse_ino_t ino, const char *buf, size_t size, off_t off,
		     struct fuse_file_info *fi)
{
	struct server *server = fuse_req_userdata(req);
	int ret = server_check_stale(server);
	size_t done = 0;

	(void)fi;
	if (ret == 0)
		ret = data_write(server, ino, (uint64_t)off, buf, size, &done);
	if (ret < 0)
		fuse_reply_err(req, -ret);
	else
		fuse_reply_write(req, done);
}

static void op_fsync(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
	struct server *server = fuse_req_userdata(req);
	int ret = server_check_stale(server);

	(void)ino;
	(void)datasync;
	(void)fi;
	if (ret == 0)
		ret = device_barrier(volume_device(server->vol));
	fuse_reply_err(req, -ret);
}

static size_t add_entry(fuse_req_t req, char *buf, size_t size, const struct dir_entry *entry,
			bool plus)
{
	struct fuse_entry_param param = { 0 };

	if (inode_entry(fuse_req_userdata(req), entry->ino, &param) < 0)
		return 0;
	if (!plus)
		return fuse_add_direntry(req, buf, size, entry->name, &param.attr, entry->next);
	/* The kernel looks these two up by itself. */
	if (strcmp(entry->name, ".") == 0 || strcmp(entry->name, "..") == 0)
		param.ino = 0;
	return fuse_add_direntry_plus(req, buf, size, entry->name, &param, entry->next);
}

static void read_dir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, bool plus)
{
	struct server *server = fuse_req_userdata(req);
	char *buf = reply_buffer(server, &size);
	int ret = buf ? server_catch_up(server) : -ENOMEM;
	struct dir_entry entry = { .next = off };
	size_t used = 0;

	if (ret < 0) {
		fuse_reply_err(req, -ret);
		return;
	}
	while (inode_next_entry(server, ino, entry.next, &entry)) {
		size_t need = add_entry(req, buf + used, size - used, &entry, plus);

		if (need > size - used)
			break;
		used += need;
	}
	fuse_reply_buf(req, buf, used);
}

static void op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		       struct fuse_file_info *fi)
{
	(void)fi;
	read_dir(req, ino, size, off, false);
}

static void op_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
			   struct fuse_file_info *fi)
{
	(void)fi;
	read_dir(req, ino, size, off, true);
}

static void fill_statfs(struct famfs_volume *vol, struct statvfs *st)
{
	const uint64_t per_unit = FAMFS_ALLOC_UNIT / FRAGMENT;
	struct volume_space space;

	memset(st, 0, sizeof(*st));
	st->f_bsize = FRAGMENT;
	st->f_frsize = FRAGMENT;
	st->f_namemax = FAMFS_MAX_PATH;
	volume_space(vol, &space);
	st->f_blocks = space.data_units * per_unit;
	st->f_bfree = st->f_bavail = space.free_units * per_unit;
	/* Each log entry is an inode, and so is the root. */
	st->f_files = space.log_capacity + 1;
	st->f_ffree = st->f_favail = space.log_capacity - space.log_entries;
}

static void op_statfs(fuse_req_t req, fuse_ino_t ino)
{
	struct server *server = fuse_req_userdata(req);
	struct statvfs st;
	int ret = server_catch_up(server);

	(void)ino;
	if (ret < 0) {
		fuse_reply_err(req, -ret);
		return;
	}
	fill_statfs(server->vol, &st);
	fuse_reply_statfs(req, &st);
}

/*
 * Files and directories are created by famfsctl, not through the mount, and are never removed.
 * POSIX has EPERM for an operation that a file system does not support; ENOSYS would make the
 * kernel try other operations.
 */
static void refuse_change(fuse_req_t req)
{
	struct server *server = fuse_req_userdata(req);
	int ret = server_check_stale(server);

	fuse_reply_err(req, ret < 0 ? -ret : EPERM);
}

static void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev)
{
	(void)parent;
	(void)name;
	(void)mode;
	(void)rdev;
	refuse_change(req);
}

static void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	(void)parent;
	(void)name;
	(void)mode;
	refuse_change(req);
}

static void op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
		      struct fuse_file_info *fi)
{
	(void)parent;
	(void)name;
	(void)mode;
	(void)fi;
	refuse_change(req);
}

/* unlink and rmdir */
static void op_remove(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	(void)parent;
	(void)name;
	refuse_change(req);
}

static void op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
	(void)target;
	(void)parent;
	(void)name;
	refuse_change(req);
}

static void op_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t newparent,
		      const char *newname, unsigned int flags)
{
	(void)parent;
	(void)name;
	(void)newparent;
	(void)newname;
	(void)flags;
	refuse_change(req);
}

static void op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t newparent, const char *newname)
{
	(void)ino;
	(void)newparent;
	(void)newname;
	refuse_change(req);
}

/* After ENOSYS, the kernel would splice to files that it maps, which fails with EIO. After EINVAL,
 * programs fall back to read and write. */
static void op_copy_file_range(fuse_req_t req, fuse_ino_t ino_in, off_t off_in,
			       struct fuse_file_info *fi_in, fuse_ino_t ino_out, off_t off_out,
			       struct fuse_file_info *fi_out, size_t len, int flags)
{
	(void)ino_in, (void)off_in, (void)fi_in;
	(void)ino_out, (void)off_out, (void)fi_out;
	(void)len, (void)flags;
	fuse_reply_err(req, EINVAL);
}

const struct fuse_lowlevel_ops operations = {
	.init = op_init,
	.lookup = op_lookup,
	.forget = op_forget,
	.forget_multi = op_forget_multi,
	.getattr = op_getattr,
	.readlink = op_readlink,
	.setattr = op_setattr,
	.open = op_open,
	.opendir = op_opendir,
	.read = op_read,
	.write = op_write,
	.fsync = op_fsync,
	.copy_file_range = op_copy_file_range,
	.readdir = op_readdir,
	.readdirplus = op_readdirplus,
	.statfs = op_statfs,
	.mknod = op_mknod,
	.mkdir = op_mkdir,
	.create = op_create,
	.unlink = op_remove,
	.rmdir = op_remove,
	.symlink = op_symlink,
	.rename = op_rename,
	.link = op_link,
};
