/* SPDX-License-Identifier: Apache-2.0 */
/* Locks of one open device against those of another, and the other users of a device. */
#include "support.h"

#include "device/device.h"
#include "device/mountinfo.h"
#include "device/signature.h"
#include "device/usage.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static struct device *open_image(enum device_access access)
{
	struct device *dev = NULL;
	struct famfs_error err;

	assert_ok(device_open(IMAGE, access, &dev, &err), &err);
	return dev;
}

static void make_file(void)
{
	FILE *f = fopen(IMAGE, "we");

	assert_non_null(f);
	fclose(f);
	image_resize(16 * MIB);
}

static void conflicts(void **state)
{
	struct device *a, *b;
	uint64_t start = 0, end = 0;

	(void)state;
	make_file();
	a = open_image(DEVICE_WRITE);
	b = open_image(DEVICE_WRITE);
	assert_int_equal(device_lock(a, DEVICE_EXCLUSIVE, 4 * MIB, 2 * MIB, false), 0);
	assert_int_equal(device_lock(b, DEVICE_EXCLUSIVE, 5 * MIB, 4 * MIB, false), -EAGAIN);
	assert_int_equal(device_lock(b, DEVICE_SHARED, 4 * MIB, 1, false), -EAGAIN);
	assert_int_equal(device_lock_find(b, 0, 16 * MIB, &start, &end), 1);
	assert_true(start == 4 * MIB && end == 6 * MIB);
	assert_int_equal(device_lock_conflict(b, 0, 4 * MIB, &end), 0);
	assert_int_equal(device_lock(b, DEVICE_EXCLUSIVE, 6 * MIB, 2 * MIB, false), 0);
	/* A device's own locks never conflict with each other. */
	assert_int_equal(device_lock_conflict(a, 4 * MIB, 2 * MIB, &end), 0);
	assert_int_equal(device_lock(a, DEVICE_EXCLUSIVE, 4 * MIB, 2 * MIB, false), 0);
	/* A part is released. */
	assert_int_equal(device_lock(a, DEVICE_UNLOCK, 4 * MIB, MIB, false), 0);
	assert_int_equal(device_lock(b, DEVICE_EXCLUSIVE, 4 * MIB, MIB, false), 0);
	assert_int_equal(device_lock_find(b, 5 * MIB, 16 * MIB, &start, &end), 1);
	assert_true(start == 5 * MIB && end == 6 * MIB);
	device_close(a);
	/* Locks end with their holder. */
	assert_int_equal(device_lock(b, DEVICE_EXCLUSIVE, 0, 16 * MIB, false), 0);
	device_close(b);
}

static void shared(void **state)
{
	struct device *a, *b, *reader;

	(void)state;
	make_file();
	a = open_image(DEVICE_WRITE);
	b = open_image(DEVICE_WRITE);
	reader = open_image(DEVICE_READ);
	assert_int_equal(device_lock(a, DEVICE_SHARED, 0, 1, false), 0);
	assert_int_equal(device_lock(reader, DEVICE_SHARED, 0, 1, false), 0);
	assert_int_equal(device_lock(b, DEVICE_SHARED, 0, 1, false), 0);
	assert_int_equal(device_lock(b, DEVICE_EXCLUSIVE, 0, 1, false), -EAGAIN);
	device_close(a);
	assert_int_equal(device_lock(reader, DEVICE_EXCLUSIVE, 8, 1, false), -EBADF);
	device_close(reader);
	assert_int_equal(device_lock(b, DEVICE_EXCLUSIVE, 0, 1, false), 0);
	device_close(b);
}

