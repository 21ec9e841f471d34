/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smallest FUSE program that serves what a benchmark asks for: the yardstick of famfs's server.
 * One directory with FILES files that can only be listed and looked at, and "data", which is LENGTH
 * bytes at OFFSET of IMAGE. The requests and what the kernel may cache are those of a famfs mount,
 * so that the kernel does the same for both; the work behind them is the least that there can be.
 *
 *   bench-minfs IMAGE OFFSET LENGTH FILES DIR
 */
#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CACHE_SECONDS 1e9
#define FILE_SIZE     (2u << 20)
#define BLOCK_SIZE    131072 /* it controls the page cache of the kernel */
#define MAX_IO        (1u << 20)
#define IDLE_THREADS  4
#define NAME_SIZE     32
#define MOUNT_OPTIONS "fsname=minfs,subtype=minfs,default_permissions,allow_other,nosuid,nodev"

enum {
	INO_DATA = FUSE_ROOT_ID + 1,
	INO_FILES,
};

static struct {
	int fd;
	off_t offset, length;
	unsigned long files;
} served;

static _Thread_local char io_buffer[MAX_IO];

static void fill_attr(fuse_ino_t ino, struct stat *st)
{
	memset(st, 0, sizeof(*st));
	st->st_ino = ino;
	st->st_blksize = BLOCK_SIZE;
	st->st_mode = ino == FUSE_ROOT_ID ? S_IFDIR | 0755 : S_IFREG | 0644;
	st->st_nlink = ino == FUSE_ROOT_ID ? 2 : 1;
	if (ino != FUSE_ROOT_ID)
		st->st_size = ino == INO_DATA ? served.length : FILE_SIZE;
	st->st_blocks = st->st_size / 512;
}

static void fill_entry(fuse_ino_t ino, struct fuse_entry_param *entry)
{
	entry->ino = ino;
	entry->generation = 1;
	entry->attr_timeout = entry->entry_timeout = CACHE_SECONDS;
	fill_attr(ino, &entry->attr);
}

static void do_init(void *userdata, struct fuse_conn_info *conn)
{
	(void)userdata;
	conn->max_write = MAX_IO;
	conn->want |= conn->capable & FUSE_CAP_HANDLE_KILLPRIV;
}

/* Files are called f000000, f000001, ... */
static void do_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param entry = { 0 };
	unsigned long index;

	(void)parent;
	if (strcmp(name, "data") == 0) {
		fill_entry(INO_DATA, &entry);
		fuse_reply_entry(req, &entry);
		return;
	}
	index = name[0] == 'f' ? strtoul(name + 1, NULL, 10) : served.files;
	if (index >= served.files) {
		fuse_reply_err(req, ENOENT);
		return;
	}
	fill_entry(INO_FILES + index, &entry);
	fuse_reply_entry(req, &entry);
}

static void do_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct stat st;

	(void)fi;
	fill_attr(ino, &st);
	fuse_reply_attr(req, &st, CACHE_SECONDS);
}

static void do_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	fuse_reply_open(req, fi);
}

static void do_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	if (ino != INO_DATA) {
		fuse_reply_err(req, EPERM);
		return;
	}
	fi->noflush = 1;
	fuse_reply_open(req, fi);
}

static void do_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		    struct fuse_file_info *fi)
{
	ssize_t n = 0;

	(void)ino;
	(void)fi;
	if (off < served.length) {
		if (size > MAX_IO)
			size = MAX_IO;
		if (size > (size_t)(served.length - off))
			size = (size_t)(served.length - off);
		n = pread(served.fd, io_buffer, size, served.offset + off);
	}
	if (n < 0)
		fuse_reply_err(req, errno);
	else
		fuse_reply_buf(req, io_buffer, (size_t)n);
}

static void do_write(fuse_req_t req, fuse_ino_t ino, const char *buf, size_t size, off_t off,
		     struct fuse_file_info *fi)
{
	ssize_t n;

