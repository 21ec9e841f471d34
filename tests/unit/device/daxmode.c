/* SPDX-License-Identifier: Apache-2.0 */
/* Switching the mode of a device, in a tree that looks like sysfs; what is written to it is played
 * by write() below, as the drivers of Linux 7.3 take it. */
#include "support.h"

#include "device/daxinfo.h"
#include "device/daxmode.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DEVICE  "sys/devices/platform/dax0.0"
#define DRIVERS "sys/bus/dax/drivers/"
#define DEBT    "run/famfsctl/dax0.0"

/* The number is that of a terminal of our own: a device which can be opened, and which no process
 * of this host but the test has open. The node is a file: who has it mapped is told by that. */
static struct dax_node node = { .root = ".", .path = "node" };
static char terminal[64];

/* ---- processes ---- */

static const char *unseen; /* the folder in /proc that cannot be opened */

DIR *__real_opendir(const char *path);
DIR *__wrap_opendir(const char *path);

DIR *__wrap_opendir(const char *path)
{
	if (!unseen || strcmp(path, unseen) != 0)
		return __real_opendir(path);
	errno = EMFILE;
	return NULL;
}

/* ---- the drivers ---- */

static bool listed;             /* fsdev_dax has the device's name */
static const char *broken[4];   /* files whose writes fail */
static unsigned int writes;     /* so far */
static unsigned int last_write; /* after which the process is killed; 0: never */

int __wrap_nanosleep(const struct timespec *time, struct timespec *rest);

/* Nobody comes or goes while the library waits. */
int __wrap_nanosleep(const struct timespec *time, struct timespec *rest)
{
	(void)time;
	(void)rest;
	return 0;
}

ssize_t __real_write(int fd, const void *buf, size_t size);
ssize_t __wrap_write(int fd, const void *buf, size_t size);

static void bind_to(const char *driver)
{
	char target[64];

	unlink(DEVICE "/driver");
	snprintf(target, sizeof(target), "../../../bus/dax/drivers/%s", driver);
	if (*driver)
		assert_int_equal(symlink(target, DEVICE "/driver"), 0);
}

static bool bound_to(const char *driver)
{
	char target[128] = "";

	if (readlink(DEVICE "/driver", target, sizeof(target) - 1) < 0)
		return !*driver;
	return *driver && strstr(target, driver);
}

static int play(const char *file)
{
	if (strcmp(file, "device_dax/unbind") == 0 || strcmp(file, "fsdev_dax/unbind") == 0) {
		if (!bound_to(file[0] == 'd' ? "device_dax" : "fsdev_dax"))
			return -ENODEV;
		bind_to("");
	} else if (strcmp(file, "device_dax/bind") == 0) {
		if (!bound_to(""))
			return -EBUSY;
		bind_to("device_dax");
	} else if (strcmp(file, "fsdev_dax/new_id") == 0) {
		listed = true;
		if (bound_to(""))
			bind_to("fsdev_dax");
	} else if (strcmp(file, "fsdev_dax/remove_id") == 0) {
		if (!listed)
			return -ENODEV;
		listed = false;
	} else {
		return -EINVAL;
	}
	return 0;
}

ssize_t __wrap_write(int fd, const void *buf, size_t size)
{
	char link[32], path[256] = "", *file;
	int ret = 0;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (readlink(link, path, sizeof(path) - 1) < 0 || !(file = strstr(path, DRIVERS)))
		return __real_write(fd, buf, size);
	file += strlen(DRIVERS);
	for (size_t i = 0; i < ARRAY_SIZE(broken); i++)
		if (broken[i] && strcmp(broken[i], file) == 0)
			ret = -EIO;
	if (size != 6 || memcmp(buf, "dax0.0", 6) != 0)
		ret = -EINVAL;
	if (ret == 0)
		ret = play(file);
	if (++writes == last_write)
		_exit(9);
	if (ret < 0)
		errno = -ret;
	return ret < 0 ? -1 : (ssize_t)size;
}

/* ---- the tree ---- */

