/* SPDX-License-Identifier: Apache-2.0 */
#include "device/daxmode.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "device/daxinfo.h"
#include "device/usage.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>

#define DRIVERS "/sys/bus/dax/drivers/"
#define DEVDAX  DRIVERS "device_dax/"
#define FSDEV   DRIVERS "fsdev_dax/"
#define RUN_DIR "/run/famfsctl"

/* The end of a mount takes the kernel a moment. */
#define PATIENCE_STEPS 1000
#define STEP_NS        2000000
#define GLANCES        10
#define GLANCE_NS      50000000

extern char **environ;

struct daxmode {
	char *root;
	char *path;
	dev_t number;
	char name[64];
	int debt;    /* the locked file */
	dev_t files; /* st_dev of the mount; 0: there was none */
};

int dax_node_at(const char *path, struct dax_node *out)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	*out = (struct dax_node){ .root = "", .path = path, .number = st.st_rdev };
	return S_ISCHR(st.st_mode) ? 0 : -ENOTTY;
}

int device_check_famfs_mode(const struct device *dev)
{
	struct famfs_dax_info info;
	struct stat st;
	int ret;

	if (fstat(dev->fd, &st) < 0)
		return -errno;
	if (!S_ISCHR(st.st_mode))
		return 0;
	ret = daxinfo_read("", st.st_rdev, &info);
	if (ret < 0 || info.mode == FAMFS_DAX_NO_DRIVER)
		return -ENODEV;
	return info.mode == FAMFS_DAX_FAMFS ? 0 : -EOPNOTSUPP;
}

/* ---- sysfs ---- */

static int put(const char *root, const char *file, const char *name)
{
	cleanup_free char *path = NULL;
	cleanup_fd int fd = -1;
	ssize_t n;

	if (asprintf(&path, "%s%s", root, file) < 0)
		return -ENOMEM;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = write(fd, name, strlen(name));
	if (n < 0)
		return -errno;
	return (size_t)n == strlen(name) ? 0 : -EIO;
}

static enum famfs_dax_mode mode_of(const char *root, const char *name)
{
	struct famfs_dax_info info;

	return daxinfo_find(root, name, &info) < 0 ? FAMFS_DAX_OTHER_DRIVER : info.mode;
}

/* From famfs mode, or from where a switch has stopped halfway. What counts is the result: a step
 * that was done already fails. */
static int to_devdax(const char *root, const char *name)
{
	int ret = 0;

	if (mode_of(root, name) == FAMFS_DAX_FAMFS)
		ret = put(root, FSDEV "unbind", name);
	/* Or the driver would take the device again, at its next chance. */
	(void)put(root, FSDEV "remove_id", name);
	if (mode_of(root, name) == FAMFS_DAX_NO_DRIVER)
		ret = put(root, DEVDAX "bind", name);
	if (mode_of(root, name) == FAMFS_DAX_DEVDAX)
		return 0;
	return ret < 0 ? ret : -EIO;
}

/* The driver takes what its list of devices names, and only that: a plain bind would fail. */
static int to_famfs(const char *root, const char *name)
{
	int ret = put(root, DEVDAX "unbind", name);

	if (ret == 0)
		ret = put(root, FSDEV "new_id", name);
	if (ret == 0 && mode_of(root, name) != FAMFS_DAX_FAMFS)
		ret = -EIO;
	return ret;
}

static bool has_driver(const char *root)
{
	cleanup_free char *path = NULL;

	return asprintf(&path, "%s%s", root, FSDEV) >= 0 && access(path, F_OK) == 0;
}

