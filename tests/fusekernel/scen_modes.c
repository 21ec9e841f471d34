/* SPDX-License-Identifier: Apache-2.0 */
/* Processes that keep a device from being switched, and the messages about them. */
#include "sandbox.h"
#include "scen_mounted.h"
#include "tap.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int lock_node(short type)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET };
	int fd = open(SANDBOX_LOCK, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd >= 0 && fcntl(fd, F_OFD_SETLK, &lock) == 0)
		return fd;
	close(fd);
	return -1;
}

bool lock_is_free(void)
{
	int fd = lock_node(F_WRLCK);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* A process of ours that has the node open, and one that switches, exclude each other. */
void mode_is_locked(const struct generation *gen)
{
	const struct timespec pause = { .tv_nsec = 20000000 };
	bool taken = false;
	int fd;

	(void)gen;
	format("device_dax");
	works("$F cp $S/fmap.c $I:/file");
	works("$F wait --timeout 3 $D:/none >/dev/null 2>&1 &");
	for (int i = 0; i < 200 && !(taken = !lock_is_free()); i++)
		nanosleep(&pause, NULL);
	expect(taken, "a command has the node open, and not the lock");
	for (int i = 0; i < 1000 && !lock_is_free(); i++)
		nanosleep(&pause, NULL);
	expect(lock_is_free(), "a command that has ended holds the lock");

	fd = lock_node(F_RDLCK);
	expect(fd >= 0, "cannot share the lock");
	works("mkdir -p $M.2 && $F mount -o fmap=pull $D $M.2");
	ends_with(0, "it is in use by process 1 (fusekernel_moun)", "$F info $M.2");
	expect(sandbox_bound("device_dax"), "the device is switched under a process");
	works("$F umount $M.2");
	close(fd);

	fd = lock_node(F_WRLCK);
	expect(fd >= 0, "cannot take the lock");
	ends_with(1, "is being switched to another mode by process 1 (fusekernel_moun)",
		  "$F cat $D:/file");
	close(fd);
	works("$F cat $D:/file | cmp - $S/fmap.c");
}

/* Each command that cannot use the device names the repair. */
void mode_and_its_repair(const struct generation *gen)
{
	static const struct {
		int code;
		const char *command;
	} commands[] = {
		{ 8, "$F fsck $D" },   { 8, "$F fsck --repair $D" },     { 1, "$F cat $D:/file" },
		{ 1, "$F info $D" },   { 1, "$F cat --map $D:/file" },   { 1, "$F mkfs -f $D" },
		{ 1, "$F doctor $D" }, { 1, "$F cp $S/fmap.c $D:/new" },
	};

	(void)gen;
	format("device_dax");
	works("$F cp $S/fmap.c $I:/file");
	for (int bound = 1; bound >= 0; bound--) {
		sandbox_bind("fsdev_dax");
		if (!bound)
			unlink(SANDBOX_DEVICE "/driver");
		for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
			ends_with(commands[i].code,
				  "run: famfsctl reset-mode '/dev/fusekernel-dax-",
				  commands[i].command);
			expect(strstr(said, bound ? "is in famfs mode" : "has no driver") != NULL,
			       "'%s' says: %.900s", commands[i].command, said);
		}
	}
	sandbox_bind("device_dax");
}

/* info shows the profile that the kernel speaks, even if another was forced. */
void mode_and_profile(const struct generation *gen)
{
	format("fsdev_dax");
	if (mounted_begin(&mounted, &setup, &tree, gen, "fmap=push"))
		ends_with(0, "by the kernel, profile pull (the kernel speaks it; push was supposed",
			  "$F info $M");
	if (test_failed())
		(void)shell("umount -l $M");
	else
		works("$F umount $M");
	mounted_end(&mounted, 0);
}

