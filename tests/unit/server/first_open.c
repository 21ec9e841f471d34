/* SPDX-License-Identifier: Apache-2.0 */
/* The result of the server's own first open, on a kernel that took the capability. A folder stands
 * in for the mount. */
#include "support.h"

#include "server/node.h"
#include "server/server.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int done;

static void count(struct server *server)
{
	(void)server;
	done++;
}

static void start(struct server *server, bool asked)
{
	memset(server, 0, sizeof(*server));
	server->mountpoint = "mount";
	server->shim.active = true;
	server->shim.asked = asked;
	done = 0;
	server_set_io_status(server, fmap_profile(FAMFS_PROFILE_PULL), "it was chosen");
	assert_int_equal(first_open_start(server, count), 0);
	first_open_join(&server->first_open);
	assert_int_equal(done, 1);
}

static void make_mount(void)
{
	FILE *f;

	assert_int_equal(mkdir("mount", 0755), 0);
	assert_int_equal(mkdir("mount/" META_DIR, 0755), 0);
	f = fopen("mount/" META_DIR "/" META_SUPERBLOCK, "w");
	assert_non_null(f);
	fputc('x', f);
	fclose(f);
}

static void asks(void **state)
{
	struct server server;

	(void)state;
	make_mount();
	start(&server, true);
	assert_string_equal(io_status_text(&server.io_status), "pull: it was chosen");
	assert_true(shim_maps(&server.shim));
}

static void asks_for_nothing(void **state)
{
	struct server server;

	(void)state;
	start(&server, false);
	assert_string_equal(io_status_text(&server.io_status),
			    "off: the kernel took the capability and asks for no maps");
	assert_false(shim_maps(&server.shim));
}

/* A file that does not open shows nothing: the mount goes on as before. */
static void fails(void **state)
{
	struct server server;

	(void)state;
	assert_int_equal(unlink("mount/" META_DIR "/" META_SUPERBLOCK), 0);
	start(&server, false);
	assert_string_equal(io_status_text(&server.io_status), "pull: it was chosen");
	assert_true(shim_maps(&server.shim));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("a kernel that asks for a map at the first open keeps its profile", asks),
		TEST("a kernel that asks for no map is served without maps", asks_for_nothing),
		TEST("a first open that fails does not change the profile", fails),
	};

	return run_group(tests);
}