static void load_driver(void)
{
	char name[] = "modprobe", quiet[] = "-q", module[] = "fsdev_dax";
	char *args[] = { name, quiet, module, NULL };
	pid_t pid;

	if (posix_spawnp(&pid, name, NULL, NULL, args, environ) != 0)
		return;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* ---- who uses the device ---- */

/* These return more than 0 and who it is, 0, or -errno: that nobody was seen is not enough. */
static int is_mounted(const struct daxmode *mode, struct usage_text *out)
{
	int ret = device_mounts(mode->path, out);

	return ret ? ret : device_files_in_use(mode->root, mode->files, out);
}

static int is_used(const struct daxmode *mode, struct usage_text *out)
{
	int ret = is_mounted(mode, out);

	return ret ? ret : device_holders(mode->path, mode->number, mode->files, out);
}

/* udev looks at a device after each change, and is gone in a moment. */
static int check_unused(const struct daxmode *mode, struct famfs_error *err)
{
	const struct timespec step = { 0, GLANCE_NS };
	struct usage_text user;
	int used = is_used(mode, &user);

	for (int i = 0; used > 0 && i < GLANCES; i++) {
		nanosleep(&step, NULL);
		used = is_used(mode, &user);
	}
	if (used < 0)
		return error_errno(err, used, "cannot find out who uses '%s'", mode->path);
	if (used == 0)
		return 0;
	error_refuse(err, -EBUSY, "cannot switch the mode of '%s': it is %s", mode->path,
		     user.text);
	return -EBUSY;
}

/* ---- the debt ---- */

static void daxmode_free(struct daxmode *mode)
{
	if (!mode)
		return;
	if (mode->debt >= 0)
		close(mode->debt);
	free(mode->root);
	free(mode->path);
	free(mode);
}

static void cleanup_daxmode_(struct daxmode **mode)
{
	daxmode_free(*mode);
}

#define cleanup_daxmode __attribute__((cleanup(cleanup_daxmode_)))

/* Without O_CREAT, -ENOENT when nobody has ever switched the device. */
static int open_debt(const char *root, const char *name, int flags)
{
	cleanup_free char *dir = NULL;
	cleanup_free char *path = NULL;
	int fd;

	if (asprintf(&dir, "%s" RUN_DIR, root) < 0 || asprintf(&path, "%s/%s", dir, name) < 0)
		return -ENOMEM;
	if ((flags & O_CREAT) && mkdir(dir, 0755) < 0 && errno != EEXIST)
		return -errno;
	fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
	return fd < 0 ? -errno : fd;
}

/* The file stays, so that its lock is always the same one; empty, it stands for no debt. */
static int write_debt(const struct daxmode *mode, const char *text)
{
	size_t length = strlen(text);

	/* In this order: there is no moment without the debt. */
	if (pwrite(mode->debt, text, length, 0) != (ssize_t)length)
		return -EIO;
	return ftruncate(mode->debt, (off_t)length) < 0 ? -errno : 0;
}

/* Whether there is one, and of which mount. */
static bool read_debt(struct daxmode *mode)
{
	char text[64];
	unsigned int major, minor;
	ssize_t n = pread(mode->debt, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return false;
	text[n] = '\0';
	if (sscanf(text, "devdax %u:%u", &major, &minor) == 2)
		mode->files = makedev(major, minor);
	return true;
}

/* Locks the debt of the device. -EAGAIN when its debtor lives. */
static int take_debt(const struct dax_node *node, int flags, struct daxmode **out)
{
	cleanup_daxmode struct daxmode *mode = calloc(1, sizeof(*mode));
	struct famfs_dax_info info;
	int ret = daxinfo_read(node->root, node->number, &info);

	if (!mode)
		return -ENOMEM;
	mode->debt = -1;
	if (ret < 0)
		return ret;
	snprintf(mode->name, sizeof(mode->name), "%s", info.name);
	mode->root = strdup(node->root);
	mode->path = strdup(node->path);
	mode->number = node->number;
	if (!mode->root || !mode->path)
		return -ENOMEM;
	mode->debt = open_debt(node->root, mode->name, flags);
	if (mode->debt < 0)
		return mode->debt;
	if (flock(mode->debt, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	*out = steal_ptr(&mode);
	return 0;
}

/* The same, when the debtor has gone: one that was killed takes the kernel a moment. */
static int await_debt(const struct dax_node *node, int flags, struct daxmode **out)
{
	const struct timespec step = { 0, STEP_NS };
	int ret = take_debt(node, flags, out);

	for (int i = 0; ret == -EAGAIN && i < PATIENCE_STEPS; i++) {
		if (device_mounts(node->path, NULL) != 0)
			break;
		nanosleep(&step, NULL);
		ret = take_debt(node, flags, out);
	}
	return ret;
}

bool daxmode_has_debtor(const struct dax_node *node)
{
	cleanup_daxmode struct daxmode *mode = NULL;

	return take_debt(node, O_RDONLY, &mode) == -EAGAIN;
}

/* ---- switching ---- */

static int check_driver(const struct daxmode *mode, struct famfs_error *err)
{
	enum famfs_dax_mode now = mode_of(mode->root, mode->name);

	if (now != FAMFS_DAX_DEVDAX)
		return error_set(err, -ENODEV, "'%s' is not in devdax mode but in %s mode",
				 mode->path, famfs_dax_mode_name(now));
	if (!has_driver(mode->root) && !*mode->root)
		load_driver();
	if (!has_driver(mode->root))
		return error_set(err, -ENOSYS, "the kernel has no driver fsdev_dax");
	return 0;
}

static int go_back(const struct daxmode *mode, struct famfs_error *err)
{
	int ret = to_devdax(mode->root, mode->name);

	if (ret == 0)
		ret = write_debt(mode, "");
	if (ret < 0) {
		error_errno(err, ret, "cannot switch '%s' back to devdax mode", mode->path);
		error_hint(err, "run: daxctl reconfigure-device --mode=devdax --force %s",
			   mode->name);
	}
	return ret;
}

static int enter(const struct daxmode *mode, struct famfs_error *err)
{
	int ret = write_debt(mode, "devdax\n"), back;

	if (ret < 0)
		return error_errno(err, ret, "cannot write to " RUN_DIR);
	ret = to_famfs(mode->root, mode->name);
	if (ret == 0)
		return 0;
	back = go_back(mode, err);
	if (back < 0)
		return back;
	return error_errno(err, ret, "cannot switch '%s' to famfs mode", mode->path);
}

int daxmode_enter(const struct dax_node *node, struct daxmode **out, struct famfs_error *err)
{
	cleanup_daxmode struct daxmode *mode = NULL;
	int ret = await_debt(node, O_RDWR | O_CREAT, &mode);

	if (ret == -EAGAIN)
		return error_set(err, -EBUSY, "'%s' is being switched, or is mounted", node->path);
	if (ret < 0)
		return error_errno(err, ret, "cannot switch the mode of '%s'", node->path);
	ret = check_driver(mode, err);
	if (ret == 0)
		ret = check_unused(mode, err);
	if (ret == 0)
		ret = enter(mode, err);
	if (ret < 0)
		return ret;
	*out = steal_ptr(&mode);
	return 0;
}

void daxmode_mounted(struct daxmode *mode, dev_t files)
{
	char text[64];

	mode->files = files;
	snprintf(text, sizeof(text), "devdax %u:%u\n", major(files), minor(files));
	(void)write_debt(mode, text);
}

int daxmode_leave(struct daxmode *mode, struct famfs_error *err)
{
	const struct timespec step = { 0, STEP_NS };
	struct usage_text user;
	int ret;

	for (int i = 0; i < PATIENCE_STEPS && is_mounted(mode, &user) > 0; i++)
		nanosleep(&step, NULL);
	ret = check_unused(mode, err);
	if (ret == 0)
		ret = go_back(mode, err);
	daxmode_free(mode);
	return ret;
}

int daxmode_settle(const struct dax_node *node, struct famfs_error *err)
{
	cleanup_daxmode struct daxmode *mode = NULL;
	enum famfs_dax_mode now;
	int ret = await_debt(node, O_RDWR, &mode);

	if (ret == -ENOENT || ret == -EACCES || ret == -ENOTTY)
		return 0;
	if (ret == -EAGAIN)
		return error_set(err, -EBUSY, "'%s' is being switched, or is mounted", node->path);
	if (ret < 0)
		return error_errno(err, ret, "cannot read what " RUN_DIR " says of '%s'",
				   node->path);
	if (!read_debt(mode))
		return 0;
	now = mode_of(mode->root, mode->name);
	/* Somebody else has done it, or has put the device to another use. */
	if (now != FAMFS_DAX_FAMFS && now != FAMFS_DAX_NO_DRIVER)
		return write_debt(mode, "");
	ret = check_unused(mode, err);
	if (ret == 0)
		ret = go_back(mode, err);
	return ret < 0 ? ret : 1;
}