	(void)ino;
	(void)fi;
	if (off > served.length || size > (size_t)(served.length - off)) {
		fuse_reply_err(req, EFBIG);
		return;
	}
	n = pwrite(served.fd, buf, size, served.offset + off);
	if (n < 0)
		fuse_reply_err(req, errno);
	else
		fuse_reply_write(req, (size_t)n);
}

/* The entry at a place of the directory: ".", "..", "data", and the files. */
static fuse_ino_t entry_at(unsigned long place, char name[NAME_SIZE])
{
	static const char *const first[] = { ".", "..", "data" };

	if (place >= 3)
		snprintf(name, NAME_SIZE, "f%06lu", place - 3);
	else
		strcpy(name, first[place]);
	return place < 2 ? FUSE_ROOT_ID : INO_DATA + place - 2;
}

static void list(fuse_req_t req, size_t size, off_t off, int plus)
{
	struct fuse_entry_param entry = { 0 };
	char name[NAME_SIZE], *buf = io_buffer;
	size_t used = 0, need;

	if (size > MAX_IO)
		size = MAX_IO;
	for (unsigned long place = (unsigned long)off; place < served.files + 3; place++) {
		fill_entry(entry_at(place, name), &entry);
		/* The kernel looks these two up by itself. */
		if (place < 2)
			entry.ino = 0;
		if (plus)
			need = fuse_add_direntry_plus(req, buf + used, size - used, name, &entry,
						      (off_t)place + 1);
		else
			need = fuse_add_direntry(req, buf + used, size - used, name, &entry.attr,
						 (off_t)place + 1);
		if (need > size - used)
			break;
		used += need;
	}
	fuse_reply_buf(req, buf, used);
}

static void do_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		       struct fuse_file_info *fi)
{
	(void)ino;
	(void)fi;
	list(req, size, off, 0);
}

static void do_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
			   struct fuse_file_info *fi)
{
	(void)ino;
	(void)fi;
	list(req, size, off, 1);
}

static const struct fuse_lowlevel_ops operations = {
	.init = do_init,
	.lookup = do_lookup,
	.getattr = do_getattr,
	.open = do_open,
	.opendir = do_opendir,
	.read = do_read,
	.write = do_write,
	.readdir = do_readdir,
	.readdirplus = do_readdirplus,
};

static int serve(struct fuse_session *session, const char *dir)
{
	struct fuse_loop_config *config = fuse_loop_cfg_create();
	int ret = -1;

	if (config && fuse_set_signal_handlers(session) == 0) {
		fuse_loop_cfg_set_idle_threads(config, IDLE_THREADS);
		if (fuse_session_mount(session, dir) == 0) {
			ret = fuse_session_loop_mt(session, config);
			fuse_session_unmount(session);
		}
		fuse_remove_signal_handlers(session);
	}
	if (config)
		fuse_loop_cfg_destroy(config);
	return ret < 0;
}

int main(int argc, char *argv[])
{
	char name[] = "minfs", flag[] = "-o", options[] = MOUNT_OPTIONS;
	char *mount_argv[] = { name, flag, options, NULL };
	struct fuse_args args = FUSE_ARGS_INIT(3, mount_argv);
	struct fuse_session *session;
	int ret;

	if (argc != 6) {
		fprintf(stderr, "see the head of minfs.c\n");
		return 2;
	}
	served.fd = open(argv[1], O_RDWR | O_CLOEXEC);
	served.offset = strtoll(argv[2], NULL, 10);
	served.length = strtoll(argv[3], NULL, 10);
	served.files = strtoul(argv[4], NULL, 10);
	session = fuse_session_new(&args, &operations, sizeof(operations), NULL);
	if (served.fd < 0 || !session) {
		fprintf(stderr, "minfs: cannot serve '%s'\n", argv[1]);
		return 1;
	}
	ret = serve(session, argv[5]);
	fuse_session_destroy(session);
	return ret;
}
