/* SPDX-License-Identifier: Apache-2.0 */
/* Finding a famfs by its UUID, on a host whose DAX devices are images. */
#include "support.h"

#include "fs/find.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint8_t first[16] = { 0x11, [15] = 1 };
static const uint8_t second[16] = { 0x22, [15] = 2 };

#define FIRST  "famfs:11000000-0000-0000-0000-000000000001"
#define SECOND "famfs:22000000-0000-0000-0000-000000000002"
#define LINK   "dev/famfs/by-uuid/11000000-0000-0000-0000-000000000001"

static void make_device(const char *name, const char *driver, const uint8_t uuid[16])
{
	struct famfs_mkfs_params params = { .size = 64 * MIB, .force = true };
	struct famfs_error err;
	char command[512], path[64];

	snprintf(command, sizeof(command),
		 "d=sys/bus/dax/devices/%s; mkdir -p $d dev/famfs/by-uuid && ln -sfn /bus/dax "
		 "$d/subsystem "
		 "&& ln -sfn /drivers/%s $d/driver && echo 67108864 >$d/size",
		 name, driver);
	assert_int_equal(system(command), 0);
	snprintf(path, sizeof(path), "dev/%s", name);
	memcpy(params.uuid, uuid, sizeof(params.uuid));
	assert_ok(famfs_mkfs(path, &params, NULL, &err), &err);
}

static void start(void)
{
	assert_int_equal(system("rm -rf sys dev"), 0);
	be_master();
	make_device("dax0.0", "device_dax", first);
	make_device("dax0.1", "device_dax", second);
}

static void assert_found(const char *arg, const char *name)
{
	struct famfs_error err;
	char *device = NULL;

	assert_ok(find_device(".", arg, &device, &err), &err);
	assert_text(device, name);
	free(device);
}

static void assert_not_found(const char *arg, int code, const char *text)
{
	struct famfs_error err;
	char *device = NULL;

	assert_error(find_device(".", arg, &device, &err), code, &err, text);
	assert_null(device);
}

static void by_looking(void **state)
{
	(void)state;
	start();
	assert_found(FIRST, "dax0.0");
	assert_found(SECOND, "dax0.1");
	assert_not_found("famfs:33000000-0000-0000-0000-000000000003", -ENODEV, "no DAX device");
	assert_not_found("famfs:3300", -EINVAL, "famfs:UUID");
	assert_true(find_is_name(FIRST));
	assert_false(find_is_name("famfs:"));
	assert_false(find_is_name("UUID=11000000-0000-0000-0000-000000000001"));
}

static void by_link(void **state)
{
	(void)state;
	start();
	/* A device that sysfs does not show is found only by its link. */
	assert_int_equal(system("rm -r sys"), 0);
	assert_not_found(FIRST, -ENODEV, "no DAX device");
	assert_int_equal(symlink("../../dax0.0", LINK), 0);
	assert_found(FIRST, "dax0.0");
}

static void old_link(void **state)
{
	(void)state;
	start();
	assert_int_equal(symlink("../../dax0.1", LINK), 0);
	assert_found(FIRST, "dax0.0");
}

static void copies(void **state)
{
	(void)state;
	start();
	make_device("dax0.1", "device_dax", first);
	assert_not_found(FIRST, -ENOTUNIQ, "dax0.1");
}

static void out_of_reach(void **state)
{
	(void)state;
	start();
	/* System memory is skipped, and so is a device without a node. */
	make_device("dax0.0", "kmem", first);
	assert_not_found(FIRST, -ENODEV, "of this host");
	make_device("dax0.0", "device_dax", first);
	assert_int_equal(unlink("dev/dax0.0"), 0);
	assert_not_found(FIRST, -ENODEV, "1 cannot");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("a device is found by its UUID", by_looking),
		TEST("a device is found by udev's link", by_link),
		TEST("a link that is older than the file system is ignored", old_link),
		TEST("two devices with one UUID are an error that names both", copies),
		TEST("a device without a node is counted, and system memory is ignored",
		     out_of_reach),
	};

	return run_group(tests);
}