/* An append that finds no room names another process, not its own. */
static void holders(void **state)
{
	struct usage_text user;
	struct device *a, *b;
	char want[64];

	(void)state;
	make_file();
	a = open_image(DEVICE_WRITE);
	b = open_image(DEVICE_WRITE);
	snprintf(want, sizeof(want), "reserved by process %d (", (int)getpid());
	assert_int_equal(device_lock(a, DEVICE_EXCLUSIVE, 4 * MIB, 2 * MIB, false), 0);
	assert_int_equal(device_lock_holder(a, 4 * MIB, 2 * MIB, "reserved", &user), 0);
	assert_string_equal(user.text, "reserved by another process");
	assert_int_equal(device_lock_holder(b, 5 * MIB, MIB, "reserved", &user), 1);
	assert_text(user.text, want);
	assert_int_equal(device_lock_holder(b, 6 * MIB, MIB, "reserved", &user), 0);
	device_close(a);
	device_close(b);
}

/* A lock of another program: from some offset to the end of the file, however long it becomes. */
static void endless(void **state)
{
	struct device *a, *b;
	uint64_t start = 0, end = 0;

	(void)state;
	make_file();
	a = open_image(DEVICE_WRITE);
	b = open_image(DEVICE_WRITE);
	assert_int_equal(device_lock(a, DEVICE_EXCLUSIVE, 8 * MIB, 0, false), 0);
	assert_int_equal(device_lock_find(b, 4 * MIB, 16 * MIB, &start, &end), 1);
	assert_true(start == 8 * MIB && end == UINT64_MAX);
	device_close(a);
	device_close(b);
}

/* Holds a lock, reports that, and ends a while after it was told to. */
static void hold_and_die(int told, int ready)
{
	struct device *dev = open_image(DEVICE_WRITE);
	char byte;

	(void)device_lock(dev, DEVICE_EXCLUSIVE, 0, 1, true);
	(void)!write(ready, "x", 1);
	(void)!read(told, &byte, 1);
	usleep(20000);
	_exit(0);
}

static void waiting(void **state)
{
	int tell[2], ready[2], status;
	struct device *dev;
	char byte;
	pid_t child;

	(void)state;
	make_file();
	assert_int_equal(pipe(tell), 0);
	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0)
		hold_and_die(tell[0], ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	dev = open_image(DEVICE_WRITE);
	assert_int_equal(device_lock(dev, DEVICE_EXCLUSIVE, 0, 1, false), -EAGAIN);
	assert_int_equal(write(tell[1], "x", 1), 1);
	assert_int_equal(device_lock(dev, DEVICE_EXCLUSIVE, 0, 1, true), 0);
	device_close(dev);
	assert_int_equal(waitpid(child, &status, 0), child);
	for (int i = 0; i < 2; i++) {
		close(tell[i]);
		close(ready[i]);
	}
}

static bool on_third_call(void *arg)
{
	return ++*(int *)arg == 3;
}

static void cancelled(void **state)
{
	struct device *a, *b;
	int calls = 0;

	(void)state;
	make_file();
	a = open_image(DEVICE_WRITE);
	b = open_image(DEVICE_WRITE);
	b->cancelled = on_third_call;
	b->cancel_arg = &calls;
	assert_int_equal(device_lock(a, DEVICE_EXCLUSIVE, 0, 1, true), 0);
	assert_int_equal(device_lock(b, DEVICE_EXCLUSIVE, 0, 1, false), -EAGAIN);
	assert_int_equal(calls, 0);
	assert_int_equal(device_lock(b, DEVICE_EXCLUSIVE, 0, 1, true), -ECANCELED);
	assert_int_equal(calls, 3);
	device_close(a);
	assert_int_equal(device_lock(b, DEVICE_EXCLUSIVE, 0, 1, true), 0);
	assert_int_equal(calls, 3);
	device_close(b);
}

static void note_alarm(int sig)
{
	(void)sig;
}

