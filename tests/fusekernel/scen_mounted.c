/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device in famfs mode from the mount to the unmount, under each generation of the kernel:
 * mounted.h says which parts are real.
 *
 *   fusekernel_mounted FAMFSCTL PRELOAD SOURCE [WORD]
 *
 * SOURCE is a folder that is copied in. Needs root.
 */
#include "scen_mounted.h"
#include "sandbox.h"
#include "tap.h"
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEVICE_SIZE GIB(4)
#define COPIED      "data/tree"

struct setup setup;
struct tree tree = { .device_size = DEVICE_SIZE };
struct mounted mounted;
static const char *source;
char said[4096];

int shell(const char *command)
{
	int out[2], status = 0;
	size_t used = 0;
	ssize_t n;
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) < 0)
		bail_out("cannot make a pipe");
	pid = fork();
	if (pid == 0) {
		dup2(out[1], STDOUT_FILENO);
		dup2(out[1], STDERR_FILENO);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(126);
	}
	close(out[1]);
	while ((n = read(out[0], said + used, sizeof(said) - 1 - used)) > 0)
		used += (size_t)n;
	said[used] = '\0';
	close(out[0]);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void ends_with(int code, const char *text, const char *command)
{
	int ended = test_failed() ? code : shell(command);

	if (!test_failed())
		expect(ended == code && strstr(said, text), "'%s' ends with %d: %.200s", command,
		       ended, said);
}

void works(const char *command)
{
	ends_with(0, "", command);
}

static void set_environment(const char *preload)
{
	const char *sanitizer = getenv("ASAN_OPTIONS");
	char text[1024], command[2048];

	snprintf(text, sizeof(text), "%s%sverify_asan_link_order=0", sanitizer ? sanitizer : "",
		 sanitizer ? ":" : "");
	setenv("ASAN_OPTIONS", text, 1);
	/* Search for leaks in the server only: a search in each command would double the time. */
	snprintf(command, sizeof(command), "env ASAN_OPTIONS=%s:detect_leaks=0 LD_PRELOAD=%s %s",
		 text, preload, setup.famfsctl);
	setenv("F", command, 1);
	setenv("M", setup.mountpoint, 1);
	setenv("D", setup.device, 1);
	setenv("I", setup.image, 1);
	setenv("S", source, 1);
	setenv("FUSEKERNEL_IMAGE", setup.image, 1);
}

static unsigned int compared;

static void compare_bytes(const char *path, const struct inode *inode, int fd)
{
	uint8_t wanted[65536], found[65536];
	uint64_t offset = 0;
	ssize_t n;

	while ((n = pread(fd, wanted, sizeof(wanted), (off_t)offset)) > 0) {
		for (ssize_t done = 0; done < n;) {
			size_t part = (size_t)(n - done);
			struct extent at;

			if (!expect(fmap_resolve(&inode->map, offset + (uint64_t)done, &at),
				    "'%s' has no map at %llu", path, (unsigned long long)offset))
				return;
			part = part < at.length ? part : at.length;
			if (!expect(pread(setup.image_fd, found, part, (off_t)at.offset) ==
						    (ssize_t)part &&
					    !memcmp(found, wanted + done, part),
				    "'%s' has other bytes near %llu", path,
				    (unsigned long long)offset))
				return;
			done += (ssize_t)part;
		}
		offset += (uint64_t)n;
	}
	expect(offset == inode->size, "'%s' has %llu bytes", path, (unsigned long long)inode->size);
}

static int compare_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	char inside[256];
	struct file file;
	int fd, error;

	(void)ftw;
	if (type != FTW_F || !S_ISREG(st->st_mode) || !st->st_size || test_failed())
		return 0;
	snprintf(inside, sizeof(inside), COPIED "%s", path + strlen(source));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	error = vfs_open_path(&mounted.kernel, inside, &file);
	if (expect(fd >= 0 && !error, "'%s': open fails with %d", inside, error)) {
		compare_bytes(inside, file.inode, fd);
		vfs_release(&mounted.kernel, &file);
		compared++;
	}
	close(fd);
	return 0;
}

