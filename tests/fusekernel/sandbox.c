/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox.h"

#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *node_path;

static void remove_node(void)
{
	unlink(node_path);
}

static void make_dir(const char *path)
{
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		bail_out("cannot make %s: %s", path, strerror(errno));
}

static void make_link(const char *target, const char *path)
{
	if (symlink(target, path) < 0)
		bail_out("cannot make %s: %s", path, strerror(errno));
}

static void make_file(const char *path, uint64_t number)
{
	FILE *file = fopen(path, "w");

	if (!file || fprintf(file, "%llu\n", (unsigned long long)number) < 0 || fclose(file) != 0)
		bail_out("cannot make %s", path);
}

static void make_sysfs(uint64_t size)
{
	static const char *const dirs[] = {
		"/sys/bus",
		"/sys/bus/dax",
		"/sys/bus/dax/devices",
		"/sys/dev",
		"/sys/dev/char",
		"/sys/bus/dax/drivers",
		"/sys/devices",
		SANDBOX_DEVICE,
		"/sys/bus/dax/drivers/device_dax",
		"/sys/fs",
		"/sys/fs/fuse",
		"/sys/bus/dax/drivers/fsdev_dax",
		"/sys/kernel",
		"/sys/fs/fuse/connections",
	};
	static const char *const files[] = { "device_dax/bind", "device_dax/unbind",
					     "fsdev_dax/new_id", "fsdev_dax/remove_id",
					     "fsdev_dax/unbind" };
	char path[128];

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		make_dir(dirs[i]);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", SANDBOX_DRIVERS, files[i]);
		make_file(path, 0);
	}
	make_link("../../devices/dax0.0", "/sys/dev/char/1:7");
	make_link("../../../devices/dax0.0", "/sys/bus/dax/devices/dax0.0");
	make_link("../../bus/dax", SANDBOX_DEVICE "/subsystem");
	make_file(SANDBOX_DEVICE "/size", size);
	make_file(SANDBOX_DEVICE "/align", 2 << 20);
}

/* The first process of the namespace: all others end with it. So open files of other checkouts'
 * tests are not visible, and no process of this one remains. */
static void go_on_inside(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		return;
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		bail_out("cannot fork: %s", strerror(errno));
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE);
}

const char *sandbox_enter(const char *node, uint64_t size)
{
	if (geteuid() != 0)
		return "needs root";
	if (access("/dev/fuse", R_OK | W_OK) < 0)
		return "needs /dev/fuse";
	if (unshare(CLONE_NEWNS | CLONE_NEWPID) < 0)
		return "needs namespaces";
	go_on_inside();
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("sandbox", "/proc", "proc", 0, NULL) < 0 ||
	    mount("sandbox", "/sys", "tmpfs", 0, NULL) < 0 ||
	    mount("sandbox", "/run", "tmpfs", 0, NULL) < 0)
		return "needs a mount namespace";
	if (mknod(node, S_IFCHR | 0600, makedev(SANDBOX_MAJOR, SANDBOX_MINOR)) < 0)
		return "needs to make device nodes";
	node_path = node;
	atexit(remove_node);
	make_sysfs(size);
	/* Only the kernel knows which processes still have open files of a detached mount. */
	if (mount("sandbox", "/sys/fs/fuse/connections", "fusectl", 0, NULL) < 0)
		return "needs fusectl";
	return NULL;
}

void sandbox_bind(const char *driver)
{
	char target[64];

	unlink(SANDBOX_DEVICE "/driver");
	snprintf(target, sizeof(target), "../../bus/dax/drivers/%s", driver);
	make_link(target, SANDBOX_DEVICE "/driver");
	unlink(SANDBOX_CLAIM);
}

bool sandbox_bound(const char *driver)
{
	char target[128] = "";

	return readlink(SANDBOX_DEVICE "/driver", target, sizeof(target) - 1) > 0 &&
	       strstr(target, driver);
}
