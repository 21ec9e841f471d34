/* SPDX-License-Identifier: Apache-2.0 */
/* Switching the mode of a device, in the tree of daxtree.h. */
#include "daxtree.h"

#include "device/daxinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static bool has_claim(void)
{
	struct stat st;

	return stat(CLAIM, &st) == 0 && st.st_size > 0;
}

static struct daxmode *enter(void)
{
	struct daxmode *mode = NULL;
	struct famfs_error err;

	assert_ok(daxmode_enter(&node, &mode, &err), &err);
	return mode;
}

/* The switch is refused, and nothing has changed. */
static void refused(int code, const char *text)
{
	struct daxmode *mode = NULL;
	struct famfs_error err;

	assert_error(daxmode_enter(&node, &mode, &err), code, &err, text);
	assert_null(mode);
	assert_true(bound_to("device_dax"));
	assert_false(tree.listed);
	assert_false(has_claim());
	assert_int_equal(daxmode_settle(&node, 0, &err), 0);
}

/* ---- tests ---- */

static void there_and_back(void **state)
{
	struct famfs_error err;
	struct daxmode *mode;

	(void)state;
	start();
	assert_int_equal(daxmode_settle(&node, 0, &err), 0);
	mode = enter();
	assert_true(bound_to("fsdev_dax"));
	assert_true(has_claim());
	assert_true(daxmode_is_claimed(&node));
	assert_int_equal(tree.unlocked, 0);
	assert_true(is_unlocked());
	daxmode_mounted(mode, makedev(0, 77));
	assert_ok(daxmode_leave(mode, &err), &err);
	assert_true(bound_to("device_dax"));
	assert_false(tree.listed);
	assert_false(has_claim());
	assert_false(daxmode_is_claimed(&node));
	assert_int_equal(tree.unlocked, 0);
	assert_true(is_unlocked());
	/* And again: the remains of the first switch do not get in the way. */
	assert_ok(daxmode_leave(enter(), &err), &err);
	assert_true(bound_to("device_dax"));
}

static void refusals(void **state)
{
	struct famfs_error err;
	struct daxmode *mode;
	void *mapped;
	int fd;

	(void)state;
	start();
	fd = open(terminal, O_RDWR | O_NOCTTY);
	assert_true(fd >= 0);
	refused(-EBUSY, "it is open by process");
	close(fd);
	assert_int_equal(truncate("node", 4096), 0);
	fd = open("node", O_RDONLY);
	mapped = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	assert_true(mapped != MAP_FAILED);
	close(fd);
	refused(-EBUSY, "it is mapped by process");
	munmap(mapped, 4096);
	assert_int_equal(system("rm -r " DRIVERS "fsdev_dax"), 0);
	refused(-ENOSYS, "the kernel has no driver fsdev_dax");

	start();
	mode = enter();
	assert_error(daxmode_enter(&node, &(struct daxmode *){ NULL }, &err), -EBUSY, &err,
		     "it is being switched, or served, by process");
	assert_error(daxmode_settle(&node, 0, &err), -EBUSY, &err,
		     "it is being switched, or served");
	assert_true(err.refused);
	assert_true(bound_to("fsdev_dax"));
	assert_ok(daxmode_leave(mode, &err), &err);
	bind_to("kmem");
	assert_error(daxmode_enter(&node, &(struct daxmode *){ NULL }, &err), -ENODEV, &err,
		     "but in system-ram mode");
	assert_true(bound_to("kmem"));
}

static void *map_shared(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	void *p;

	assert_true(fd >= 0 && ftruncate(fd, 4096) == 0);
	p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	assert_true(p != MAP_FAILED);
	close(fd);
	return p;
}

