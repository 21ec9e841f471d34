/* SPDX-License-Identifier: Apache-2.0 */
#include "device/daxmode.h"

#include "base/error.h"
#include "base/program.h"
#include "device/connections.h"
#include "device/daxinfo.h"
#include "device/holders.h"
#include "device/modeclaim.h"
#include "device/rundir.h"
#include "device/usage.h"
#include "shared/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#define DRIVERS "/sys/bus/dax/drivers/"
#define DEVDAX  DRIVERS "device_dax/"
#define FSDEV   DRIVERS "fsdev_dax/"

/* The kernel needs a moment to end a mount or a process. */
#define STEP_MS   2
#define STEP_NS   (STEP_MS * 1000000)
#define GLANCES   10
#define GLANCE_NS 50000000

struct daxmode {
	struct dax_node node; /* root and path are owned */
	char name[64];
	struct mode_claim claim;
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

/* Switches from famfs mode, or completes an interrupted switch. Only the resulting mode decides
 * about success, since steps that were done before fail. */
static int to_devdax(const char *root, const char *name)
{
	int ret = 0;

	if (mode_of(root, name) == FAMFS_DAX_FAMFS)
		ret = put(root, FSDEV "unbind", name);
	/* As long as the driver lists the name, it may bind the device again. */
	(void)put(root, FSDEV "remove_id", name);
	if (mode_of(root, name) == FAMFS_DAX_NO_DRIVER)
		ret = put(root, DEVDAX "bind", name);
	if (mode_of(root, name) == FAMFS_DAX_DEVDAX)
		return 0;
	return ret < 0 ? ret : -EIO;
}

/* The driver binds only devices on its list, so the name is added with new_id: bind would fail. */
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
	char *args[] = { name, quiet, module, NULL }, *no_environment[] = { NULL };
	char path[PATH_MAX];
	pid_t pid;

