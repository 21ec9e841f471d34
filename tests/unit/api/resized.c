/* SPDX-License-Identifier: Apache-2.0 */
/* An image whose size is restored after it was opened and before its byte 0 is locked, as by an
 * mkfs in between: the size that counts is the one under the lock. */
#include "support.h"

#include "fs/volume.h"
#include "server/device_setup.h"
#include "server/server.h"

#include <fcntl.h>
#include <stdbool.h>

static bool grow_at_lock;

int __real_fcntl64(int fd, int cmd, void *arg);
int __wrap_fcntl64(int fd, int cmd, void *arg);

int __wrap_fcntl64(int fd, int cmd, void *arg)
{
	const struct flock *lock = cmd == F_OFD_SETLK ? arg : NULL;

	if (lock && lock->l_start == 0 && lock->l_len == 1 && grow_at_lock) {
		grow_at_lock = false;
		image_resize(64 * MIB);
	}
	return __real_fcntl64(fd, cmd, arg);
}

static void start(void)
{
	make_image(64 * MIB);
	image_resize(32 * MIB);
	grow_at_lock = true;
}

static void writer(void **state)
{
	struct famfs_volume *vol;

	(void)state;
	start();
	vol = open_volume(true);
	assert_false(grow_at_lock);
	assert_int_equal(vol->dev->size, 64 * MIB);
	famfs_close(vol);
}

static void server(void **state)
{
	struct server server = { .log_limit = RATELIMIT_INIT };
	struct mount_options options;
	const struct device_setup_params params = { IMAGE, &options, "", false };
	struct famfs_error err;

	(void)state;
	start();
	assert_ok(mount_options_parse("", false, &options, &err), &err);
	assert_ok(device_setup(&server, &params, &err), &err);
	assert_false(grow_at_lock);
	assert_int_equal(server.vol->dev->size, 64 * MIB);
	assert_ok(device_teardown(&server, &err), &err);
	mount_options_free(&options);
}

static void repair(void **state)
{
	const struct famfs_fsck_params params = { .repair = true };
	const struct famfs_target target = image_target();
	struct famfs_fsck_result result;
	struct famfs_error err;

	(void)state;
	start();
	assert_ok(famfs_fsck(&target, &params, &result, &err), &err);
	assert_false(grow_at_lock);
	assert_int_equal(result.problems, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("a writer uses the size that the image has while locked", writer),
		TEST("a server uses the size that the image has while locked", server),
		TEST("a repair uses the size that the image has while locked", repair),
	};

	return run_group(tests);
}