static void compare_all(void)
{
	compared = 0;
	pthread_mutex_lock(&mounted.lock);
	if (!test_failed())
		nftw(source, compare_file, 16, FTW_PHYS);
	pthread_mutex_unlock(&mounted.lock);
	expect(compared > 10, "%u files were compared", compared);
}

void format(const char *driver)
{
	sandbox_bind(driver);
	works("$F mkfs -f --size 4G $I");
}

bool begin(const struct generation *gen, const char *more)
{
	char options[64];

	snprintf(options, sizeof(options), "fmap=%s%s", gen->option, more);
	return mounted_begin(&mounted, &setup, &tree, gen, options);
}

void unmount(void)
{
	if (test_failed())
		(void)shell("umount -l $M");
	else
		works("umount $M");
	mounted_end(&mounted, 0);
}

static void write_and_read(void)
{
	works("$F mkdir $M/data");
	works("$F cp -r $S $M/" COPIED);
	works("$F creat -s 5M -S 42 $M/data/seeded && $F verify -S 42 $M/data/seeded");
	works("$F creat -s 9M -N 2 -B 3 -C 2M -S 7 $M/data/striped && $F verify -S 7 "
	      "$M/data/striped");
	/* The server sees the entry at once, and all processes read the file at its place. */
	works("diff -r $S $M/" COPIED);
	works("$F cat $M/data/striped | cmp - $M/data/striped");
	works("$F cat --map $M/data/striped | cmp - $M/data/striped");
	works("$F creat -s 4M -S 1 $D:/by-device && test -s $M/by-device");
	ends_with(0, "by the kernel", "$F info $M");
	works("$F ls -R $M && $F usage $M && $F stat $M/data/seeded && $F dump-fmap "
	      "$M/data/striped");
	compare_all();
}

static void refusals(void)
{
	ends_with(1, "Operation not permitted", "cat $M/.meta/.device");
	ends_with(2, "Operation not permitted", "echo >$M/.meta/.device");
	ends_with(1, "Operation not permitted",
		  "dd if=/dev/zero of=$M/.meta/.log conv=notrunc count=1");
	ends_with(1, "Operation not permitted", "touch $M/new");
	ends_with(1, "", "ls -A $M/.meta | grep device");
	ends_with(3, "mounted at", "$F mkfs -f $D");
	ends_with(3, "in which it can be mounted once, and is mounted at",
		  "mkdir -p $M.2 && $F mount $D $M.2");
	ends_with(3, "mounted at", "$F reset-mode $D");
	expect(!lock_is_free(), "the server has the node open, and not the lock");
	ends_with(8, "mounted at", "$F fsck --repair $D");
}

/* From devdax mode and back to it. */
static void whole_life(const struct generation *gen)
{
	format("device_dax");
	if (begin(gen, "")) {
		expect(sandbox_bound("fsdev_dax"), "the device is not switched");
		write_and_read();
		refusals();
	}
	unmount();
	expect(sandbox_bound("device_dax"), "the device is not switched back");
	works("test ! -s " SANDBOX_CLAIM);
	works("$F fsck $I && $F cat $D:/data/striped >/dev/null");
}

/* The first command finds the device in famfs mode, and no process switches it. */
static void found_in_famfs_mode(const struct generation *gen)
{
	format("fsdev_dax");
	if (begin(gen, ",single_thread")) {
		write_and_read();
		ends_with(3, "in which it can be mounted once",
			  "mkdir -p $M.2 && $F mount -o fmap=pull $D $M.2");
		/* Try each of its names. */
		ends_with(3, "in which it can be mounted once",
			  "ln -sf $D $M.link && $F mount -o fmap=pull $M.link $M.2");
	}
	unmount();
	expect(sandbox_bound("fsdev_dax"), "the device is switched");
	works("test ! -e " SANDBOX_CLAIM " && $F fsck $I");
}