/* A container's own node is a file on another file system. */
static void other_node(void **state)
{
	struct famfs_error err;
	struct daxmode *mode;
	char want[64];
	void *mapped;

	(void)state;
	start();
	mapped = map_shared("another-node");
	if (access("/proc/self/map_files", R_OK) < 0)
		skip();
	tree.other.file = "another-node";
	tree.other.number = node.number;
	snprintf(want, sizeof(want), "it is mapped by process %d (", (int)getpid());
	refused(-EBUSY, want);
	/* A node of another device does not count. */
	tree.other.number = node.number + 1;
	mode = enter();
	tree.other.number = node.number;
	assert_error(daxmode_leave(mode, &err), -EBUSY, &err, want);
	assert_true(bound_to("fsdev_dax") && has_claim());
	munmap(mapped, 4096);
	assert_int_equal(daxmode_settle(&node, 0, &err), 1);
}

/* Number of times that one search for users goes through /proc. */
static unsigned int scans_of_a_look(void)
{
	enum famfs_dax_mode was;
	struct famfs_error err;

	start();
	bind_to("fsdev_dax");
	assert_int_equal(daxmode_reset(&node, true, &was, &err), 1);
	assert_true(tree.scans > 0);
	return tree.scans;
}

/* The search takes a while. */
static void newcomers(void **state)
{
	unsigned int look = scans_of_a_look();
	enum famfs_dax_mode was;
	struct famfs_error err;
	struct daxmode *mode;

	(void)state;
	for (unsigned int after = 0; after <= look; after += look) {
		start();
		tree.newcomer_scan = after + 1;
		refused(-EBUSY, "it is open by process");
		assert_true(tree.newcomer >= 0);

		start();
		mode = enter();
		tree.newcomer_scan = tree.scans + after + 1;
		assert_error(daxmode_leave(mode, &err), -EBUSY, &err, "it is open by process");
		assert_true(tree.newcomer >= 0 && bound_to("fsdev_dax") && has_claim());

		start();
		bind_to("fsdev_dax");
		tree.newcomer_scan = after + 1;
		assert_error(daxmode_reset(&node, false, &was, &err), -EBUSY, &err,
			     "it is open by process");
		assert_true(tree.newcomer >= 0 && bound_to("fsdev_dax") && !has_claim());
	}
}

/* If no process can be seen, that does not mean that the device is unused: the driver stays. */
static void unknown_users(void **state)
{
	struct famfs_error err;
	struct daxmode *mode;
	char fds[64];

	(void)state;
	start();
	snprintf(fds, sizeof(fds), "/proc/%d/fd", (int)getpid());
	for (int i = 0; i < 2; i++) {
		tree.unseen = i == 0 ? "/proc" : fds;
		refused(-EMFILE, "cannot find out who uses 'node'");
	}
	tree.unseen = NULL;
	mode = enter();
	tree.unseen = fds;
	assert_error(daxmode_leave(mode, &err), -EMFILE, &err, "cannot find out who uses 'node'");
	assert_true(bound_to("fsdev_dax"));
	assert_error(daxmode_settle(&node, 0, &err), -EMFILE, &err, "cannot find out");
	assert_true(bound_to("fsdev_dax") && has_claim());
}

static void failures(void **state)
{
	static const char *const files[] = { "device_dax/unbind", "fsdev_dax/new_id" };
	struct famfs_error err;
	struct daxmode *mode;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		start();
		tree.broken[0] = files[i];
		refused(-EIO, "cannot switch 'node' to famfs mode");
	}
	/* If even switching back fails, the record stays until it succeeds. */
	start();
	tree.broken[0] = "fsdev_dax/new_id";
	tree.broken[1] = "device_dax/bind";
	assert_error(daxmode_enter(&node, &mode, &err), -EIO, &err, "cannot switch 'node' back");
	assert_int_equal(err.remedy, FAMFS_REMEDY_RESET_MODE);
	assert_string_equal(err.remedy_object, "node");
	assert_true(bound_to(""));
	assert_true(has_claim());
	memset(tree.broken, 0, sizeof(tree.broken));
	assert_int_equal(daxmode_settle(&node, 0, &err), 1);
	assert_true(bound_to("device_dax"));
	assert_false(has_claim());
}

