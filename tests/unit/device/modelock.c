/* SPDX-License-Identifier: Apache-2.0 */
/* The lock that keeps users of a device's node apart from a switch of its mode. */
#include "support.h"

#include "device/backend.h"
#include "device/modelock.h"
#include "shared/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FOLDER "run/famfsctl"
#define LOCK   FOLDER "/dax0.0.lock"

static struct dax_node node = { .root = ".", .path = "node" };

/* Time passes only when the library sleeps. */
static unsigned int naps;
static unsigned int signal_in; /* number of the sleep that a signal interrupts; 0: none */
static uint64_t slept_ns;

int __wrap_nanosleep(const struct timespec *time, struct timespec *rest);

int __wrap_nanosleep(const struct timespec *time, struct timespec *rest)
{
	(void)rest;
	naps++;
	slept_ns += (uint64_t)time->tv_nsec;
	if (signal_in == 0 || --signal_in > 0)
		return 0;
	errno = EINTR;
	return -1;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *now);

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	(void)clock;
	*now = (struct timespec){ (time_t)(slept_ns / NS_PER_S), (long)(slept_ns % NS_PER_S) };
	return 0;
}

static void start(void)
{
	naps = signal_in = 0;
	slept_ns = 0;
	node.number = makedev(1, 7);
	assert_int_equal(system("rm -rf sys run node elsewhere; mkdir -p sys/dev/char run "
				"sys/devices/dax0.0; touch node; chmod 600 node; "
				"ln -s ../../devices/dax0.0 sys/dev/char/1:7; "
				"ln -s ../../bus/dax sys/devices/dax0.0/subsystem; "
				"echo 4294967296 >sys/devices/dax0.0/size"),
			 0);
}

static int share(void)
{
	struct famfs_error err;
	int fd;

	assert_ok(modelock_share(&node, &fd, &err), &err);
	return fd;
}

static int exclude(void)
{
	struct famfs_error err;
	int fd;

	assert_ok(modelock_exclude(&node, &fd, &err), &err);
	return fd;
}

/* Another process that holds the lock until it is killed. */
static pid_t hold(bool exclusive)
{
	int ready[2], fd;
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		/* A failed test must not leave that process. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		fd = exclusive ? exclude() : share();
		if (fd < 0 || write(ready[1], "+", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void together(void **state)
{
	int one, two;

	(void)state;
	if (geteuid() != 0)
		skip();
	start();
	one = share();
	two = share();
	assert_true(one >= 0 && two >= 0);
	close(one);
	close(two);
	close(exclude());
	close(share());
	assert_int_equal(naps, 0);
}

static void a_switch_waits_for_users(void **state)
{
	struct famfs_error err;
	char want[80];
	pid_t pid;
	int fd;

	(void)state;
	start();
	close(exclude());
	pid = hold(false);
	snprintf(want, sizeof(want),
		 "cannot switch the mode of 'node': it is in use by process %d (", (int)pid);
	assert_error(modelock_exclude(&node, &fd, &err), -EBUSY, &err, want);
	assert_true(err.refused);
	assert_int_equal(err.remedy, FAMFS_REMEDY_END_PROCESS);
	assert_string_equal(err.remedy_object, "/run/famfsctl/dax0.0.lock");
	assert_in_range(slept_ns, 500 * NS_PER_MS, 510 * NS_PER_MS);
	/* A server that gets a second signal to end still has to switch the device back. */
	signal_in = 3;
	assert_error(modelock_exclude(&node, &fd, &err), -EBUSY, &err, want);
	assert_int_equal(signal_in, 0);
	assert_in_range(slept_ns, 1000 * NS_PER_MS, 1020 * NS_PER_MS);
	end(pid);
	close(exclude());
}

static void users_wait_for_a_switch(void **state)
{
	struct famfs_error err;
	char want[80];
	pid_t pid;
	int fd;

	(void)state;
	start();
	pid = hold(true);
	snprintf(want, sizeof(want), "'node' is being switched to another mode by process %d (",
		 (int)pid);
	assert_error(modelock_share(&node, &fd, &err), -EBUSY, &err, want);
	assert_in_range(slept_ns, 10 * NS_PER_S, 10 * NS_PER_S + 10 * NS_PER_MS);
	end(pid);
	fd = share();
	assert_true(fd >= 0);
	close(fd);
}

