/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mounts in the mount namespaces of other processes. A child of the test stands for a process in
 * another namespace: its mount table, and whether that is trusted, are made up. All other processes
 * are in the namespace of the test. Linked with --wrap for the two functions that read both.
 */
#include "support.h"

#include "device/holders.h"
#include "device/mountinfo.h"
#include "device/mountns.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATH   "/dev/dax0.0"
#define FILES  makedev(0, 4711)
#define OTHERS makedev(0, 4712)

static struct {
	pid_t child;
	bool believed;
	struct mount_entry entry;
} fake;

int __real_mount_namespace_of(const char *pid, struct mount_namespace *out);
int __wrap_mount_namespace_of(const char *pid, struct mount_namespace *out);
int __wrap_mountinfo_walk_process(const char *pid,
				  int (*visit)(void *arg, const struct mount_entry *entry),
				  void *arg);

static bool is_child(const char *pid)
{
	return strtol(pid, NULL, 10) == fake.child;
}

int __wrap_mount_namespace_of(const char *pid, struct mount_namespace *out)
{
	*out = is_child(pid) ? (struct mount_namespace){ 2, fake.believed }
			     : (struct mount_namespace){ 1, true };
	return 0;
}

int __wrap_mountinfo_walk_process(const char *pid,
				  int (*visit)(void *arg, const struct mount_entry *entry),
				  void *arg)
{
	return is_child(pid) ? visit(arg, &fake.entry) : 0;
}

static int make_child(void **state)
{
	(void)state;
	fake.child = fork();
	if (fake.child == 0)
		for (;;)
			pause();
	return fake.child < 0;
}

static int end_child(void **state)
{
	(void)state;
	kill(fake.child, SIGKILL);
	return waitpid(fake.child, NULL, 0) < 0;
}

static void table(bool believed, const char *type, const char *source, const char *options,
		  dev_t dev)
{
	static char root[] = "/", mountpoint[] = "/mnt/x", mount_options[] = "rw";

	fake.believed = believed;
	fake.entry = (struct mount_entry){ .id = 2,
					   .parent = 1,
					   .dev = dev,
					   .root = root,
					   .mountpoint = mountpoint,
					   .options = mount_options,
					   .fstype = (char *)(uintptr_t)type,
					   .source = (char *)(uintptr_t)source,
					   .super_options = options };
}

static void copies(void **state)
{
	struct usage_text user;

	(void)state;
	table(true, "fuse.famfs", PATH, "rw,user_id=0", OTHERS);
	assert_int_equal(holders_in_namespaces(PATH, 0, &user), 1);
	assert_text(user.text, "mounted at '/mnt/x' in the mount namespace of process ");
	assert_int_equal(holders_in_namespaces("/dev/dax1.0", 0, &user), 0);
	table(true, "fuse.famfs", PATH, "rw,user_id=1000", OTHERS);
	assert_int_equal(holders_in_namespaces(PATH, 0, &user), 0);
}

/* In the user's own user namespace the user is root, and the kernel says so. */
static void claims(void **state)
{
	struct usage_text user;

	(void)state;
	table(false, "fuse.famfs", PATH, "rw,user_id=0", OTHERS);
	assert_int_equal(holders_in_namespaces(PATH, 0, &user), 0);
	assert_int_equal(holders_in_namespaces(PATH, FILES, &user), 0);
	table(false, "tmpfs", PATH, "rw", OTHERS);
	assert_int_equal(holders_in_namespaces(PATH, FILES, &user), 0);
	/* The user's use of a mount of root keeps it alive. */
	table(false, "fuse.famfs", PATH, "rw,user_id=0", FILES);
	assert_int_equal(holders_in_namespaces(PATH, FILES, &user), 1);
	assert_int_equal(holders_in_namespaces(PATH, 0, &user), 0);
}

static void numbers(void **state)
{
	(void)state;
	table(true, "fuse.famfs", PATH, "rw,user_id=0", FILES);
	assert_int_equal(holders_have_mount(FILES), 1);
	assert_int_equal(holders_have_mount(OTHERS), 0);
	assert_int_equal(holders_reuse_number(PATH, FILES), 0);
	assert_int_equal(holders_reuse_number("/dev/dax1.0", FILES), 1);
	table(true, "fuse.famfs", PATH, "rw,user_id=1000", FILES);
	assert_int_equal(holders_reuse_number(PATH, FILES), 1);
	/* A copy in a user's namespace does not show that root still has the mount. */
	table(false, "fuse.famfs", PATH, "rw,user_id=0", FILES);
	assert_int_equal(holders_have_mount(FILES), 0);
	assert_int_equal(holders_reuse_number(PATH, FILES), 0);
	table(false, "tmpfs", PATH, "rw", FILES);
	assert_int_equal(holders_reuse_number(PATH, FILES), 1);
}

/* ---- real namespaces ---- */

/* The result of mount_namespace_of() for a process that has left these namespaces. */
static struct mount_namespace left(int namespaces)
{
	struct mount_namespace found = { 0 };
	char pid[24], ready = 0;
	int to_us[2], ret;
	pid_t child;

	assert_int_equal(pipe(to_us), 0);
	child = fork();
	if (child == 0) {
		ready = unshare(namespaces) == 0 ? 'y' : 'n';
		if (write(to_us[1], &ready, 1) == 1)
			pause();
		_exit(0);
	}
	assert_true(child > 0);
	assert_int_equal(read(to_us[0], &ready, 1), 1);
	snprintf(pid, sizeof(pid), "%d", child);
	ret = __real_mount_namespace_of(pid, &found);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(to_us[0]);
	close(to_us[1]);
	if (ready != 'y')
		skip();
	assert_int_equal(ret, 0);
	return found;
}

static void own_namespace(void **state)
{
	struct mount_namespace self;

	(void)state;
	assert_int_equal(__real_mount_namespace_of("self", &self), 0);
	assert_true(self.believed);
	assert_int_equal(__real_mount_namespace_of("0", &self), -ENOENT);
}

static void namespace_of_root(void **state)
{
	struct mount_namespace self, other = left(CLONE_NEWNS);

	(void)state;
	assert_int_equal(__real_mount_namespace_of("self", &self), 0);
	assert_true(other.believed && other.id != self.id);
}

static void namespace_of_a_user(void **state)
{
	struct mount_namespace self, other = left(CLONE_NEWUSER | CLONE_NEWNS);

	(void)state;
	assert_int_equal(__real_mount_namespace_of("self", &self), 0);
	assert_true(!other.believed && other.id != self.id);
	/* In a user namespace of its own, but with our mounts. */
	other = left(CLONE_NEWUSER);
	assert_true(other.believed && other.id == self.id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("a copy of root's mount in another mount namespace is found", copies),
		TEST("a mount that a user made in a user namespace does not count as root's",
		     claims),
		TEST("a device number is used only if its mount table is trusted", numbers),
		TEST("a process trusts its own mount table", own_namespace),
		TEST("a mount namespace of the same user namespace is trusted", namespace_of_root),
		TEST("a mount namespace of another user namespace is not trusted",
		     namespace_of_a_user),
	};

	return cmocka_run_group_tests(tests, make_child, end_child);
}
