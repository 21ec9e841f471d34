/* SPDX-License-Identifier: Apache-2.0 */
#include "server/invalidate.h"

#include "base/thread.h"
#include "device/mapped.h"
#include "server/node.h"
#include "server/server.h"
#include "shared/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <syslog.h>
#include <unistd.h>

/* Handle type of FUSE, as in the kernel's fuse_encode_fh() without a parent. */
#define HANDLE_TYPE 0x81

struct handle {
	struct file_handle head;
	uint32_t words[3]; /* upper and lower half of the node id, generation */
};

struct invalidate_job {
	struct invalidate_job *next;
	struct fuse_req *req;
	struct fuse_file_info fi;
	uint64_t ino;
	uint64_t size;
};

void invalidate_init(struct invalidator *inv, uint64_t limit)
{
	memset(inv, 0, sizeof(*inv));
	inv->limit = limit;
	inv->root = -1;
	pthread_mutex_init(&inv->mutex, NULL);
	pthread_cond_init(&inv->wake, NULL);
	pthread_cond_init(&inv->silent, NULL);
}

void invalidate_destroy(struct invalidator *inv)
{
	pthread_cond_destroy(&inv->silent);
	pthread_cond_destroy(&inv->wake);
	pthread_mutex_destroy(&inv->mutex);
}

/* ---- one file ---- */

int invalidate_file(int fd, uint64_t size, const struct persist *persist)
{
	void *p = size ? mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0) : NULL;

	if (p == MAP_FAILED)
		return -errno;
	if (p) {
		mapped_operate(persist->invalidate, p, size);
		munmap(p, size);
	}
	return 0;
}

/* Opens a file by its number: it may have no name any more, and a path walk would take the locks
 * of directories. */