static void number_node(void)
{
	static int master = -1;
	char path[64];
	struct stat st;

	if (master < 0)
		master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	assert_int_equal(ptsname_r(master, terminal, sizeof(terminal)), 0);
	assert_int_equal(stat(terminal, &st), 0);
	node.number = st.st_rdev;
	snprintf(path, sizeof(path), "sys/dev/char/%u:%u", major(st.st_rdev), minor(st.st_rdev));
	assert_int_equal(symlink("../../devices/platform/dax0.0", path), 0);
}

static void start(void)
{
	memset(broken, 0, sizeof(broken));
	unseen = NULL;
	listed = false;
	writes = last_write = 0;
	assert_int_equal(
		system("rm -rf sys run node; mkdir -p " DEVICE " sys/dev/char sys/bus/dax/devices "
		       "sys/fs/fuse/connections run " DRIVERS "device_dax " DRIVERS "fsdev_dax; "
		       "touch node " DRIVERS "device_dax/bind " DRIVERS "device_dax/unbind " DRIVERS
		       "fsdev_dax/unbind " DRIVERS "fsdev_dax/new_id " DRIVERS
		       "fsdev_dax/remove_id; echo 4294967296 >" DEVICE "/size"),
		0);
	number_node();
	assert_int_equal(symlink("../../../devices/platform/dax0.0", "sys/bus/dax/devices/dax0.0"),
			 0);
	assert_int_equal(symlink("../../../bus/dax", DEVICE "/subsystem"), 0);
	bind_to("device_dax");
}

static bool has_debt(void)
{
	struct stat st;

	return stat(DEBT, &st) == 0 && st.st_size > 0;
}

static struct daxmode *enter(void)
{
	struct daxmode *mode = NULL;
	struct famfs_error err;

	assert_ok(daxmode_enter(&node, &mode, &err), &err);
	return mode;
}

/* Refused, with everything as it was. */
static void refused(int code, const char *text)
{
	struct daxmode *mode = NULL;
	struct famfs_error err;

	assert_error(daxmode_enter(&node, &mode, &err), code, &err, text);
	assert_null(mode);
	assert_true(bound_to("device_dax"));
	assert_false(listed);
	assert_false(has_debt());
	assert_int_equal(daxmode_settle(&node, &err), 0);
}

/* ---- tests ---- */

static void there_and_back(void **state)
{
	struct famfs_error err;
	struct daxmode *mode;

	(void)state;
	start();
	assert_int_equal(daxmode_settle(&node, &err), 0);
	mode = enter();
	assert_true(bound_to("fsdev_dax"));
	assert_true(has_debt());
	assert_true(daxmode_has_debtor(&node));
	daxmode_mounted(mode, makedev(0, 77));
	assert_ok(daxmode_leave(mode, &err), &err);
	assert_true(bound_to("device_dax"));
	assert_false(listed);
	assert_false(has_debt());
	assert_false(daxmode_has_debtor(&node));
	/* And again: what is left of the first time is in nobody's way. */
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
		     "is being switched, or is mounted");
	assert_error(daxmode_settle(&node, &err), -EBUSY, &err, "is being switched");
	assert_true(bound_to("fsdev_dax"));
	assert_ok(daxmode_leave(mode, &err), &err);
	bind_to("kmem");
	assert_error(daxmode_enter(&node, &(struct daxmode *){ NULL }, &err), -ENODEV, &err,
		     "but in system-ram mode");
	assert_true(bound_to("kmem"));
}

/* That nobody was seen, because nobody could be, is no reason to take the driver away. */
static void unknown_users(void **state)
{
	struct famfs_error err;
	struct daxmode *mode;
	char fds[64];

	(void)state;
	start();
	snprintf(fds, sizeof(fds), "/proc/%d/fd", (int)getpid());
	for (int i = 0; i < 2; i++) {
		unseen = i == 0 ? "/proc" : fds;
		refused(-EMFILE, "cannot find out who uses 'node'");
	}
	unseen = NULL;
	mode = enter();
	unseen = fds;
	assert_error(daxmode_leave(mode, &err), -EMFILE, &err, "cannot find out who uses 'node'");
	assert_true(bound_to("fsdev_dax"));
	assert_error(daxmode_settle(&node, &err), -EMFILE, &err, "cannot find out");
	assert_true(bound_to("fsdev_dax") && has_debt());
}

