/* SPDX-License-Identifier: Apache-2.0 */
/* What GET_FMAP and GET_DAXDEV are answered from, while a replay holds the volume: the kernel has
 * somebody waiting in open(), and a lock that is waited for here would never come. */
#include "support.h"

#include "server/node.h"
#include "server/server.h"

#include <errno.h>
#include <sys/stat.h>

static void answers(void **state)
{
	struct server server = { 0 };
	struct famfs_daxdev daxdev;
	struct famfs_fmap map;
	struct famfs_error err;
	struct stat st;
	fuse_ino_t ino;

	(void)state;
	make_image(64 * MIB);
	server.vol = open_volume(true);
	server.stage = SERVER_READY;
	assert_ok(add_file(server.vol, "f", 100, 1, &err), &err);
	ino = namespace_lookup(&server.vol->ns, NODE_ROOT, "f", 1);
	pthread_mutex_lock(&server.vol->mutex);
	assert_int_equal(server_check(&server), 0);
	assert_int_equal(inode_attr(&server, ino, &st), 0);
	assert_int_equal(inode_fmap(&server, ino, &map), 0);
	assert_int_equal(map.size, 100);
	assert_int_equal(famfs_daxdev(server.vol, 0, &daxdev), 0);
	assert_string_equal(daxdev.name, server.vol->dev->path);
	assert_int_equal(famfs_daxdev(server.vol, 1, &daxdev), -ENODEV);
	/* Nor when there is nothing new to follow. */
	assert_int_equal(server_follow(&server), 0);
	pthread_mutex_unlock(&server.vol->mutex);
	famfs_close(server.vol);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("maps and devices are found while the log is being replayed", answers),
	};

	return run_group(tests);
}