static void client(const struct generation *gen)
{
	const char *master = getenv("FAMFS_SYSTEM_UUID");
	char saved[64];

	snprintf(saved, sizeof(saved), "%s", master ? master : "");
	format("fsdev_dax");
	works("$F cp $S/fmap.c $I:/file");
	setenv("FAMFS_SYSTEM_UUID", "00000000-0000-4000-8000-00000000c11e", 1);
	if (begin(gen, "")) {
		works("cmp $S/fmap.c $M/file && $F cat $M/file | cmp - $S/fmap.c");
		works("grep \" $M ro,.* fuse.famfs \" /proc/self/mountinfo");
		works("test $(stat -c %a $M/.meta/.log) = 400");
		ends_with(1, "cannot write through the mount", "$F creat -s 2M $M/new");
	}
	unmount();
	setenv("FAMFS_SYSTEM_UUID", saved, 1);
}

static void nothing_there(const struct generation *gen)
{
	char options[32];

	sandbox_bind("fsdev_dax");
	works("rm -f $I && truncate -s 4G $I");
	close(setup.image_fd);
	setup.image_fd = open(setup.image, O_RDWR | O_CLOEXEC);
	snprintf(options, sizeof(options), "fmap=%s", gen->option);
	/* The server ends by itself, which ends the mount. */
	memset(&mounted, 0, sizeof(mounted));
	expect(!mounted_begin(&mounted, &setup, &tree, gen, options), "an empty device is mounted");
	(void)test_caught(&(const char *){ NULL });
	mounted_end(&mounted, 1);
	expect(server_logged(&mounted.kernel.server, "does not hold a famfs", ""), "it says: %s",
	       server_last_words(&mounted.kernel.server));
	ends_with(1, "", "grep -F \" $M \" /proc/self/mountinfo");
}

/* If the kernel cannot read the device, the mount fails, and the message has the reason. */
static void asks_nothing(const struct generation *gen)
{
	format("fsdev_dax");
	mounted.asks_nothing = true;
	expect(!begin(gen, ""), "the device is mounted");
	mounted.asks_nothing = false;
	(void)test_caught(&(const char *){ NULL });
	mounted_end(&mounted, 1);
	expect(server_logged(&mounted.kernel.server, "asks for no maps", ""), "it says: %s",
	       server_last_words(&mounted.kernel.server));
	expect(sandbox_bound("fsdev_dax"), "the device is switched");
}

/* A device that was switched for the mount is switched back, and then served as by any other
 * kernel: here the real one. */
static void asks_nothing_of_switched(const struct generation *gen)
{
	format("device_dax");
	mounted.asks_nothing = true;
	if (begin(gen, "")) {
		expect(server_logged(&mounted.kernel.server, "asks for no maps", ""),
		       "the first mount does not end for want of a map");
		expect(sandbox_bound("device_dax"), "the device is not switched back");
		ends_with(0, "since the kernel did not take it in famfs mode", "$F info $M");
		works("$F cp $S/fmap.c $M/file && cmp $S/fmap.c $M/file");
	}
	mounted.asks_nothing = false;
	unmount();
	works("test ! -s " SANDBOX_CLAIM " && $F fsck $I");
}

void abort_mount(void)
{
	struct statx st;
	char command[96];

	if (statx(AT_FDCWD, setup.mountpoint, AT_STATX_DONT_SYNC, STATX_TYPE, &st) < 0)
		bail_out("cannot look at the mount");
	snprintf(command, sizeof(command), "echo 1 >/sys/fs/fuse/connections/%u/abort",
		 minor(makedev(st.stx_dev_major, st.stx_dev_minor)));
	works(command);
}