static void failures(void **state)
{
	static const char *const files[] = { "device_dax/unbind", "fsdev_dax/new_id" };
	struct famfs_error err;
	struct daxmode *mode;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		start();
		broken[0] = files[i];
		refused(-EIO, "cannot switch 'node' to famfs mode");
	}
	/* Not even the way back works: the debt stays, and is paid when it does. */
	start();
	broken[0] = "fsdev_dax/new_id";
	broken[1] = "device_dax/bind";
	assert_error(daxmode_enter(&node, &mode, &err), -EIO, &err, "cannot switch 'node' back");
	assert_text(err.hint, "daxctl reconfigure-device --mode=devdax --force dax0.0");
	assert_true(bound_to(""));
	assert_true(has_debt());
	memset(broken, 0, sizeof(broken));
	assert_int_equal(daxmode_settle(&node, &err), 1);
	assert_true(bound_to("device_dax"));
	assert_false(has_debt());
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
	assert_error(daxmode_settle(&node, &err), -EBUSY, &err, "files of an earlier mount");
	assert_true(has_debt());
	assert_int_equal(rmdir("sys/fs/fuse/connections/77"), 0);
	assert_int_equal(daxmode_settle(&node, &err), 1);
	assert_true(bound_to("device_dax"));
	assert_int_equal(daxmode_settle(&node, &err), 0);
}

/* Where /sys/fs/fuse/connections is not mounted, what is left of a mount is seen by who has it. */
static void still_open(void **state)
{
	struct famfs_error err;
	struct daxmode *mode;
	char name[32];
	struct stat st;
	mqd_t fd;

	(void)state;
	start();
	/* Of a file system that hardly anybody has files of. */
	snprintf(name, sizeof(name), "/unit-daxmode-%d", (int)getpid());
	fd = mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600, NULL);
	if (fd < 0 && errno == ENOSYS)
		skip();
	assert_true(fd >= 0 && mq_unlink(name) == 0 && fstat(fd, &st) == 0);
	mode = enter();
	daxmode_mounted(mode, st.st_dev);
	assert_error(daxmode_leave(mode, &err), -EBUSY, &err, "it is open by process");
	assert_true(bound_to("fsdev_dax") && has_debt());
	mq_close(fd);
}

/* After each of its writes to sysfs, on the way there and back. */
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
			last_write = cut;
			_exit(daxmode_leave(enter(), NULL) < 0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 1);
		/* Its memory of the list died with it; the driver's did not. */
		listed = !bound_to("device_dax");
		assert_int_equal(has_debt(), WEXITSTATUS(status) == 9);
		assert_in_range(daxmode_settle(&node, &err), 0, 1);
		assert_true(bound_to("device_dax"));
		assert_false(has_debt());
		cut++;
	} while (WEXITSTATUS(status) == 9);
	assert_int_equal(cut, 7);
}

static void others_meanwhile(void **state)
{
	struct famfs_error err;

	(void)state;
	start();
	assert_int_equal(system("mkdir -p run/famfsctl; echo devdax >" DEBT), 0);
	/* The administrator has given it to the kernel. */
	bind_to("kmem");
	assert_int_equal(daxmode_settle(&node, &err), 0);
	assert_true(bound_to("kmem"));
	assert_false(has_debt());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("to famfs mode and back, twice", there_and_back),
		TEST("a device that is used, held or elsewhere is not switched", refusals),
		TEST("a device whose users cannot be found out is not switched", unknown_users),
		TEST("a step that fails is undone", failures),
		TEST("no switch back under files that are still in use", still_used),
		TEST("no switch back under files that are still open", still_open),
		TEST("whoever is killed in the middle leaves a debt that is paid", killed),
		TEST("a debt that somebody else has paid is forgotten", others_meanwhile),
	};

	return run_group(tests);
}
