/* SPDX-License-Identifier: Apache-2.0 */
/* The facts that the library reports about the host. */
#include "support.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static void identity(void **state)
{
	enum famfs_system_uuid_source source;
	struct famfs_error err;
	uint8_t uuid[16];

	(void)state;
	be_master();
	assert_ok(famfs_system_uuid(uuid, &source, &err), &err);
	assert_int_equal(source, FAMFS_SYSTEM_UUID_ENV);
	assert_int_equal(uuid[15], 0x0a);
	setenv("FAMFS_SYSTEM_UUID", "no uuid", 1);
	assert_error(famfs_system_uuid(uuid, &source, &err), -EINVAL, &err, "is not a UUID");
	be_master();
}

static void make_helper(uid_t owner, mode_t mode)
{
	FILE *f = fopen("fusermount3", "we");

	assert_non_null(f);
	fclose(f);
	assert_int_equal(chown("fusermount3", owner, (gid_t)-1), 0);
	assert_int_equal(chmod("fusermount3", mode), 0);
}

/* In a mount namespace of our own, a file of ours takes the place of the host's helper. */
static void assert_setuid(const char *helper, uid_t owner, mode_t mode, bool want)
{
	struct famfs_fuse_info info;

	make_helper(owner, mode);
	assert_int_equal(mount("fusermount3", helper, NULL, MS_BIND, NULL), 0);
	famfs_fuse_info(&info);
	assert_int_equal(umount2(helper, MNT_DETACH), 0);
	assert_string_equal(info.helper, helper);
	assert_int_equal(info.helper_setuid, want);
}

static void helper(void **state)
{
	struct famfs_fuse_info info;

	(void)state;
	famfs_fuse_info(&info);
	if (!info.helper[0] || geteuid() != 0 || unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		skip();
	assert_setuid(info.helper, 0, 04755, true);
	assert_setuid(info.helper, 0, 0755, false);
	assert_setuid(info.helper, 65534, 04755, false);
}

static void fuse(void **state)
{
	struct famfs_fuse_info info;
	char path[4096], *before = strdup(getenv("PATH"));

	(void)state;
	famfs_fuse_info(&info);
	assert_int_equal(strncmp(info.version, "3.", 2), 0);
	assert_true(info.device_error <= 0);

	/* Programs of root are not searched in $PATH; see base/program. */
	if (geteuid() == 0) {
		assert_non_null(getcwd(path, sizeof(path)));
		make_helper(0, 04755);
		setenv("PATH", path, 1);
		famfs_fuse_info(&info);
		assert_null(strstr(info.helper, path));
		setenv("PATH", before, 1);
	}
	free(before);
}

static void mounts(void **state)
{
	struct famfs_mount_health health;
	struct famfs_error err;

	(void)state;
	assert_error(famfs_mount_probe("/", 1000, &health, &err), -EINVAL, &err,
		     "no famfs is mounted at '/'");
	assert_error(famfs_mount_probe("/nowhere", 1000, &health, &err), -EINVAL, &err,
		     "no famfs is mounted");
}

static void limits(void **state)
{
	(void)state;
	assert_true(famfs_mapping_limit() > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("the identity is read from the environment", identity),
		TEST("the state of FUSE has the library, the device and the helper", fuse),
		TEST("a helper can mount for users if root owns it and it is set-user-id", helper),
		TEST("only a mounted famfs can be queried", mounts),
		TEST("the limit of mappings is reported", limits),
	};

	return run_group(tests);
}
