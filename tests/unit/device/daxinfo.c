/* SPDX-License-Identifier: Apache-2.0 */
/* The facts that sysfs gives about a device, from a tree that looks like sysfs. */
#include "support.h"

#include "device/daxinfo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define DEVICE "sys/devices/platform/dax0.0"

static const char root[] = ".";

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void make_dirs(void)
{
	assert_int_equal(system("mkdir -p " DEVICE " sys/dev/char sys/bus/dax/devices "
				"sys/bus/dax/drivers/device_dax sys/class/mem"),
			 0);
}

/* 252:0, of 4 GiB. */
static void make_device(const char *subsystem, const char *driver)
{
	char target[64];

	assert_int_equal(system("rm -rf sys"), 0);
	make_dirs();
	assert_int_equal(symlink("../../devices/platform/dax0.0", "sys/dev/char/252:0"), 0);
	assert_int_equal(symlink("../../../devices/platform/dax0.0", "sys/bus/dax/devices/dax0.0"),
			 0);
	snprintf(target, sizeof(target), "../../../bus/%s", subsystem);
	assert_int_equal(symlink(target, DEVICE "/subsystem"), 0);
	snprintf(target, sizeof(target), "../../../bus/dax/drivers/%s", driver);
	if (*driver)
		assert_int_equal(symlink(target, DEVICE "/driver"), 0);
	put(DEVICE "/size", "4294967296\n");
	put(DEVICE "/align", "0x200000\n");
	put(DEVICE "/numa_node", "1\n");
	put(DEVICE "/target_node", "-1\n");
}

static void reads(void **state)
{
	struct famfs_dax_info info;

	(void)state;
	make_device("dax", "device_dax");
	assert_int_equal(daxinfo_read(root, makedev(252, 0), &info), 0);
	assert_string_equal(info.name, "dax0.0");
	assert_string_equal(info.driver, "device_dax");
	assert_int_equal(info.mode, FAMFS_DAX_DEVDAX);
	assert_int_equal(info.size, UINT64_C(4) << 30);
	assert_int_equal(info.align, 2 * MIB);
	assert_int_equal(info.numa_node, 1);
	assert_int_equal(info.target_node, -1);
	assert_int_equal(daxinfo_find(root, "dax0.0", &info), 0);
	assert_string_equal(info.name, "dax0.0");
	assert_int_equal(info.size, UINT64_C(4) << 30);
}

static void not_dax(void **state)
{
	struct famfs_dax_info info;

	(void)state;
	make_device("mem", "");
	assert_int_equal(daxinfo_read(root, makedev(252, 0), &info), -ENOTTY);
	assert_int_equal(daxinfo_read(root, makedev(252, 1), &info), -ENOTTY);
	assert_int_equal(daxinfo_find(root, "dax0.1", &info), -ENODEV);
}

static void modes(void **state)
{
	static const struct {
		const char *driver;
		enum famfs_dax_mode mode;
		int code;
		const char *name, *says;
	} cases[] = {
		{ "device_dax", FAMFS_DAX_DEVDAX, 0, "devdax", "" },
		{ "fsdev_dax", FAMFS_DAX_FAMFS, -EOPNOTSUPP, "famfs", "is in famfs mode" },
		{ "kmem", FAMFS_DAX_SYSTEM_RAM, -EBUSY, "system-ram", "is in system-ram mode" },
		{ "", FAMFS_DAX_NO_DRIVER, -ENODEV, "disabled", "has no driver" },
		{ "vendor", FAMFS_DAX_OTHER_DRIVER, -ENODEV, "unknown", "the driver vendor" },
	};
	struct famfs_dax_info info;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct famfs_error err = { 0 };

		make_device("dax", cases[i].driver);
		assert_int_equal(daxinfo_read(root, makedev(252, 0), &info), 0);
		assert_int_equal(info.mode, cases[i].mode);
		assert_string_equal(famfs_dax_mode_name(info.mode), cases[i].name);
		assert_int_equal(daxinfo_check_mappable(&info, "/dev/dax0.0", &err), cases[i].code);
		assert_int_equal(err.code, cases[i].code);
		if (!cases[i].code)
			continue;
		assert_non_null(strstr(err.message, cases[i].says));
		/* daxctl(1) cannot distinguish these from devdax mode. */
		if (info.mode == FAMFS_DAX_FAMFS || info.mode == FAMFS_DAX_NO_DRIVER) {
			assert_int_equal(err.remedy, FAMFS_REMEDY_RESET_MODE);
			assert_string_equal(err.remedy_object, "/dev/dax0.0");
		} else {
			assert_int_equal(err.remedy, FAMFS_REMEDY_RECONFIGURE);
			assert_string_equal(err.remedy_object, "dax0.0");
		}
	}
}

static void odd_numbers(void **state)
{
	struct famfs_dax_info info;

	(void)state;
	make_device("dax", "device_dax");
	assert_int_equal(unlink(DEVICE "/align"), 0);
	assert_int_equal(unlink(DEVICE "/numa_node"), 0);
	put(DEVICE "/target_node", "many\n");
	assert_int_equal(daxinfo_read(root, makedev(252, 0), &info), 0);
	assert_int_equal(info.align, 2 * MIB);
	assert_int_equal(info.numa_node, -1);
	assert_int_equal(info.target_node, -1);
	put(DEVICE "/size", "-1\n");
	assert_int_equal(daxinfo_read(root, makedev(252, 0), &info), -EINVAL);
	put(DEVICE "/size", "4G\n");
	assert_int_equal(daxinfo_read(root, makedev(252, 0), &info), -EINVAL);
	put(DEVICE "/size", "");
	assert_int_equal(daxinfo_read(root, makedev(252, 0), &info), -EINVAL);
	put(DEVICE "/size", "99999999999999999999\n");
	assert_int_equal(daxinfo_read(root, makedev(252, 0), &info), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("name, driver, size, alignment and nodes are read", reads),
		TEST("a device outside the dax bus is not a DAX device", not_dax),
		TEST("a device that cannot be mapped is refused by its mode", modes),
		TEST("missing attributes have defaults, and invalid ones are refused", odd_numbers),
	};

	return run_group(tests);
}