/* Another mount namespace has a copy of the mount, which keeps the server and the device in use. */
void mode_and_a_copy(const struct generation *gen)
{
	format("device_dax");
	if (begin(gen, "")) {
		works("unshare -m --propagation private sleep 600 >/dev/null 2>&1 & "
		      "echo $! >/run/sleep; n=0; until grep -q sleep /proc/$!/comm; do "
		      "n=$((n + 1)); [ $n -lt 300 ] || exit 1; sleep 0.1; done");
		ends_with(0, "in the mount namespace of process", "$F umount $M");
		expect(strstr(said, "' is unmounted, but its device stays in famfs mode: ") &&
			       strstr(said, " (sleep), and served by process ") &&
			       strstr(said, "hint: when that process has ended, run: famfsctl "
					    "reset-mode"),
		       "umount says: %.900s", said);
		ends_with(1, "", "grep -F \" $M \" /proc/self/mountinfo");
		ends_with(3, "in the mount namespace of process", "$F reset-mode $D");
		works("kill $(cat /run/sleep)");
	} else {
		(void)shell("umount -l $M");
	}
	mounted_end(&mounted, 0);
	expect(sandbox_bound("device_dax"), "the device is not switched back");
}

/* A server that is stopped holds the device after the unmount. */
void mode_and_a_stopped_server(const struct generation *gen)
{
	format("device_dax");
	if (begin(gen, "")) {
		kill(mounted.kernel.server.pid, SIGSTOP);
		ends_with(0, "(famfsctl), which is stopped", "$F umount $M");
		expect(strstr(said, "' is unmounted, but its device stays in famfs mode: ") != NULL,
		       "umount says: %.900s", said);
		ends_with(3, "(famfsctl), which is stopped", "$F reset-mode $D");
		kill(mounted.kernel.server.pid, SIGCONT);
	} else {
		(void)shell("umount -l $M");
	}
	mounted_end(&mounted, 0);
	expect(sandbox_bound("device_dax"), "the device is not switched back");
	works("test ! -s " SANDBOX_CLAIM);
}

/* A file of the mount outlives server and mount, and with it the record of the switch. */
void mode_and_a_file(const struct generation *gen)
{
	char path[256];
	int fd = -1;

	format("device_dax");
	if (begin(gen, "")) {
		works("$F cp $S/fmap.c $M/file");
		snprintf(path, sizeof(path), "%s/file", setup.mountpoint);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		expect(fd >= 0, "cannot open the file");
		kill(mounted.kernel.server.pid, SIGSTOP);
		abort_mount();
		kill(mounted.kernel.server.pid, SIGKILL);
		ends_with(0, "it is open by process 1 (fusekernel_moun)", "$F umount --lazy $M");
		for (int dry = 0; dry < 2; dry++)
			ends_with(3, "it is open by process 1 (fusekernel_moun)",
				  dry ? "$F reset-mode --dry-run $D" : "$F reset-mode $D");
		expect(sandbox_bound("fsdev_dax"), "the device is switched under a file");
		close(fd);
		works("$F reset-mode $D");
	} else {
		(void)shell("umount -l $M");
	}
	mounted_end(&mounted, -SIGKILL);
	expect(sandbox_bound("device_dax"), "the device is not switched back");
	works("test ! -s " SANDBOX_CLAIM " && $F cat $D:/file | cmp - $S/fmap.c");
}

/* The server was killed, and the driver does not release the device, although no process uses it.
 */
void mode_and_a_failing_driver(const struct generation *gen)
{
	static const char unbind[] = SANDBOX_DRIVERS "fsdev_dax/unbind";
	char away[sizeof(unbind) + 5];

	snprintf(away, sizeof(away), "%s.away", unbind);
	format("device_dax");
	if (begin(gen, "")) {
		kill(mounted.kernel.server.pid, SIGSTOP);
		abort_mount();
		kill(mounted.kernel.server.pid, SIGKILL);
		expect(rename(unbind, away) == 0, "cannot move a file of the driver away");
		ends_with(0, "back to devdax mode: No such file or directory", "$F umount $M");
		expect(strstr(said, "' is unmounted, but its device stays in famfs mode: ") &&
			       strstr(said, "hint: run: famfsctl reset-mode"),
		       "umount says: %.900s", said);
		expect(rename(away, unbind) == 0, "cannot move it back");
		works("$F reset-mode $D");
	} else {
		(void)shell("umount -l $M");
	}
	mounted_end(&mounted, -SIGKILL);
	expect(sandbox_bound("device_dax"), "the device is not switched back");
}