	if (program_find(PROGRAM_DIRS, name, path, sizeof(path)) < 0 ||
	    posix_spawn(&pid, path, NULL, NULL, args, no_environment) != 0)
		return;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* is_mounted(), is_held() and is_used() return more than 0 and a description of a user of the
 * device, 0 if it has no user, or -errno if the search failed: then do not switch. */
static int is_mounted(const struct daxmode *mode, dev_t files, struct usage_text *out)
{
	int ret = device_mounts(mode->node.path, out);

	return ret ? ret : holders_in_namespaces(mode->node.path, files, out);
}

static int is_held(const struct daxmode *mode, dev_t files, struct usage_text *out)
{
	struct held what = { .number = mode->node.number, .files = files };
	struct stat st;
	int ret;

	if (stat(mode->node.path, &st) < 0)
		return -errno;
	what.dev = st.st_dev;
	what.ino = st.st_ino;
	ret = holders_find(&what, out);
	if (ret || !files || !mode_claim_files_shown(&mode->claim, &mode->node))
		return ret;
	/* In use by a process of another user namespace, or by the kernel. */
	snprintf(out->text, sizeof(out->text), "in use through files of an earlier mount");
	return 1;
}

static int is_used(const struct daxmode *mode, struct usage_text *out)
{
	int ret = mode_claim_files_remain(&mode->claim, &mode->node);
	dev_t files = ret > 0 ? mode->claim.files : 0;

	if (ret >= 0)
		ret = is_mounted(mode, files, out);
	return ret ? ret : is_held(mode, files, out);
}

static int refuse_used(const struct daxmode *mode, int used, const struct usage_text *user,
		       struct famfs_error *err)
{
	if (used < 0)
		return error_errno(err, used, "cannot find out who uses '%s'", mode->node.path);
	if (used == 0)
		return 0;
	error_refuse(err, -EBUSY, "cannot switch the mode of '%s': it is %s", mode->node.path,
		     user->text);
	return -EBUSY;
}

/* Retries, since udev opens a device for a moment after each change. */
static int check_unused(const struct daxmode *mode, struct famfs_error *err)
{
	const struct timespec step = { 0, GLANCE_NS };
	struct usage_text user;
	int used = is_used(mode, &user);

	for (int i = 0; used > 0 && i < GLANCES; i++) {
		nanosleep(&step, NULL);
		used = is_used(mode, &user);
	}
	return refuse_used(mode, used, &user, err);
}

/* Checks again: during the first check, a process that takes no lock may have opened the device. */
static int look_again(const struct daxmode *mode, struct famfs_error *err)
{
	struct usage_text user;

	return refuse_used(mode, is_used(mode, &user), &user, err);
}

/* `ret` is the result of locking the mode. If the lock is busy, prefer the description of the user
 * of the device to the error of the lock. */
static int check_excluded(const struct daxmode *mode, int ret, struct famfs_error *err)
{
	struct usage_text user;

	if (ret == -EBUSY && is_used(mode, &user) > 0)
		return refuse_used(mode, 1, &user, err);
	return ret < 0 ? ret : check_unused(mode, err);
}

/* Takes the lock first, so that processes of this library cannot open the device during the search
 * for other users. */
static int exclude_users(const struct daxmode *mode, int *lock, struct famfs_error *err)
{
	return check_excluded(mode, modelock_exclude(&mode->node, lock, err), err);
}

/* The same checks without taking the lock. */
static int check_users(const struct daxmode *mode, struct famfs_error *err)
{
	return check_excluded(mode, modelock_check(&mode->node, err), err);
}

static void daxmode_free(struct daxmode *mode)
{
	if (!mode)
		return;
	if (mode->claim.fd >= 0)
		close(mode->claim.fd);
	free((char *)(uintptr_t)mode->node.root);
	free((char *)(uintptr_t)mode->node.path);
	free(mode);
}

static void cleanup_daxmode_(struct daxmode **mode)
{
	daxmode_free(*mode);
}

#define cleanup_daxmode __attribute__((cleanup(cleanup_daxmode_)))

/* Makes a daxmode without a record. */
static int create(const struct dax_node *node, struct daxmode **out)
{
	cleanup_daxmode struct daxmode *mode = calloc(1, sizeof(*mode));
	struct famfs_dax_info info;
	int ret = daxinfo_read(node->root, node->number, &info);

	if (!mode)
		return -ENOMEM;
	mode->claim.fd = -1;
	if (ret < 0)
		return ret;
	snprintf(mode->name, sizeof(mode->name), "%s", info.name);
	mode->node.root = strdup(node->root);
	mode->node.path = strdup(node->path);
	mode->node.number = node->number;
	if (!mode->node.root || !mode->node.path)
		return -ENOMEM;
	*out = steal_ptr(&mode);
	return 0;
}

/* Locks the record of the device. -EAGAIN if the process that switched the device lives. */
static int take(const struct dax_node *node, int flags, struct daxmode **out)
{
	cleanup_daxmode struct daxmode *mode = NULL;
	int ret = create(node, &mode);

	if (ret == 0)
		ret = mode_claim_take(node, mode->name, flags, &mode->claim);
	if (ret < 0)
		return ret;
	*out = steal_ptr(&mode);
	return 0;
}

/* The same, but waits: a killed process, or one whose mount has ended, releases its lock a moment
 * later. */
static int await(const struct dax_node *node, int flags, unsigned int patience_ms,
		 struct daxmode **out)
{
	const struct timespec step = { 0, STEP_NS };
	int ret = take(node, flags, out);

