/* SPDX-License-Identifier: Apache-2.0 */
/* Waits for a file, as a barrier between hosts: a file is complete before its entry is visible. */
#include "base/error.h"
#include "fs/volume.h"
#include "shared/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <time.h>

/* A check costs a few loads, so it is repeated often at first; a long wait does not keep the
 * core busy. */
#define FIRST_PAUSE_NS UINT64_C(100000)
#define LAST_PAUSE_NS  UINT64_C(10000000)

static void pause_ns(uint64_t ns)
{
	const struct timespec pause = { .tv_sec = (time_t)(ns / NS_PER_S),
					.tv_nsec = (long)(ns % NS_PER_S) };

	nanosleep(&pause, NULL);
}

static int check_exists(struct famfs_volume *vol, const char *path, struct famfs_error *err)
{
	struct famfs_stat st;
	int ret = volume_catch_up(vol, err);

	return ret < 0 ? ret : famfs_stat(vol, path, &st, err);
}

int famfs_wait(struct famfs_volume *vol, const char *path, uint64_t timeout_ms,
	       struct famfs_error *err)
{
	uint64_t start = now_ns(), pause = FIRST_PAUSE_NS;
	int ret;

	while ((ret = check_exists(vol, path, err)) == -ENOENT) {
		uint64_t passed = now_ns() - start;

		if (timeout_ms != FAMFS_WAIT_FOREVER && passed / NS_PER_MS >= timeout_ms)
			return error_set(err, -ETIMEDOUT,
					 "'%s' did not appear within %" PRIu64 " ms", path,
					 timeout_ms);
		pause_ns(pause);
		if (pause < LAST_PAUSE_NS)
			pause += pause / 4;
	}
	return ret;
}