static void still_used(void **state)
{
	struct famfs_error err;
	struct daxmode *mode;

	(void)state;
	start();
	mode = enter();
	daxmode_mounted(mode, makedev(0, 77));
	assert_int_equal(mkdir("sys/fs/fuse/connections/77", 0755), 0);
	assert_error(daxmode_leave(mode, &err), -EBUSY, &err, "files of an earlier mount");
	assert_true(bound_to("fsdev_dax"));
	assert_error(daxmode_settle(&node, 0, &err), -EBUSY, &err, "files of an earlier mount");
	assert_true(has_claim());
	assert_int_equal(rmdir("sys/fs/fuse/connections/77"), 0);
	assert_int_equal(daxmode_settle(&node, 0, &err), 1);
	assert_true(bound_to("device_dax"));
	assert_int_equal(daxmode_settle(&node, 0, &err), 0);
}

/* A file of a file system that is in no mount table. */
static int open_unmounted(dev_t *dev)
{
	struct stat st;
	int fd = memfd_create("file", MFD_CLOEXEC);

	assert_true(fd >= 0 && fstat(fd, &st) == 0);
	*dev = st.st_dev;
	return fd;
}

static void make_connection(dev_t files, bool there)
{
	char path[64];

	snprintf(path, sizeof(path), "sys/fs/fuse/connections/%u", minor(files));
	assert_int_equal(there ? mkdir(path, 0755) : rmdir(path), 0);
}

/* Where /sys/fs/fuse/connections is not mounted, the users of a mount show whether it still exists.
 */
static void still_open(void **state)
{
	struct famfs_error err;
	struct daxmode *mode;
	dev_t files;
	int fd;

	(void)state;
	start();
	fd = open_unmounted(&files);
	mode = enter();
	daxmode_mounted(mode, files);
	assert_error(daxmode_leave(mode, &err), -EBUSY, &err, " by process");
	assert_true(bound_to("fsdev_dax") && has_claim());
	close(fd);
}

/* The kernel gives the device number of an old mount to the next one. */
static void number_given_away(void **state)
{
	struct famfs_error err;
	struct daxmode *mode;
	struct stat st;
	dev_t files;
	int fd;

	(void)state;
	/* A mount in the mount table that is of something else. */
	start();
	fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0 && fstat(fd, &st) == 0);
	mode = enter();
	daxmode_mounted(mode, st.st_dev);
	assert_ok(daxmode_leave(mode, &err), &err);
	assert_true(bound_to("device_dax"));
	close(fd);

	/* A mount that is in no table: the kernel does not show the connection any more. */
	start();
	fd = open_unmounted(&files);
	make_connection(files, true);
	mode = enter();
	daxmode_mounted(mode, files);
	assert_error(daxmode_leave(mode, &err), -EBUSY, &err, " by process");
	make_connection(files, false);
	assert_int_equal(daxmode_settle(&node, 0, &err), 1);
	assert_true(bound_to("device_dax"));
	close(fd);
}

