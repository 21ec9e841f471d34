/* SPDX-License-Identifier: Apache-2.0 */
/* Structs of famfs.h can grow: their reserved members are zero, and have to be. */
#include "support.h"

#include <errno.h>
#include <string.h>

static const uint32_t zero[4];

#define assert_zeroed(out) assert_memory_equal((out).reserved, zero, sizeof(zero))

/* What a caller has not initialised. */
#define spoil(out) memset(&(out), 0xa5, sizeof(out))

static int see_stat(void *arg, const char *path, const struct famfs_stat *st)
{
	unsigned int *seen = arg;

	(void)path;
	assert_zeroed(*st);
	(*seen)++;
	return 0;
}

static void files(void **state)
{
	struct famfs_volume *vol;
	struct famfs_daxdev daxdev;
	struct famfs_info info;
	struct famfs_stat st;
	struct famfs_fmap fmap;
	struct famfs_error err;
	unsigned int seen = 0;

	(void)state;
	spoil(info);
	spoil(daxdev);
	spoil(st);
	spoil(fmap);
	make_image(64 * MIB);
	vol = open_volume(true);
	assert_ok(add_unfilled(vol, "f", 1, &err), &err);
	famfs_info(vol, &info);
	assert_zeroed(info);
	assert_int_equal(famfs_daxdev(vol, 0, &daxdev), 0);
	assert_zeroed(daxdev);
	assert_ok(famfs_stat(vol, "f", &st, &err), &err);
	assert_zeroed(st);
	assert_ok(famfs_fmap(vol, "f", &fmap, &err), &err);
	assert_zeroed(fmap);
	assert_ok(famfs_walk(vol, "", true, see_stat, &seen, &err), &err);
	assert_int_equal(seen, 2);
	famfs_close(vol);
}

static void see_problem(void *arg, const struct famfs_problem *problem)
{
	unsigned int *seen = arg;

	assert_zeroed(*problem);
	(*seen)++;
}

static void file_systems(void **state)
{
	const struct famfs_mkfs_params format = { .size = 64 * MIB, .force = true };
	unsigned int seen = 0;
	const struct famfs_fsck_params check = { .report = see_problem, .arg = &seen };
	struct famfs_identification identification;
	struct famfs_fsck_result checked;
	struct famfs_mkfs_result made;
	struct famfs_target *target;
	struct famfs_error err;

	(void)state;
	spoil(identification);
	spoil(checked);
	spoil(made);
	be_master();
	assert_ok(famfs_mkfs(IMAGE, &format, &made, &err), &err);
	assert_zeroed(made);
	assert_ok(famfs_identify(IMAGE, &identification, &err), &err);
	assert_zeroed(identification);
	assert_ok(famfs_target_resolve(IMAGE, &target, &err), &err);
	assert_zeroed(*target);
	image_put(OMF_LOG_OFFSET, "damage", 6);
	assert_ok(famfs_fsck(target, &check, &checked, &err), &err);
	assert_zeroed(checked);
	assert_true(seen > 0);
	famfs_target_free(target);
}

static int see_device(void *arg, const struct famfs_dax_info *info)
{
	(void)arg;
	assert_zeroed(*info);
	return 0;
}

static int see_mount(void *arg, const struct famfs_mount_info *mount)
{
	(void)arg;
	assert_zeroed(*mount);
	return 0;
}

static void host(void **state)
{
	struct famfs_mount_health health;
	struct famfs_fuse_info fuse;
	struct famfs_error err;

	(void)state;
	spoil(health);
	spoil(fuse);
	famfs_fuse_info(&fuse);
	assert_zeroed(fuse);
	assert_error(famfs_mount_probe("/proc", 0, &health, &err), -EINVAL, &err, "no famfs");
	assert_zeroed(health);
	assert_ok(famfs_dax_scan(see_device, NULL, &err), &err);
	assert_ok(famfs_mounts(see_mount, NULL, &err), &err);
}

/* The functions whose own tests do not try it. */
static void params(void **state)
{
	const struct famfs_volume_params reading = { .reserved = { [2] = 1 } };
	const struct famfs_mount_params mount = { .device = IMAGE,
						  .mountpoint = ".",
						  .reserved = { [3] = 1 } };
	const struct famfs_reset_mode_params reset = { .reserved = { 1 } };
	char device[] = IMAGE;
	struct famfs_target target = { .device = device };
	struct famfs_volume *vol;
	struct famfs_error err;

	(void)state;
	make_image(64 * MIB);
	assert_error(famfs_open(&target, &reading, &vol, &err), -EINVAL, &err, "reserved");
	assert_error(famfs_mount(&mount, &err), -EINVAL, &err, "reserved");
	assert_error(famfs_reset_mode(IMAGE, &reset, NULL, &err), -EINVAL, &err, "reserved");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("reserved fields of results about files are zero", files),
		TEST("reserved fields of results about file systems are zero", file_systems),
		TEST("reserved fields of results about the host are zero", host),
		TEST("params with reserved fields that are not zero are refused", params),
	};

	return run_group(tests);
}