static int open_node(int root, uint64_t ino, uint64_t generation)
{
	struct handle handle = {
		.head = { .handle_bytes = sizeof(handle.words), .handle_type = HANDLE_TYPE },
		.words = { (uint32_t)(ino >> 32), (uint32_t)ino, (uint32_t)generation },
	};
	int fd = open_by_handle_at(root, &handle.head, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static void warn_once(struct server *server, int ret)
{
	/* Shared space and the end of the mount are reported elsewhere. */
	if (ret == 0 || ret == -EUCLEAN || ret == -ESTALE || ret == -ENOTCONN ||
	    ret == -ECONNABORTED || ret == -ENODEV ||
	    __atomic_exchange_n(&server->invalidator.warned, true, __ATOMIC_RELAXED))
		return;
	server_log(
		server, LOG_WARNING,
		"cannot drop the cache lines of a file before it is opened: %s; what other hosts "
		"wrote may be seen late",
		strerror(-ret));
}

static void invalidate(struct server *server, const struct invalidate_job *job)
{
	cleanup_fd int fd = open_node(server->invalidator.root, job->ino, server->generation);

	warn_once(server, fd < 0 ? fd : invalidate_file(fd, job->size, persist_for_cpu()));
}

/* ---- answers ---- */

/* The thread that closes the connection waits for replies that are being written: after the close,
 * the number of the descriptor may stand for another file. */
static void answer(struct invalidator *inv, struct invalidate_job *job)
{
	bool closing;

	pthread_mutex_lock(&inv->mutex);
	closing = inv->closing;
	inv->replying += !closing;
	pthread_mutex_unlock(&inv->mutex);
	if (closing) {
		fuse_reply_none(job->req);
	} else {
		fuse_reply_open(job->req, &job->fi);
		pthread_mutex_lock(&inv->mutex);
		if (--inv->replying == 0)
			pthread_cond_broadcast(&inv->silent);
		pthread_mutex_unlock(&inv->mutex);
	}
	free(job);
}

void invalidate_close(struct invalidator *inv)
{
	pthread_mutex_lock(&inv->mutex);
	inv->closing = true;
	while (inv->replying)
		pthread_cond_wait(&inv->silent, &inv->mutex);
	pthread_mutex_unlock(&inv->mutex);
}

/* ---- the threads ---- */

/* NULL at the end. *skip: the threads must end, so no lines are dropped any more. */
static struct invalidate_job *next_job(struct invalidator *inv, bool *skip)
{
	struct invalidate_job *job;

	pthread_mutex_lock(&inv->mutex);
	while (inv->running && !inv->first)
		pthread_cond_wait(&inv->wake, &inv->mutex);
	job = inv->first;
	if (job)
		inv->first = job->next;
	*skip = !inv->running;
	pthread_mutex_unlock(&inv->mutex);
	return job;
}

static void *run(void *arg)
{
	struct server *server = arg;
	struct invalidator *inv = &server->invalidator;
	struct invalidate_job *job;
	bool skip;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	pthread_mutex_lock(&inv->mutex);
	inv->tids[inv->ntids++] = gettid();
	pthread_mutex_unlock(&inv->mutex);
	while ((job = next_job(inv, &skip))) {
		if (!skip)
			invalidate(server, job);
		answer(inv, job);
	}
	return NULL;
}

/* Whether the opener is one of the threads here. Openers in other process namespaces have number 0.
 */
static bool is_own_thread(struct invalidator *inv, pid_t tid)
{
	bool found = false;

	pthread_mutex_lock(&inv->mutex);
	for (unsigned int i = 0; i < inv->ntids; i++)
		found |= inv->tids[i] == tid;
	pthread_mutex_unlock(&inv->mutex);
	return found;
}

static bool add_job(struct invalidator *inv, struct invalidate_job *job)
{
	bool running;

	pthread_mutex_lock(&inv->mutex);
	running = inv->running;
	if (running) {
		if (inv->first)
			inv->last->next = job;
		else
			inv->first = job;
		inv->last = job;
		pthread_cond_signal(&inv->wake);
	}
	pthread_mutex_unlock(&inv->mutex);
	return running;
}

bool invalidate_open(struct server *server, struct fuse_req *req, uint64_t ino,
		     const struct fuse_file_info *fi)
{
	struct invalidator *inv = &server->invalidator;
	struct invalidate_job *job;
	uint64_t size;

	/* The server drops the lines of the bytes that it reads itself. */
	if (!server_in_famfs_mode(server))
		return false;
	size = inode_size(server, ino);
	if (size == 0 || size > inv->limit || is_own_thread(inv, fuse_req_ctx(req)->pid))
		return false;
	job = malloc(sizeof(*job));
	if (!job)
		return false;
	*job = (struct invalidate_job){ .req = req, .fi = *fi, .ino = ino, .size = size };
	if (add_job(inv, job))
		return true;
	free(job);
	return false;
}

int invalidate_start(struct server *server, int tree)
{
	struct invalidator *inv = &server->invalidator;
	int ret = 0;

	if (inv->limit == 0)
		return 0;
	/* File handles cannot be opened relative to an O_PATH descriptor. */
	inv->root = openat(tree, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (inv->root < 0)
		return -errno;
	/* Under the mutex, so that no job is taken before a thread runs. */
	pthread_mutex_lock(&inv->mutex);
	while (inv->nthreads < INVALIDATE_THREADS && ret == 0) {
		ret = thread_start(&inv->threads[inv->nthreads], run, server);
		inv->nthreads += ret == 0;
	}
	/* One thread is enough. */
	inv->running = inv->nthreads > 0;
	pthread_mutex_unlock(&inv->mutex);
	return inv->nthreads ? 0 : ret;
}

void invalidate_stop(struct server *server)
{
	struct invalidator *inv = &server->invalidator;

	pthread_mutex_lock(&inv->mutex);
	inv->running = false;
	pthread_cond_broadcast(&inv->wake);
	pthread_mutex_unlock(&inv->mutex);
	for (; inv->nthreads; inv->nthreads--)
		pthread_join(inv->threads[inv->nthreads - 1], NULL);
	if (inv->root >= 0)
		close(inv->root);
	inv->root = -1;
}
