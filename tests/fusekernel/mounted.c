/* SPDX-License-Identifier: Apache-2.0 */
#include "mounted.h"

#include "tap.h"
#include "tree.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROOM ((size_t)(1u << 20) + 65536)

void mounted_reply(const struct mounted *mounted, uint64_t unique, int error, const void *data,
		   size_t size)
{
	struct fuse_out_header header = { .len = (uint32_t)(sizeof(header) + size),
					  .error = -error,
					  .unique = unique };
	const struct iovec iov[2] = { { &header, sizeof(header) },
				      { (void *)(uintptr_t)data, size } };

	/* The process that sent the request may have ended. */
	(void)!writev(mounted->fuse, iov, size ? 2 : 1);
}

static void *work(void *arg)
{
	struct mounted *mounted = arg;
	unsigned char *buf = malloc(ROOM);

	while (buf) {
		ssize_t n = read(mounted->fuse, buf, ROOM);

		if (n < 0 && errno != EINTR && errno != ENOENT && errno != EAGAIN)
			break;
		if (n >= (ssize_t)sizeof(struct fuse_in_header))
			mounted_answer(mounted, (const void *)buf,
				       buf + sizeof(struct fuse_in_header));
	}
	/* The end of the mount ends the server's connection, as in a real kernel. */
	channel_hang_up(&mounted->kernel.channel);
	free(buf);
	return NULL;
}

/* preload_mount.c sends it after the mount. */
static int receive_mount(const struct kernel *kernel)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(int))];
	} attached;
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = attached.space,
			      .msg_controllen = sizeof(attached.space) };
	ssize_t n = recvmsg(kernel->channel.control, &msg, MSG_CMSG_CLOEXEC);
	struct cmsghdr *cmsg = n <= 0 ? NULL : CMSG_FIRSTHDR(&msg);
	int fd = -1;

	if (cmsg && cmsg->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(cmsg), sizeof(fd));
	if (fd < 0)
		fail("nothing is mounted; the server's last words: %s",
		     server_last_words(&kernel->server));
	return fd;
}

static bool await_ready(const struct server_process *server)
{
	const struct timespec pause = { .tv_nsec = 5000000 };
	siginfo_t ended = { 0 };

	for (int i = 0; i < 6000; i++) {
		if (server_logged(server, "serving '", " as "))
			return true;
		if (waitid(P_PID, (id_t)server->pid, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
		    ended.si_pid)
			break;
		nanosleep(&pause, NULL);
	}
	return fail("the mount is never ready; the server's last words: %s",
		    server_last_words(server));
}

bool mounted_begin(struct mounted *mounted, const struct setup *setup, const struct tree *tree,
		   const struct generation *gen, const char *options)
{
	struct kernel *kernel = &mounted->kernel;

	bool asks_nothing = mounted->asks_nothing;

	memset(mounted, 0, sizeof(*mounted));
	pthread_mutex_init(&mounted->lock, NULL);
	cpu_cache_init(&mounted->cache, tree->device_size);
	kernel_boot_silent(kernel, setup, tree, gen, options);
	kernel->may_end = true;
	mounted->fuse = receive_mount(kernel);
	if (mounted->fuse < 0 || !kernel_greet(kernel))
		return false;
	kernel->fmap = !asks_nothing;
	pthread_cond_init(&kernel->received, NULL);
	kernel->lock = &mounted->lock;
	for (; mounted->nworkers < WORKERS; mounted->nworkers++)
		if (pthread_create(&mounted->workers[mounted->nworkers], NULL, work, mounted) != 0)
			bail_out("cannot start a thread");
	return await_ready(&kernel->server);
}

void mounted_end(struct mounted *mounted, int code)
{
	struct kernel *kernel = &mounted->kernel;

	for (unsigned int i = 0; i < mounted->nworkers; i++)
		pthread_join(mounted->workers[i], NULL);
	if (mounted->fuse >= 0)
		close(mounted->fuse);
	if (code) {
		int ended = kernel_bury(kernel);

		expect(ended == code, "the server ends with %d: %s", ended,
		       server_last_words(&kernel->server));
	} else {
		kernel_shutdown(kernel);
	}
	expect(!mounted->unmapped_reads, "the server was to read and write %u times",
	       mounted->unmapped_reads);
	cpu_cache_destroy(&mounted->cache);
	pthread_mutex_destroy(&mounted->lock);
}
