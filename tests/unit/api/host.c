/* SPDX-License-Identifier: Apache-2.0 */
/* What the library says of the host. */
#include "support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void identity(void **state)
{
	enum famfs_identity_source source;
	struct famfs_error err;
	uint8_t uuid[16];

	(void)state;
	be_master();
	assert_ok(famfs_identity(uuid, &source, &err), &err);
	assert_int_equal(source, FAMFS_IDENTITY_ENV);
	assert_int_equal(uuid[15], 0x0a);
	setenv("FAMFS_SYSTEM_UUID", "no uuid", 1);
	assert_error(famfs_identity(uuid, &source, &err), -EINVAL, &err, "is not a UUID");
	be_master();
}

static void make_helper(mode_t mode)
{
	FILE *f = fopen("fusermount3", "we");

	assert_non_null(f);
	fclose(f);
	assert_int_equal(chmod("fusermount3", mode), 0);
}

static void fuse(void **state)
{
	struct famfs_fuse_info info;
	char path[4096], *before = strdup(getenv("PATH"));

	(void)state;
	famfs_fuse_info(&info);
	assert_int_equal(strncmp(info.version, "3.", 2), 0);
	assert_true(info.device_error <= 0);

	/* Root's programs are not looked for in $PATH; see base/program. */
	if (geteuid() == 0) {
		assert_non_null(getcwd(path, sizeof(path)));
		make_helper(04755);
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
		TEST("the identity is the environment's", identity),
		TEST("FUSE: the library, the device and the helper", fuse),
		TEST("only a mounted famfs can be asked", mounts),
		TEST("the limit of mappings is known", limits),
	};

	return run_group(tests);
}