/* The kernel continues, and the next command switches the device back. */
static void killed(const struct generation *gen)
{
	format("device_dax");
	if (begin(gen, "")) {
		works("$F cp $S/fmap.c $M/file");
		/* Act as if its descriptor was closed, which is not the real kernel's here. The
		 * server must not notice the end of the mount. */
		kill(mounted.kernel.server.pid, SIGSTOP);
		abort_mount();
		kill(mounted.kernel.server.pid, SIGKILL);
		expect(sandbox_bound("fsdev_dax"), "the device is switched back under a mount");
		ends_with(1, "is a dead mount", "$F mount -o fmap=pull $D $M");
		ends_with(3, "in which it can be mounted once, and is mounted at",
			  "mkdir -p $M.2 && $F mount $D $M.2");
		ends_with(3, "in which it can be mounted once, and is mounted at",
			  "ln -sf $D $M.link && $F mount $M.link $M.2");
		works("$F umount $M");
	} else {
		(void)shell("umount -l $M");
	}
	mounted_end(&mounted, -SIGKILL);
	expect(sandbox_bound("device_dax"), "the device is not switched back");
	works("$F cat $D:/file | cmp - $S/fmap.c && $F fsck $D");
}

static void await_end(void)
{
	siginfo_t ended = { 0 };

	waitid(P_PID, (id_t)mounted.kernel.server.pid, &ended, WEXITED | WNOWAIT);
}

/* Waits up to 10 seconds for this message of the server. */
static void await_message(const char *text)
{
	for (int i = 0; i < 100 && !server_logged(&mounted.kernel.server, text, ""); i++)
		usleep(100000);
	expect(server_logged(&mounted.kernel.server, text, ""), "it does not say '%s': %s", text,
	       server_last_words(&mounted.kernel.server));
}

/* Open files keep the device in use: switching back has to wait for them, and further signals of an
 * impatient service manager do not end the wait. */
static void terminated(const struct generation *gen)
{
	int fd = -1;

	format("device_dax");
	if (begin(gen, "")) {
		char path[256];

		works("$F cp $S/fmap.c $M/file");
		snprintf(path, sizeof(path), "%s/file", setup.mountpoint);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		expect(fd >= 0, "cannot open the file");
		kill(mounted.kernel.server.pid, SIGTERM);
		await_message("no longer serving");
		kill(mounted.kernel.server.pid, SIGTERM);
		kill(mounted.kernel.server.pid, SIGHUP);
		await_end();
		expect(sandbox_bound("fsdev_dax"), "the device is switched back under a file");
		works("test -s " SANDBOX_CLAIM);
		close(fd);
	}
	mounted_end(&mounted, 0);
	/* The next mount settles the device; here without maps. */
	works("mkdir -p $M.2 && $F mount -o fmap=off $D $M.2 && cmp $S/fmap.c $M.2/file");
	ends_with(0, "since fmap=off was asked for", "$F info $M.2");
	works("$F umount $M.2 && test ! -s " SANDBOX_CLAIM);
	expect(sandbox_bound("device_dax"), "the device is not switched back");
}

/* The server ends during opens, by a signal or by an unmount; the opens end, too.
 */
static void ends_while_opening(const struct generation *gen)
{
	static const char *const ends[] = { "kill -TERM $P", "umount -l $M" };
	char command[512], pid[16];

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		make_files();
		if (begin(gen, "")) {
			snprintf(pid, sizeof(pid), "%d", (int)mounted.kernel.server.pid);
			setenv("P", pid, 1);
			snprintf(command, sizeof(command),
				 "rm -f $M.opened; for i in 1 2 3 4; do "
				 "while head -c 1 $M/limit; do echo >>$M.opened; done & "
				 "done >/dev/null 2>&1; "
				 "for i in $(seq 200); do test -s $M.opened && break; sleep 0.1; "
				 "done; %s && wait && test -s $M.opened",
				 ends[i]);
			works(command);
		} else {
			(void)shell("umount -l $M");
		}
		mounted_end(&mounted, 0);
	}
}

