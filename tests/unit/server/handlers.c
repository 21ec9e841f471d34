/* SPDX-License-Identifier: Apache-2.0 */
/* GET_FMAP and GET_DAXDEV are answered without a lock while a replay holds the volume: a process
 * waits in open(), and waiting for the lock here would be a deadlock. */
#include "support.h"

#include "server/catch_up.h"
#include "server/dax.h"
#include "server/node.h"
#include "server/server.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* An image with the file "f" of 100 bytes; returns its number. */
static fuse_ino_t serve_file(struct server *server)
{
	struct famfs_error err;

	make_image(64 * MIB);
	server->vol = open_volume(true);
	server->stage = SERVER_READY;
	assert_ok(add_file(server->vol, "f", 100, 1, &err), &err);
	return namespace_lookup(server->vol->ns, NODE_ROOT, "f", 1);
}

static void answers(void **state)
{
	struct server server = { 0 };
	struct famfs_daxdev daxdev;
	struct famfs_fmap fmap;
	struct stat st;
	fuse_ino_t ino;

	(void)state;
	ino = serve_file(&server);
	pthread_mutex_lock(&server.vol->mutex);
	assert_int_equal(server_check_stale(&server), 0);
	assert_int_equal(inode_attr(&server, ino, &st), 0);
	assert_int_equal(inode_fmap(&server, ino, &fmap), 0);
	assert_int_equal(fmap.size, 100);
	assert_int_equal(famfs_daxdev(server.vol, 0, &daxdev), 0);
	assert_string_equal(daxdev.name, server.vol->dev->path);
	assert_int_equal(famfs_daxdev(server.vol, 1, &daxdev), -ENODEV);
	/* The same when there is nothing new to follow. */
	assert_int_equal(server_catch_up(&server), 0);
	pthread_mutex_unlock(&server.vol->mutex);
	famfs_close(server.vol);
}

static unsigned int logged;

static void count_message(void *arg, int priority, const char *message)
{
	(void)arg;
	(void)priority;
	logged++;
	assert_text(message, "cannot open 'f': it shares space with 'f'");
}

static void refused_again_and_again(void **state)
{
	struct server server = { .log_fn = count_message, .log_limit = RATELIMIT_INIT };
	fuse_ino_t ino;

	(void)state;
	ino = serve_file(&server);
	/* The state after a failed allocation: every file counts as overlapping. */
	server.vol->overlap.unknown = true;
	/* Where the kernel maps nothing, overlaps do no harm. */
	assert_int_equal(dax_check_overlap(&server, ino), 0);
	server.shim.active = true;
	logged = 0;
	for (int i = 0; i < 10000; i++)
		assert_int_equal(dax_check_overlap(&server, ino), -EUCLEAN);
	assert_in_range(logged, RATELIMIT_BURST, RATELIMIT_BURST + 1);
	famfs_close(server.vol);
}

/* The kernel never forgets that it could not use a device, so a device with another driver, or
 * none, is not passed to it. The descriptor that stands for the connection does not know this
 * ioctl. */
static void wrong_driver(void **state)
{
	struct famfs_volume vol = { 0 };
	struct device dev = { .path = (char[]){ "node" } };
	struct server server = { .vol = &vol };
	int image = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	vol.dev = &dev;
	pthread_mutex_init(&server.push.mutex, NULL);
	dev.fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	assert_true(image >= 0 && dev.fd >= 0);
	assert_int_equal(dax_push_devices(&server, dev.fd), -ENODEV);
	assert_false(server.push.done);
	close(dev.fd);
	/* It tries if nothing speaks against it. */
	dev.fd = image;
	assert_int_equal(dax_push_devices(&server, dev.fd), -ENOTTY);
	assert_false(server.push.done);
	close(image);
	pthread_mutex_destroy(&server.push.mutex);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("maps and devices are found while the log is being replayed", answers),
		TEST("repeated opens of a file that shares space do not fill the log",
		     refused_again_and_again),
		TEST("a device with the wrong driver is not handed over", wrong_driver),
	};

	return run_group(tests);
}
