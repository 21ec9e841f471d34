/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include "base/guard.h"
#include "base/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096

/* Called in each test, since cmocka installs its own handlers before it. */
static void guard_errors(void)
{
	assert_int_equal(famfs_guard_memory_errors(), 0);
}

/* A mapping of a file that has since been truncated to nothing. */
static volatile char *dead_page(void)
{
	int fd = open("dead", O_RDWR | O_CREAT | O_TRUNC, 0600);
	void *p;

	assert_int_equal(ftruncate(fd, PAGE), 0);
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(p != MAP_FAILED);
	assert_int_equal(ftruncate(fd, 0), 0);
	close(fd);
	return p;
}

static int touch(volatile char *p)
{
	volatile int ret = -EIO; /* volatile, since the jump would lose a register */
	struct guard guard;

	if (guard_enter(&guard))
		ret = *p;
	guard_leave(&guard);
	return ret;
}

static void to_eio(void **state)
{
	volatile char *p = dead_page();

	(void)state;
	guard_errors();
	/* More than once: the signal must not stay blocked. */
	for (int i = 0; i < 3; i++)
		assert_int_equal(touch(p), -EIO);
	munmap((void *)(uintptr_t)p, PAGE);
}

static void unharmed(void **state)
{
	char good = 7;

	(void)state;
	guard_errors();
	assert_int_equal(touch(&good), 7);
	assert_null(guard_current);
}

static void nested(void **state)
{
	volatile char *p = dead_page();
	struct guard outer;
	volatile int inner = 0, caught = 0;

	(void)state;
	guard_errors();
	if (guard_enter(&outer)) {
		inner = touch(p);
		(void)*p;
	} else {
		caught = 1;
	}
	guard_leave(&outer);
	assert_int_equal(inner, -EIO);
	assert_int_equal(caught, 1);
	assert_null(guard_current);
	munmap((void *)(uintptr_t)p, PAGE);
}

static void *touch_and_ask(void *arg)
{
	sigset_t blocked;

	assert_int_equal(touch(arg), -EIO);
	pthread_sigmask(SIG_SETMASK, NULL, &blocked);
	assert_int_equal(sigismember(&blocked, SIGTERM), 1);
	return arg;
}

/* It blocks the signals that other threads should get. */
static void in_threads(void **state)
{
	char *p = (char *)(uintptr_t)dead_page();
	pthread_t thread;
	void *done = NULL;

	(void)state;
	guard_errors();
	assert_int_equal(thread_start(&thread, touch_and_ask, p), 0);
	assert_int_equal(pthread_join(thread, &done), 0);
	assert_ptr_equal(done, p);
	munmap(p, PAGE);
}

static void not_ours(void **state)
{
	const struct rlimit none = { 0, 0 };
	volatile char *p = dead_page();
	pid_t child = fork();
	int status;

	(void)state;
	guard_errors();
	if (child == 0) {
		setrlimit(RLIMIT_CORE, &none);
		(void)*p;
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGBUS);
	munmap((void *)(uintptr_t)p, PAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("a memory error under a guard is EIO every time", to_eio),
		TEST("good memory under a guard is read unchanged", unharmed),
		TEST("an inner guard does not disable the outer one", nested),
		TEST("a memory error in a thread that blocks signals is EIO", in_threads),
		TEST("a memory error that no guard covers kills by SIGBUS", not_ours),
	};

	return run_group(tests);
}