static const struct {
	const char *title;
	void (*run)(const struct generation *gen);
	bool all; /* all generations; otherwise pull */
} scenarios[] = {
	{ "a device is switched, filled, followed, compared, and switched back", whole_life, true },
	{ "a device that is in famfs mode already is mounted", found_in_famfs_mode, true },
	{ "a client reads, and cannot write", client, false },
	{ "an empty device in famfs mode cannot be mounted", nothing_there, false },
	{ "a kernel that asks for no maps is detected", asks_nothing, false },
	{ "a kernel that asks for no maps gets its device back in devdax mode",
	  asks_nothing_of_switched, false },
	{ "a killed server leaves a device that the next command switches back", killed, false },
	{ "a server that ends while a file is open waits for the file", terminated, false },
	{ "commands and switches exclude each other", mode_is_locked, false },
	{ "commands name the repair of a device's mode", mode_and_its_repair, false },
	{ "info shows the profile that the kernel speaks", mode_and_profile, false },
	{ "a copy in another mount namespace keeps the device", mode_and_a_copy, false },
	{ "a stopped server holds the device after the unmount", mode_and_a_stopped_server, false },
	{ "a file that outlives server and mount keeps the device", mode_and_a_file, false },
	{ "a failed switch after the unmount is reported", mode_and_a_failing_driver, false },
	{ "files that share space are not opened", shared_space, false },
	{ "with pages of 64 KiB the device stays in devdax mode", large_pages, false },
	{ "with pages of 64 KiB a forced map is tried, and refused", large_pages_tried_by_push,
	  false },
	{ "writes of another host are visible after an open", other_hosts, true },
	{ "writes of another host are visible to commands", other_hosts_and_commands, false },
	{ "writes of another host are visible after an open with one thread",
	  other_hosts_one_thread, false },
	{ "writes of another host are not visible in files above the limit", other_hosts_unseen,
	  false },
	{ "a client writes next to bytes of another host without reverting them",
	  other_hosts_and_a_client, false },
	{ "a server can end while files are opened", ends_while_opening, false },
};

static void run_all(const char *word)
{
	char title[160];

	for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++)
		for (int g = 0; g < GENERATIONS; g++) {
			if (!has_famfs(&generations[g]) || (!scenarios[i].all && g != GEN_PULL))
				continue;
			snprintf(title, sizeof(title), "%s: %s", generations[g].name,
				 scenarios[i].title);
			if (!strstr(title, word))
				continue;
			test_begin("%s", title);
			scenarios[i].run(&generations[g]);
			test_end();
		}
	if (strstr("rule", word))
		mounted_proof(&mounted, &setup, &tree);
}

int main(int argc, char **argv)
{
	static char node[64], mountpoint[192];
	const char *missing;

	if (argc < 4) {
		fprintf(stderr, "usage: fusekernel_mounted FAMFSCTL PRELOAD SOURCE [WORD]\n");
		return 2;
	}
	setenv("FAMFS_SYSTEM_UUID", "00000000-0000-4000-8000-00000000f05e", 1);
	setup_create(&setup, argv[1], argv[2]);
	snprintf(node, sizeof(node), "/dev/fusekernel-dax-%d", (int)getpid());
	snprintf(mountpoint, sizeof(mountpoint), "%s/mount", setup.dir);
	setup.device = node;
	setup.mountpoint = mountpoint;
	source = argv[3];
	missing = sandbox_enter(node, DEVICE_SIZE);
	if (missing || mkdir(mountpoint, 0755) < 0) {
		printf("1..0 # SKIP %s\n", missing ? missing : "needs a folder");
		return 0;
	}
	set_environment(argv[2]);
	sandbox_bind("device_dax");
	run_famfsctl(&setup, (const char *const[]){ "mkfs", "--size", "4G", setup.image, NULL });
	setup.image_fd = open(setup.image, O_RDWR | O_CLOEXEC);
	run_all(argc > 4 ? argv[4] : "");
	return tap_finish();
}