/* The process is killed after each of its writes to sysfs, in both directions. */
static void killed(void **state)
{
	unsigned int cut = 1;
	int status = 0;

	(void)state;
	do {
		struct famfs_error err;
		pid_t pid;

		start();
		pid = fork();
		if (pid == 0) {
			tree.last_write = cut;
			_exit(daxmode_leave(enter(), NULL) < 0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 1);
		/* The process lost its list when it died; the driver keeps its own. */
		tree.listed = !bound_to("device_dax");
		assert_int_equal(has_claim(), WEXITSTATUS(status) == 9);
		assert_in_range(daxmode_settle(&node, 0, &err), 0, 1);
		assert_true(bound_to("device_dax"));
		assert_false(has_claim());
		cut++;
	} while (WEXITSTATUS(status) == 9);
	assert_int_equal(cut, 7);
}

/* After a command of the administrator, nothing is recorded. */
static void reset(void **state)
{
	static const char *const lost[] = { "fsdev_dax", "" };
	enum famfs_dax_mode was;
	struct famfs_error err;
	dev_t files;
	int fd;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lost); i++) {
		start();
		bind_to(lost[i]);
		assert_int_equal(daxmode_reset(&node, true, &was, &err), 1);
		assert_true(bound_to(lost[i]) && access(CLAIM, F_OK) < 0);
		assert_int_equal(was, i == 0 ? FAMFS_DAX_FAMFS : FAMFS_DAX_NO_DRIVER);
		assert_int_equal(daxmode_reset(&node, false, &was, &err), 1);
		assert_true(bound_to("device_dax") && !has_claim());
		assert_int_equal(daxmode_reset(&node, false, &was, &err), 0);
		assert_int_equal(was, FAMFS_DAX_DEVDAX);
	}
	bind_to("kmem");
	assert_error(daxmode_reset(&node, false, &was, &err), -EBUSY, &err, "in system-ram mode");
	assert_true(bound_to("kmem"));

	start();
	bind_to("fsdev_dax");
	fd = open(terminal, O_RDWR | O_NOCTTY | O_CLOEXEC);
	for (int dry = 0; dry < 2; dry++) {
		assert_error(daxmode_reset(&node, dry, &was, &err), -EBUSY, &err,
			     "it is open by process");
		assert_true(err.refused && bound_to("fsdev_dax"));
		assert_false(has_claim());
	}
	close(fd);
	/* With a record, a mount would settle the device. */
	assert_int_equal(daxmode_settle(&node, 0, &err), 0);
	assert_true(bound_to("fsdev_dax"));
	/* A detached mount whose files are in use: only its server knew the device. */
	start();
	bind_to("fsdev_dax");
	fd = open_unmounted(&files);
	make_connection(files, true);
	assert_error(daxmode_reset(&node, false, &was, &err), -EBUSY, &err,
		     "a FUSE mount that was detached, which may be of it, is ");
	assert_text(err.message, " by process ");
	assert_true(bound_to("fsdev_dax") && !has_claim());
	make_connection(files, false);
	assert_int_equal(daxmode_reset(&node, false, &was, &err), 1);
	close(fd);
}

/* The state after a process was killed in the middle of a switch. */
static void leave_claim(void)
{
	assert_int_equal(system("mkdir -p run/famfsctl; echo devdax >" CLAIM), 0);
}

/* A dry run does not disturb other processes; doctor makes one for every device in famfs mode. */
static void dry_run_leaves_no_trace(void **state)
{
	enum famfs_dax_mode was;
	struct famfs_error err;

	(void)state;
	start();
	bind_to("fsdev_dax");
	assert_int_equal(daxmode_reset(&node, true, &was, &err), 1);
	assert_int_equal(access("run/famfsctl", F_OK), -1);
	leave_claim();
	assert_int_equal(daxmode_reset(&node, true, &was, &err), 1);
	assert_true(tree.scans > 0 && has_claim());
	assert_int_equal(tree.claimed, 0);
	assert_int_equal(access(LOCK, F_OK), -1);
	/* The real switch holds the lock. */
	assert_int_equal(daxmode_reset(&node, false, &was, &err), 1);
	assert_true(tree.claimed > 0);
}

/* A command of ours has the node open, and /proc does not show it. */
static void dry_run_sees_the_lock(void **state)
{
	char want[96];
	enum famfs_dax_mode was;
	struct famfs_error err;
	int lock;

	(void)state;
	start();
	bind_to("fsdev_dax");
	assert_ok(modelock_share(&node, &lock, &err), &err);
	if (lock < 0)
		skip();
	snprintf(want, sizeof(want),
		 "cannot switch the mode of 'node': it is in use by process %d (", (int)getpid());
	for (int dry = 0; dry < 2; dry++) {
		assert_error(daxmode_reset(&node, dry, &was, &err), -EBUSY, &err, want);
		assert_true(err.refused && bound_to("fsdev_dax") && !has_claim());
		assert_int_equal(err.remedy, FAMFS_REMEDY_END_PROCESS);
		assert_string_equal(err.remedy_object, "/run/famfsctl/dax0.0.lock");
	}
	close(lock);
	assert_int_equal(daxmode_reset(&node, true, &was, &err), 1);
}

