/* SPDX-License-Identifier: Apache-2.0 */
#include "server/first_open.h"

#include "base/thread.h"
#include "server/node.h"
#include "server/server.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

/* The superblock's file always exists, and no other file shares a page with it. */
static int read_superblock_file(const char *mountpoint)
{
	char path[PATH_MAX], byte;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/" META_DIR "/" META_SUPERBLOCK, mountpoint);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = pread(fd, &byte, 1, 0);
	/* The server answers opens with noflush: otherwise this close would wait for an answer of
	 * this process, which may be ending. */
	close(fd);
	return n == 1 ? 0 : -EIO;
}

/* From now on behave as if the kernel had not offered the capability: data from .meta must not
 * stay in the page cache. */
static void serve_without_maps(struct server *server)
{
	shim_stop_mapping(&server->shim);
	server_set_io_status(server, fmap_profile(FAMFS_PROFILE_OFF),
			     "the kernel took the capability and asks for no maps");
}

static void *run(void *arg)
{
	struct server *server = arg;
	int ret = read_superblock_file(server->mountpoint);

	if (ret < 0)
		server_log(server, LOG_ERR, "the kernel cannot map the files of '%s': %s",
			   server->mountpoint, strerror(-ret));
	else if (!shim_was_asked(&server->shim))
		serve_without_maps(server);
	server->first_open.done(server);
	return NULL;
}

int first_open_start(struct server *server, void (*done)(struct server *server))
{
	int ret;

	server->first_open.done = done;
	ret = thread_start(&server->first_open.thread, run, server);
	server->first_open.running = ret == 0;
	return ret;
}

void first_open_join(struct first_open *first)
{
	if (first->running)
		pthread_join(first->thread, NULL);
	first->running = false;
}
