/* SPDX-License-Identifier: Apache-2.0 */
/* Dropping cache lines before an open is answered, and the option for the limit. The simulated
 * kernel tests the part of the kernel and of the threads. */
#include "support.h"

#include "base/thread.h"
#include "server/invalidate.h"
#include "server/node.h"
#include "server/options.h"
#include "server/server.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static struct {
	unsigned int calls;
	size_t length;
	char bytes[3]; /* the first byte, one in the middle, the last */
} seen;

static void record(const void *addr, size_t length)
{
	const char *bytes = addr;

	seen.calls++;
	seen.length = length;
	seen.bytes[0] = bytes[0];
	seen.bytes[1] = bytes[length / 2];
	seen.bytes[2] = bytes[length - 1];
}

static void must_not(const void *addr, size_t length)
{
	(void)addr;
	(void)length;
	fail_msg("lines are written back, which may keep them");
}

static const struct persist recorder = { .name = "test", .flush = must_not, .invalidate = record };

static int make_file(uint64_t size)
{
	int fd = open("file", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	if (size) {
		assert_int_equal(pwrite(fd, "c", 1, (off_t)size - 1), 1);
		assert_int_equal(pwrite(fd, "b", 1, (off_t)size / 2), 1);
		assert_int_equal(pwrite(fd, "a", 1, 0), 1);
	}
	return fd;
}

static void all_of_a_file(void **state)
{
	static const uint64_t sizes[] = { 3, 4096, 4097, 3 * MIB + 5 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		int fd = make_file(sizes[i]);

		memset(&seen, 0, sizeof(seen));
		assert_int_equal(invalidate_file(fd, sizes[i], &recorder), 0);
		assert_int_equal(seen.calls, 1);
		assert_int_equal(seen.length, sizes[i]);
		assert_memory_equal(seen.bytes, "abc", 3);
		close(fd);
	}
}

static void nothing_to_map(void **state)
{
	int fd = make_file(0);

	(void)state;
	memset(&seen, 0, sizeof(seen));
	assert_int_equal(invalidate_file(fd, 0, &recorder), 0);
	assert_int_equal(seen.calls, 0);
	close(fd);
	fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(invalidate_file(fd, 4096, &recorder), -ENODEV);
	assert_int_equal(seen.calls, 0);
	close(fd);
}

/* ---- the threads ---- */

static struct {
	unsigned int threads; /* threads that can still be started */
	struct fuse_ctx opener;
	pthread_mutex_t mutex;
	pthread_cond_t answered;
	unsigned int answers;
	pid_t by; /* the thread that gave the last answer */
} play = { .mutex = PTHREAD_MUTEX_INITIALIZER, .answered = PTHREAD_COND_INITIALIZER };

int __real_thread_start(pthread_t *thread, void *(*run)(void *arg), void *arg);
int __wrap_thread_start(pthread_t *thread, void *(*run)(void *arg), void *arg);

int __wrap_thread_start(pthread_t *thread, void *(*run)(void *arg), void *arg)
{
	if (play.threads == 0)
		return -EAGAIN;
	play.threads--;
	return __real_thread_start(thread, run, arg);
}

const struct fuse_ctx *__wrap_fuse_req_ctx(fuse_req_t req);

const struct fuse_ctx *__wrap_fuse_req_ctx(fuse_req_t req)
{
	(void)req;
	return &play.opener;
}

int __wrap_fuse_reply_open(fuse_req_t req, const struct fuse_file_info *fi);

int __wrap_fuse_reply_open(fuse_req_t req, const struct fuse_file_info *fi)
{
	(void)req;
	(void)fi;
	pthread_mutex_lock(&play.mutex);
	play.answers++;
	play.by = gettid();
	pthread_cond_broadcast(&play.answered);
	pthread_mutex_unlock(&play.mutex);
	return 0;
}

static void await_answers(unsigned int count)
{
	pthread_mutex_lock(&play.mutex);
	while (play.answers < count)
		pthread_cond_wait(&play.answered, &play.mutex);
	pthread_mutex_unlock(&play.mutex);
}

/* A server with a file of 100 bytes, "file", and a directory, "dir". */
static void begin(struct server *server, unsigned int threads)
{
	struct famfs_error err;

	memset(server, 0, sizeof(*server));
	make_image(64 * MIB);
	server->vol = open_volume(true);
	server->stage = SERVER_READY;
	server->famfs_mode = true;
	assert_ok(add_file(server->vol, "file", 100, 1, &err), &err);
	assert_ok(add_dir(server->vol, "dir", &err), &err);
	invalidate_init(&server->invalidator, MIB);
	play.threads = threads;
	play.answers = 0;
}

static void finish(struct server *server)
{
	invalidate_stop(server);
	invalidate_destroy(&server->invalidator);
	famfs_close(server->vol);
}

static bool opens_by_job(struct server *server, const char *name, pid_t opener)
{
	const struct fuse_file_info fi = { 0 };
	node_t ino = namespace_lookup(server->vol->ns, NODE_ROOT, name, strlen(name));

	assert_true(ino != NODE_NONE);
	play.opener.pid = opener;
	return invalidate_open(server, NULL, ino, &fi);
}

/* FUSE reports 0 as the number of a process in a namespace that the server does not see. */
static void opener_without_a_number(void **state)
{
	static struct server server; /* its threads outlive a failed test */

	(void)state;
	begin(&server, 2);
	assert_int_equal(invalidate_start(&server, AT_FDCWD), 0);
	assert_true(opens_by_job(&server, "file", 0));
	await_answers(1);
	assert_true(play.by != gettid());
	/* One of our own threads: it would wait for its own job. */
	assert_false(opens_by_job(&server, "file", play.by));
	assert_true(opens_by_job(&server, "file", getpid()));
	await_answers(2);
	finish(&server);
}

static void no_job(void **state)
{
	static struct server server; /* its threads outlive a failed test */

	(void)state;
	/* If there is no thread yet, and if none can be started, the caller answers. */
	begin(&server, 0);
	assert_false(opens_by_job(&server, "file", 1));
	assert_int_equal(invalidate_start(&server, AT_FDCWD), -EAGAIN);
	assert_false(opens_by_job(&server, "file", 1));
	finish(&server);

	begin(&server, INVALIDATE_THREADS);
	assert_int_equal(invalidate_start(&server, AT_FDCWD), 0);
	assert_false(opens_by_job(&server, "dir", 1));
	server.invalidator.limit = 99;
	assert_false(opens_by_job(&server, "file", 1));
	server.invalidator.limit = 100;
	server.famfs_mode = false;
	assert_false(opens_by_job(&server, "file", 1));
	server.famfs_mode = true;
	assert_true(opens_by_job(&server, "file", 1));
	await_answers(1);
	finish(&server);
}

/* ---- the option ---- */

static uint64_t limit_of(const char *text)
{
	struct mount_options options;
	struct famfs_error err;

	assert_ok(mount_options_parse(text, false, &options, &err), &err);
	mount_options_free(&options);
	return options.invalidate;
}

static void limits(void **state)
{
	static const char *const wrong[] = { "",
					     "M",
					     "-1",
					     "+1",
					     " 1",
					     "1X",
					     "1MM",
					     "1 M",
					     "1Mi",
					     "1MiBx",
					     "1E",
					     "0x",
					     "0xg",
					     "0x+1",
					     "0x0x10",
					     "17179869184G",
					     "18446744073709551616" };
	struct mount_options options;
	struct famfs_error err;
	char text[64];

	(void)state;
	assert_int_equal(limit_of(""), 64 * MIB);
	assert_int_equal(limit_of("invalidate=0"), 0);
	assert_int_equal(limit_of("ro,invalidate=4097,noexec"), 4097);
	assert_int_equal(limit_of("invalidate=16K"), 16384);
	assert_int_equal(limit_of("invalidate=3M"), 3 * MIB);
	assert_int_equal(limit_of("invalidate=2G"), 2 * GIB);
	assert_true(limit_of("invalidate=1T") == 1024 * GIB);
	assert_int_equal(limit_of("invalidate=3m"), 3 * MIB);
	assert_int_equal(limit_of("invalidate=64MiB"), 64 * MIB);
	assert_int_equal(limit_of("invalidate=64MB"), 64000000);
	assert_true(limit_of("invalidate=1P") == 1024 * 1024 * GIB);
	assert_int_equal(limit_of("invalidate=0x10"), 16);
	assert_int_equal(limit_of("invalidate=0X10K"), 16384);
	assert_int_equal(limit_of("invalidate=010"), 10);
	assert_int_equal(limit_of("invalidate=1M,invalidate=2M"), 2 * MIB);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		snprintf(text, sizeof(text), "invalidate=%s", wrong[i]);
		assert_error(mount_options_parse(text, false, &options, &err), -EINVAL, &err,
			     "invalidate= expects a size such as 64M, or 0, got");
		mount_options_free(&options);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("every cache line of a file is dropped exactly once", all_of_a_file),
		TEST("an empty file has no lines, and a mapping that fails is an error",
		     nothing_to_map),
		TEST("an opener whose PID is 0 does not count as a thread of the server",
		     opener_without_a_number),
		TEST("the caller answers an open that is not given to a thread", no_job),
		TEST("the option invalidate= accepts sizes", limits),
	};

	return run_group(tests);
}