/* A record without a mount does not show whether a detached mount is of this device. */
static void detached(void **state)
{
	const char *want = "a FUSE mount that was detached, which may be of it, is ";
	enum famfs_dax_mode was;
	struct famfs_error err;
	dev_t files;
	int fd;

	(void)state;
	start();
	bind_to("fsdev_dax");
	leave_claim();
	fd = open_unmounted(&files);
	make_connection(files, true);
	assert_error(daxmode_reset(&node, false, &was, &err), -EBUSY, &err, want);
	assert_error(daxmode_settle(&node, 0, &err), -EBUSY, &err, want);
	assert_true(err.refused && bound_to("fsdev_dax") && has_claim());
	make_connection(files, false);
	assert_int_equal(daxmode_settle(&node, 0, &err), 1);
	assert_true(bound_to("device_dax") && !has_claim());
	close(fd);
}

/* The kernel gives the connection's folder to the user who mounted. */
static void make_users_connection(dev_t files)
{
	char path[64];

	make_connection(files, true);
	snprintf(path, sizeof(path), "sys/fs/fuse/connections/%u", minor(files));
	if (chown(path, geteuid() + 1, getegid()) < 0)
		skip();
}

/* A mount that a user made, detached and keeps open; then one that got the number of root's mount.
 */
static void connection_of_a_user(void **state)
{
	enum famfs_dax_mode was;
	struct famfs_error err;
	struct daxmode *mode;
	dev_t files;
	int fd;

	(void)state;
	start();
	bind_to("fsdev_dax");
	fd = open_unmounted(&files);
	make_users_connection(files);
	assert_int_equal(daxmode_reset(&node, false, &was, &err), 1);
	assert_true(bound_to("device_dax"));

	start();
	make_connection(files, true);
	mode = enter();
	daxmode_mounted(mode, files);
	make_connection(files, false);
	make_users_connection(files);
	assert_ok(daxmode_leave(mode, &err), &err);
	assert_true(bound_to("device_dax"));
	close(fd);
}

static void reset_while_claimed(void **state)
{
	struct famfs_error err;
	enum famfs_dax_mode was;
	struct daxmode *mode;

	(void)state;
	start();
	mode = enter();
	assert_error(daxmode_reset(&node, false, &was, &err), -EBUSY, &err,
		     "it is being switched, or served, by process");
	assert_true(err.refused && bound_to("fsdev_dax"));
	assert_ok(daxmode_leave(mode, &err), &err);
}

static void others_meanwhile(void **state)
{
	struct famfs_error err;

	(void)state;
	start();
	leave_claim();
	/* The administrator has made the device system memory. */
	bind_to("kmem");
	assert_int_equal(daxmode_settle(&node, 0, &err), 0);
	assert_true(bound_to("kmem"));
	assert_false(has_claim());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("a device is switched to famfs mode and back, twice", there_and_back),
		TEST("a device that is open, mapped, served or in another mode is not switched",
		     refusals),
		TEST("a mapping through another node of the device is found", other_node),
		TEST("a process that starts after the first check is found", newcomers),
		TEST("a device whose users are unknown is not switched", unknown_users),
		TEST("a step that fails is undone", failures),
		TEST("a device is not switched back while its files are in use", still_used),
		TEST("a device is not switched back while its files are open", still_open),
		TEST("a device number that was reused does not count as the old mount",
		     number_given_away),
		TEST("a process that is killed in the middle of a switch leaves a record, and the "
		     "next one completes it",
		     killed),
		TEST("a device that was left in famfs mode is reset, unless it is used", reset),
		TEST("a dry run creates no file and holds no lock", dry_run_leaves_no_trace),
		TEST("a dry run finds the lock of a process that has the node open",
		     dry_run_sees_the_lock),
		TEST("a detached FUSE mount keeps the device in famfs mode if the record names no "
		     "mount",
		     detached),
		TEST("a FUSE connection of another user does not keep the device in famfs mode",
		     connection_of_a_user),
		TEST("a device is not reset while the process that switched it lives",
		     reset_while_claimed),
		TEST("a record is removed when the device was given another driver meanwhile",
		     others_meanwhile),
	};

	return run_group(tests);
}
