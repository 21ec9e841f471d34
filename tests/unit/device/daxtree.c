/* SPDX-License-Identifier: Apache-2.0 */
#include "daxtree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

struct dax_node node = { .root = ".", .path = "node" };
char terminal[64];
struct daxtree tree = { .newcomer = -1 };

/* ---- processes ---- */

static void note_lock(void);
static void note_claim(void);

DIR *__real_opendir(const char *path);
DIR *__wrap_opendir(const char *path);

DIR *__wrap_opendir(const char *path)
{
	if (strcmp(path, "/proc") == 0) {
		note_lock();
		note_claim();
		if (++tree.scans == tree.newcomer_scan)
			tree.newcomer = open(terminal, O_RDWR | O_NOCTTY | O_CLOEXEC);
	}
	if (!tree.unseen || strcmp(path, tree.unseen) != 0)
		return __real_opendir(path);
	errno = EMFILE;
	return NULL;
}

/* A node is a file here; statx() gives the device number for what is mapped through it. */

int __real_statx(int dir, const char *path, int flags, unsigned int mask, struct statx *st);
int __wrap_statx(int dir, const char *path, int flags, unsigned int mask, struct statx *st);

int __wrap_statx(int dir, const char *path, int flags, unsigned int mask, struct statx *st)
{
	int ret = __real_statx(dir, path, flags, mask | STATX_INO, st);
	struct stat file;

	if (ret == 0 && strstr(path, "map_files") && tree.other.file &&
	    stat(tree.other.file, &file) == 0 && file.st_ino == st->stx_ino) {
		st->stx_mode = S_IFCHR | 0600;
		st->stx_rdev_major = major(tree.other.number);
		st->stx_rdev_minor = minor(tree.other.number);
	}
	return ret;
}

/* ---- the drivers ---- */

int __wrap_nanosleep(const struct timespec *time, struct timespec *rest);

/* No process appears or ends while the library waits. */
int __wrap_nanosleep(const struct timespec *time, struct timespec *rest)
{
	(void)time;
	(void)rest;
	return 0;
}

ssize_t __real_write(int fd, const void *buf, size_t size);
ssize_t __wrap_write(int fd, const void *buf, size_t size);

void bind_to(const char *driver)
{
	char target[64];

	unlink(DEVICE "/driver");
	snprintf(target, sizeof(target), "../../../bus/dax/drivers/%s", driver);
	if (*driver)
		assert_int_equal(symlink(target, DEVICE "/driver"), 0);
}

bool bound_to(const char *driver)
{
	char target[128] = "";

	if (readlink(DEVICE "/driver", target, sizeof(target) - 1) < 0)
		return !*driver;
	return *driver && strstr(target, driver);
}

bool is_unlocked(void)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	int fd = open(LOCK, O_RDONLY | O_CLOEXEC);
	bool got = fd < 0 || fcntl(fd, F_OFD_SETLK, &lock) == 0;

	if (fd >= 0)
		close(fd);
	return got;
}

static void note_lock(void)
{
	tree.unlocked += is_unlocked();
}

static void note_claim(void)
{
	int fd = open(CLAIM, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	tree.claimed += flock(fd, LOCK_EX | LOCK_NB) < 0;
	close(fd);
}

static int play(const char *file)
{
	note_lock();
	if (strcmp(file, "device_dax/unbind") == 0 || strcmp(file, "fsdev_dax/unbind") == 0) {
		if (!bound_to(file[0] == 'd' ? "device_dax" : "fsdev_dax"))
			return -ENODEV;
		bind_to("");
	} else if (strcmp(file, "device_dax/bind") == 0) {
		if (!bound_to(""))
			return -EBUSY;
		bind_to("device_dax");
	} else if (strcmp(file, "fsdev_dax/new_id") == 0) {
		tree.listed = true;
		if (bound_to(""))
			bind_to("fsdev_dax");
	} else if (strcmp(file, "fsdev_dax/remove_id") == 0) {
		if (!tree.listed)
			return -ENODEV;
		tree.listed = false;
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
	for (size_t i = 0; i < ARRAY_SIZE(tree.broken); i++)
		if (tree.broken[i] && strcmp(tree.broken[i], file) == 0)
			ret = -EIO;
	if (size != 6 || memcmp(buf, "dax0.0", 6) != 0)
		ret = -EINVAL;
	if (ret == 0)
		ret = play(file);
	if (++tree.writes == tree.last_write)
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

void start(void)
{
	if (tree.newcomer >= 0)
		close(tree.newcomer);
	tree = (struct daxtree){ .newcomer = -1 };
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