static void a_signal(void **state)
{
	struct famfs_error err;
	pid_t pid;
	int fd;

	(void)state;
	start();
	pid = hold(true);
	signal_in = 3;
	assert_error(modelock_share(&node, &fd, &err), -EINTR, &err, "cannot lock 'node'");
	assert_int_equal(fd, -1);
	assert_int_equal(naps, 3);
	end(pid);
}

/* A user who can read the file cannot block other users of the device. */
static void a_reader_cannot_exclude(void **state)
{
	int fd;

	(void)state;
	start();
	close(exclude());
	fd = open(LOCK, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(fd_lock(fd, DEVICE_EXCLUSIVE, 0, 0), -EBADF);
	close(fd);
}

static void only_users_of_the_node_can_lock(void **state)
{
	static const struct {
		mode_t node, lock;
	} cases[] = { { 0600, 0600 }, { 0660, 0640 }, { 0666, 0644 }, { 0600, 0600 } };
	struct stat st;

	(void)state;
	start();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(chmod("node", cases[i].node), 0);
		/* Users can reach the folder whatever the umask of the process is. */
		umask(i == 0 ? 077 : 022);
		close(exclude());
		assert_int_equal(stat(LOCK, &st), 0);
		if (st.st_uid == 0)
			assert_int_equal(st.st_mode & 07777, cases[i].lock);
		assert_int_equal(stat(FOLDER, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0755);
	}
	if (geteuid() != 0)
		return;
	/* A node with a group, and an owner, of its own. */
	assert_int_equal(chown("node", 0, 4242), 0);
	close(exclude());
	assert_int_equal(stat(LOCK, &st), 0);
	assert_int_equal(st.st_gid, 4242);
	assert_int_equal(chown("node", 4242, 0), 0);
	close(exclude());
	assert_int_equal(stat(LOCK, &st), 0);
	assert_int_equal(st.st_uid, 0);
	assert_int_equal(st.st_mode & 07777, 0644);
}

/* In a container without such a folder, and for a path that is not a DAX device. */
static void no_lock(void **state)
{
	const struct dax_node other = { .root = ".", .path = "node", .number = makedev(1, 3) };
	struct famfs_error err;
	int fd;

	(void)state;
	start();
	assert_int_equal(rmdir("run"), 0);
	assert_int_equal(share(), -1);
	assert_error(modelock_exclude(&node, &fd, &err), -ENOENT, &err, "cannot lock 'node'");
	start();
	assert_ok(modelock_share(&other, &fd, &err), &err);
	assert_int_equal(fd, -1);
	assert_int_equal(access(FOLDER, F_OK), -1);
}

static void links_lead_nowhere(void **state)
{
	struct famfs_error err;
	int fd;

	(void)state;
	start();
	close(exclude());
	assert_int_equal(system("rm " LOCK "; ln -s ../../elsewhere " LOCK), 0);
	assert_error(modelock_exclude(&node, &fd, &err), -ELOOP, &err, "cannot lock 'node'");
	assert_error(modelock_share(&node, &fd, &err), -ELOOP, &err, "cannot lock 'node'");
	assert_int_equal(access("elsewhere", F_OK), -1);
	/* A folder that other users can write is not trusted. */
	assert_int_equal(system("rm " LOCK "; chmod 777 " FOLDER), 0);
	assert_error(modelock_exclude(&node, &fd, &err), -EPERM, &err, "cannot lock 'node'");
	assert_int_equal(share(), -1);
	assert_int_equal(system("rmdir " FOLDER "; mkdir elsewhere; ln -s ../elsewhere " FOLDER),
			 0);
	assert_error(modelock_exclude(&node, &fd, &err), -ENOTDIR, &err, "cannot lock 'node'");
	assert_int_equal(rmdir("elsewhere"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("users of a device share the lock", together),
		TEST("a switch waits briefly for users, and names the one that remains",
		     a_switch_waits_for_users),
		TEST("users wait for a switch, and name the process that does not end it",
		     users_wait_for_a_switch),
		TEST("a signal ends the wait for a switch", a_signal),
		TEST("a process that may only read the lock file cannot exclude others",
		     a_reader_cannot_exclude),
		TEST("only users who can open the node can lock, unless its owner is not root",
		     only_users_of_the_node_can_lock),
		TEST("users continue without a lock file if there is none", no_lock),
		TEST("a link in place of the lock file is refused", links_lead_nowhere),
	};

	return run_group(tests);
}