static void interrupted(void **state)
{
	const struct sigaction action = { .sa_handler = note_alarm };
	/* Sends the signal repeatedly, since one that arrives between two sleeps ends none. */
	const struct itimerval soon = { .it_value = { .tv_usec = 20000 },
					.it_interval = { .tv_usec = 20000 } };
	const struct itimerval never = { 0 };
	struct sigaction before;
	struct device *a, *b;

	(void)state;
	make_file();
	a = open_image(DEVICE_WRITE);
	b = open_image(DEVICE_WRITE);
	assert_int_equal(device_lock(a, DEVICE_EXCLUSIVE, 0, 1, true), 0);
	assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
	assert_int_equal(device_lock(b, DEVICE_EXCLUSIVE, 0, 1, true), -EINTR);
	assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
	assert_int_equal(sigaction(SIGALRM, &before, NULL), 0);
	device_close(a);
	device_close(b);
}

static void map_and_wait(int ready)
{
	int fd = open(IMAGE, O_RDWR);
	void *p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);

	close(fd);
	(void)!write(ready, p == MAP_FAILED ? "-" : "+", 1);
	pause();
	_exit(0);
}

static void mapped(void **state)
{
	struct usage_text usage = { "" };
	struct device *dev;
	int ready[2], status;
	char byte = 0, want[64];
	pid_t child;

	(void)state;
	make_file();
	dev = open_image(DEVICE_WRITE);
	/* Our own mappings do not count. */
	assert_int_equal(device_usage(dev, &usage), 0);
	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0)
		map_and_wait(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(byte, '+');
	assert_int_equal(device_usage(dev, &usage), 1);
	snprintf(want, sizeof(want), "mapped by process %d (", (int)child);
	assert_text(usage.text, want);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(device_usage(dev, &usage), 0);
	device_close(dev);
	close(ready[0]);
	close(ready[1]);
}

static void signatures(void **state)
{
	struct device *dev;
	char name[80] = "";

	(void)state;
	make_file();
	dev = open_image(DEVICE_WRITE);
	assert_int_equal(device_find_signature(dev, name, sizeof(name)), 0);
	assert_int_equal(device_write(dev, 0, "LUKS\xba\xbe\0\1", 8), 0);
	assert_int_equal(device_find_signature(dev, name, sizeof(name)), 1);
	assert_string_equal(name, "crypto_LUKS");
	device_close(dev);
}

static void options(void **state)
{
	(void)state;
	assert_true(mount_has_option("ro", "ro"));
	assert_true(mount_has_option("ro,nosuid", "ro"));
	assert_true(mount_has_option("nosuid,ro", "ro"));
	assert_true(mount_has_option("a,ro,b", "ro"));
	assert_false(mount_has_option("rw", "ro"));
	assert_false(mount_has_option("", "ro"));
	assert_false(mount_has_option("norelatime,errors=ro", "ro"));
	assert_false(mount_has_option("rox,xro", "ro"));
}

/* The table itself lies in this mount, so that it is there in a chroot, too. */
static int find_proc(void *arg, const struct mount_entry *entry)
{
	(void)arg;
	assert_non_null(entry->fstype);
	return strcmp(entry->mountpoint, "/proc") == 0 ? 42 : 0;
}

static void mounts(void **state)
{
	(void)state;
	assert_int_equal(mountinfo_walk(find_proc, NULL), 42);
	assert_int_equal(device_mounts("/no/such/device", NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("a range that one handle locks excludes the others", conflicts),
		TEST("shared locks are compatible, and exclude exclusive ones", shared),
		TEST("a lock to the end of the file is reported as one", endless),
		TEST("the holder of a lock is named, unless it is the handle that asks", holders),
		TEST("a waiting lock is granted when its holder dies", waiting),
		TEST("a wait ends when the caller cancels it", cancelled),
		TEST("a signal handler of the thread ends its wait", interrupted),
		TEST("a mapping by another process is found, and our own is not", mapped),
		TEST("a foreign signature is named", signatures),
		TEST("a mount option matches only as a whole word", options),
		TEST("a callback stops the walk of the mount table", mounts),
	};

	return run_group(tests);
}