	for (unsigned int i = 0; ret == -EAGAIN && i < patience_ms / STEP_MS; i++) {
		if (device_mounts(node->path, NULL) != 0)
			break;
		nanosleep(&step, NULL);
		ret = take(node, flags, out);
	}
	return ret;
}

bool daxmode_is_claimed(const struct dax_node *node)
{
	cleanup_daxmode struct daxmode *mode = NULL;

	return take(node, O_RDONLY, &mode) == -EAGAIN;
}

/* The message says whether the living process serves the device or is switching it. */
static int refuse_claimed(const struct dax_node *node, struct famfs_error *err)
{
	struct usage_text user, holder = { .text = "another process" };
	struct famfs_dax_info info;

	if (daxinfo_read(node->root, node->number, &info) == 0)
		(void)mode_claim_holder(node, info.name, &holder);
	if (device_mounts(node->path, &user) > 0 || holders_in_namespaces(node->path, 0, &user) > 0)
		return error_refuse(err, -EBUSY,
				    "cannot switch the mode of '%s': it is %s, and served by %s",
				    node->path, user.text, holder.text);
	return error_refuse(err, -EBUSY,
			    "cannot switch the mode of '%s': it is being switched, or served, by "
			    "%s",
			    node->path, holder.text);
}

static int check_driver(const struct daxmode *mode, struct famfs_error *err)
{
	enum famfs_dax_mode now = mode_of(mode->node.root, mode->name);

	if (now != FAMFS_DAX_DEVDAX)
		return error_set(err, -ENODEV, "'%s' is not in devdax mode but in %s mode",
				 mode->node.path, famfs_dax_mode_name(now));
	if (!has_driver(mode->node.root) && !*mode->node.root)
		load_driver();
	if (!has_driver(mode->node.root))
		return error_set(err, -ENOSYS, "the kernel has no driver fsdev_dax");
	return 0;
}

/* The caller holds the lock of the mode. */
static int go_back(const struct daxmode *mode, struct famfs_error *err)
{
	int ret = to_devdax(mode->node.root, mode->name);

	if (ret == 0)
		ret = mode_claim_clear(&mode->claim);
	if (ret < 0) {
		error_errno(err, ret, "cannot switch '%s' back to devdax mode", mode->node.path);
		error_remedy(err, FAMFS_REMEDY_RESET_MODE, mode->node.path);
	}
	return ret;
}

/* The same, but locks, and checks first that the device has no users. */
static int go_back_unused(const struct daxmode *mode, struct famfs_error *err)
{
	cleanup_fd int lock = -1;
	int ret = exclude_users(mode, &lock, err);

	if (ret == 0)
		ret = look_again(mode, err);
	return ret < 0 ? ret : go_back(mode, err);
}

/* Writes the record before the switch, so that a command that is killed in the middle leaves it to
 * the next one. The check for users comes last, right before the driver is removed. */
static int record_unused(struct daxmode *mode, struct famfs_error *err)
{
	int ret = mode_claim_write(&mode->claim, mode->node.root, 0);

	if (ret < 0)
		error_errno(err, ret, "cannot write to " RUN_DIR);
	else
		ret = look_again(mode, err);
	if (ret < 0)
		(void)mode_claim_clear(&mode->claim);
	return ret;
}

/* The caller holds the lock of the mode. */
static int go(struct daxmode *mode, struct famfs_error *err)
{
	int ret = record_unused(mode, err), back;

	if (ret < 0)
		return ret;
	ret = to_famfs(mode->node.root, mode->name);
	if (ret == 0)
		return 0;
	back = go_back(mode, err);
	if (back < 0)
		return back;
	return error_errno(err, ret, "cannot switch '%s' to famfs mode", mode->node.path);
}

int daxmode_enter(const struct dax_node *node, struct daxmode **out, struct famfs_error *err)
{
	cleanup_daxmode struct daxmode *mode = NULL;
	cleanup_fd int lock = -1;
	int ret = await(node, O_RDWR | O_CREAT, DAXMODE_PATIENCE_MS, &mode);

	if (ret == -EAGAIN)
		return refuse_claimed(node, err);
	if (ret < 0)
		return error_errno(err, ret, "cannot switch the mode of '%s'", node->path);
	ret = check_driver(mode, err);
	if (ret == 0)
		ret = exclude_users(mode, &lock, err);
	if (ret == 0)
		ret = go(mode, err);
	if (ret < 0)
		return ret;
	*out = steal_ptr(&mode);
	return 0;
}

void daxmode_mounted(struct daxmode *mode, dev_t files)
{
	(void)mode_claim_write(&mode->claim, mode->node.root, files);
}

int daxmode_leave(struct daxmode *mode, struct famfs_error *err)
{
	const struct timespec step = { 0, STEP_NS };
	int ret;

	for (int i = 0; i < DAXMODE_PATIENCE_MS / STEP_MS; i++) {
		if (device_mounts(mode->node.path, NULL) <= 0 &&
		    !mode_claim_files_shown(&mode->claim, &mode->node))
			break;
		nanosleep(&step, NULL);
	}
	ret = go_back_unused(mode, err);
	daxmode_free(mode);
	return ret;
}

/* If the record does not name the mount that the device served, any detached mount whose files are
 * still in use may be that mount, and may map the device. */
static int check_unmounted(const struct daxmode *mode, struct famfs_error *err)
{
	struct usage_text user = { .text = "in use by the kernel" };
	struct held what = { 0 };
	int ret = mode->claim.files ? 0 : connections_find_unmounted(mode->node.root, &what.files);

	if (ret < 0)
		return error_errno(err, ret, "cannot find out who uses '%s'", mode->node.path);
	if (ret == 0)
		return 0;
	(void)holders_find(&what, &user);
	return error_refuse(err, -EBUSY,
			    "cannot switch the mode of '%s': a FUSE mount that was detached, which "
			    "may be of it, is %s",
			    mode->node.path, user.text);
}

int daxmode_settle(const struct dax_node *node, unsigned int patience_ms, struct famfs_error *err)
{
	cleanup_daxmode struct daxmode *mode = NULL;
	enum famfs_dax_mode now;
	int ret = await(node, O_RDWR, patience_ms, &mode);

	if (ret == -ENOENT || ret == -EACCES || ret == -ENOTTY)
		return 0;
	if (ret == -EAGAIN)
		return refuse_claimed(node, err);
	if (ret < 0)
		return error_errno(err, ret, "cannot read what " RUN_DIR " says of '%s'",
				   node->path);
	if (!mode_claim_read(&mode->claim))
		return 0;
	now = mode_of(mode->node.root, mode->name);
	/* The administrator has switched the device back, or to another mode. */
	if (now != FAMFS_DAX_FAMFS && now != FAMFS_DAX_NO_DRIVER)
		return mode_claim_clear(&mode->claim);
	ret = check_unmounted(mode, err);
	if (ret == 0)
		ret = go_back_unused(mode, err);
	return ret < 0 ? ret : 1;
}

/* A device that another program left in famfs mode has no record. One is written right before the
 * switch, and removed if the switch is refused: else the next mount or unmount would switch the
 * device. */
static int reset_unused(struct daxmode *mode, bool recorded, struct famfs_error *err)
{
	cleanup_fd int lock = -1;
	int ret = exclude_users(mode, &lock, err);

	if (ret == 0)
		ret = recorded ? look_again(mode, err) : record_unused(mode, err);
	return ret < 0 ? ret : go_back(mode, err);
}

static int reset(struct daxmode *mode, bool dry_run, struct famfs_error *err)
{
	bool recorded = mode_claim_read(&mode->claim);
	int ret = check_unmounted(mode, err);

	if (ret == 0)
		ret = dry_run ? check_users(mode, err) : reset_unused(mode, recorded, err);
	return ret < 0 ? ret : 1;
}

int daxmode_reset(const struct dax_node *node, bool dry_run, enum famfs_dax_mode *was,
		  struct famfs_error *err)
{
	cleanup_daxmode struct daxmode *mode = NULL;
	struct famfs_dax_info info;
	int ret = daxinfo_read(node->root, node->number, &info);

	if (ret == -ENOTTY)
		return error_set(err, -ENOTSUP, "'%s' is not a DAX device", node->path);
	if (ret < 0)
		return error_errno(err, ret, "cannot read what sysfs says of '%s'", node->path);
	*was = info.mode;
	if (info.mode == FAMFS_DAX_DEVDAX)
		return 0;
	if (info.mode != FAMFS_DAX_FAMFS && info.mode != FAMFS_DAX_NO_DRIVER)
		return daxinfo_check_mappable(&info, node->path, err);
	ret = await(node, dry_run ? O_RDWR : O_RDWR | O_CREAT, DAXMODE_PATIENCE_MS, &mode);
	if (ret == -ENOENT && dry_run)
		ret = create(node, &mode);
	if (ret == -EAGAIN)
		return refuse_claimed(node, err);
	if (ret < 0)
		return error_errno(err, ret, "cannot switch the mode of '%s'", node->path);
	/* A dry run does not keep other processes from the device. */
	if (dry_run)
		mode_claim_unlock(&mode->claim);
	return reset(mode, dry_run, err);
}
