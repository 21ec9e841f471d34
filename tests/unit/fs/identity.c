/* SPDX-License-Identifier: Apache-2.0 */
/* The identity of this host, from files below the test's own root. */
#include "support.h"

#include "fs/identity.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uuid.h>

#define ROOT "root"
#define ETC  ROOT "/etc/famfs/system_uuid"
#define OPT  ROOT "/opt/famfs/system_uuid"
#define MID  ROOT "/etc/machine-id"

#define ENV_UUID "aaaaaaaa-0000-4000-8000-000000000001"
#define ETC_UUID "bbbbbbbb-0000-4000-8000-000000000002"
#define OPT_UUID "cccccccc-0000-4000-8000-000000000003"

/* The expected UUID, computed by another program: uuid5 of the namespace and the text. */
#define MACHINE_ID   "0123456789abcdef0123456789abcdef"
#define MACHINE_UUID "40964a7f-c6d7-571b-9084-3e335715fed3"
#define NEXT_ID      "0123456789abcdef0123456789abcdee"
#define NEXT_UUID    "745b0c68-d490-524d-a793-fa3a1c9886cd"

static void start(void)
{
	unsetenv("FAMFS_SYSTEM_UUID");
	mkdir(ROOT, 0755);
	mkdir(ROOT "/etc", 0755);
	mkdir(ROOT "/opt", 0755);
	mkdir(ROOT "/etc/famfs", 0755);
	mkdir(ROOT "/opt/famfs", 0755);
	unlink(ETC);
	unlink(OPT);
	unlink(MID);
}

static void put_bytes(const char *path, const void *bytes, size_t length)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, length, f), length);
	fclose(f);
}

static void put(const char *path, const char *text)
{
	put_bytes(path, text, strlen(text));
}

static void assert_identity(enum famfs_system_uuid_source source, const char *uuid)
{
	struct identity self;
	struct famfs_error err;
	uint8_t want[16] = { 0 };

	assert_ok(identity_read(ROOT, &self, &err), &err);
	assert_int_equal(self.source, source);
	if (uuid)
		assert_int_equal(uuid_parse(uuid, want), 0);
	assert_memory_equal(self.uuid, want, sizeof(want));
}

static void assert_bad(const char *text)
{
	struct identity self;
	struct famfs_error err;

	assert_error(identity_read(ROOT, &self, &err), -EINVAL, &err, text);
}

static void none(void **state)
{
	struct identity self;
	enum famfs_role role;
	struct famfs_error err;
	uint8_t master[16] = { 0 };

	(void)state;
	start();
	assert_identity(FAMFS_SYSTEM_UUID_NONE, NULL);
	/* Not even of a medium whose master has no UUID. */
	assert_ok(identity_role(ROOT, master, &self, &role, &err), &err);
	assert_int_equal(role, FAMFS_ROLE_CLIENT);
}

static void precedence(void **state)
{
	(void)state;
	start();
	put(MID, MACHINE_ID "\n");
	assert_identity(FAMFS_SYSTEM_UUID_MACHINE_ID, MACHINE_UUID);
	put(OPT, OPT_UUID "\n");
	assert_identity(FAMFS_SYSTEM_UUID_OPT, OPT_UUID);
	put(ETC, ETC_UUID "\n");
	assert_identity(FAMFS_SYSTEM_UUID_ETC, ETC_UUID);
	setenv("FAMFS_SYSTEM_UUID", ENV_UUID, 1);
	assert_identity(FAMFS_SYSTEM_UUID_ENV, ENV_UUID);
	setenv("FAMFS_SYSTEM_UUID", "", 1);
	assert_identity(FAMFS_SYSTEM_UUID_ETC, ETC_UUID);
}

static void spellings(void **state)
{
	(void)state;
	start();
	/* As the reference writes it: 37 bytes, the last one NUL. */
	put_bytes(OPT, OPT_UUID, 37);
	assert_identity(FAMFS_SYSTEM_UUID_OPT, OPT_UUID);
	put_bytes(OPT, OPT_UUID, 36);
	assert_identity(FAMFS_SYSTEM_UUID_OPT, OPT_UUID);
	put(OPT, "CCCCCCCC-0000-4000-8000-000000000003\r\n");
	assert_identity(FAMFS_SYSTEM_UUID_OPT, OPT_UUID);
	put(OPT, OPT_UUID " # ours\n");
	assert_identity(FAMFS_SYSTEM_UUID_OPT, OPT_UUID);
}

static void bad_contents(void **state)
{
	static const char *const bad[] = { "",
					   "\n",
					   "x",
					   "cccccccc-0000-4000-8000-00000000000",
					   "cccccccc-0000-4000-8000-0000000000033",
					   "cccccccc00004000800000000000000003",
					   "gccccccc-0000-4000-8000-000000000003" };

	(void)state;
	start();
	put(OPT, OPT_UUID);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		put(ETC, bad[i]);
		assert_bad(ETC "' does not hold a UUID");
	}
	unlink(ETC);
	for (size_t i = 2; i < ARRAY_SIZE(bad); i++) {
		setenv("FAMFS_SYSTEM_UUID", bad[i], 1);
		assert_bad("$FAMFS_SYSTEM_UUID is not a UUID");
	}
}

/* A file that cannot be read may hold the identity, whatever the next file says. */
static void unreadable(void **state)
{
	struct identity self;
	struct famfs_error err;

	(void)state;
	start();
	put(MID, MACHINE_ID "\n");
	assert_int_equal(symlink("system_uuid", ETC), 0);
	assert_error(identity_read(ROOT, &self, &err), -ELOOP, &err, "cannot read '" ETC "'");
	start();
	put(MID, MACHINE_ID "\n");
	assert_identity(FAMFS_SYSTEM_UUID_MACHINE_ID, MACHINE_UUID);
}

static void machine_id(void **state)
{
	struct identity self;
	uint8_t plain[16];

	(void)state;
	start();
	put(MID, MACHINE_ID "\n");
	assert_identity(FAMFS_SYSTEM_UUID_MACHINE_ID, MACHINE_UUID);
	assert_int_equal(identity_read(ROOT, &self, NULL), 0);
	assert_int_equal(uuid_type(self.uuid), UUID_TYPE_DCE_SHA1);
	/* machine-id(5): the derived UUID must not reveal the machine-id. */
	for (unsigned int i = 0; i < 16; i++)
		assert_int_equal(sscanf(&MACHINE_ID[2 * (size_t)i], "%2hhx", &plain[i]), 1);
	assert_memory_not_equal(self.uuid, plain, 4);
	put(MID, NEXT_ID "\n");
	assert_identity(FAMFS_SYSTEM_UUID_MACHINE_ID, NEXT_UUID);
	put(MID, "");
	assert_identity(FAMFS_SYSTEM_UUID_NONE, NULL);
	put(MID, "uninitialized\n");
	assert_identity(FAMFS_SYSTEM_UUID_NONE, NULL);
	put(MID, "0123456789abcdef0123456789abcde\n");
	assert_bad("machine-id' does not hold a UUID");
	put(MID, "0123456789abcdef0123456789abcdeg\n");
	assert_bad("machine-id' does not hold a UUID");
}

static void assert_role(const char *master, enum famfs_role want,
			enum famfs_system_uuid_source source)
{
	struct identity self;
	enum famfs_role role;
	struct famfs_error err;
	uint8_t uuid[16];

	assert_int_equal(uuid_parse(master, uuid), 0);
	assert_ok(identity_role(ROOT, uuid, &self, &role, &err), &err);
	assert_int_equal(role, want);
	assert_int_equal(self.source, source);
	if (want == FAMFS_ROLE_MASTER)
		assert_memory_equal(self.uuid, uuid, sizeof(uuid));
}

static void roles(void **state)
{
	(void)state;
	start();
	put(MID, MACHINE_ID "\n");
	put(OPT, OPT_UUID "\n");
	put(ETC, ETC_UUID "\n");
	/* The host is the master under each of its UUIDs. */
	assert_role(ETC_UUID, FAMFS_ROLE_MASTER, FAMFS_SYSTEM_UUID_ETC);
	assert_role(OPT_UUID, FAMFS_ROLE_MASTER, FAMFS_SYSTEM_UUID_OPT);
	assert_role(MACHINE_UUID, FAMFS_ROLE_MASTER, FAMFS_SYSTEM_UUID_MACHINE_ID);
	assert_role(ENV_UUID, FAMFS_ROLE_CLIENT, FAMFS_SYSTEM_UUID_ETC);
	/* The environment overrides all of them. */
	setenv("FAMFS_SYSTEM_UUID", ENV_UUID, 1);
	assert_role(ENV_UUID, FAMFS_ROLE_MASTER, FAMFS_SYSTEM_UUID_ENV);
	assert_role(ETC_UUID, FAMFS_ROLE_CLIENT, FAMFS_SYSTEM_UUID_ENV);
	assert_role(MACHINE_UUID, FAMFS_ROLE_CLIENT, FAMFS_SYSTEM_UUID_ENV);
}

static void names(void **state)
{
	(void)state;
	assert_string_equal(famfs_system_uuid_source_name(FAMFS_SYSTEM_UUID_NONE), "none");
	assert_string_equal(famfs_system_uuid_source_name(FAMFS_SYSTEM_UUID_ENV),
			    "$FAMFS_SYSTEM_UUID");
	assert_string_equal(famfs_system_uuid_source_name(FAMFS_SYSTEM_UUID_ETC),
			    "/etc/famfs/system_uuid");
	assert_string_equal(famfs_system_uuid_source_name(FAMFS_SYSTEM_UUID_OPT),
			    "/opt/famfs/system_uuid");
	assert_string_equal(famfs_system_uuid_source_name(FAMFS_SYSTEM_UUID_MACHINE_ID),
			    "/etc/machine-id");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("a host without any source has no identity, and is a client", none),
		TEST("the environment, /etc, /opt and machine-id are tried in this order",
		     precedence),
		TEST("a UUID is accepted as the reference and editors write it", spellings),
		TEST("an invalid UUID is an error, and is not skipped", bad_contents),
		TEST("an unreadable source is an error, and is not skipped", unreadable),
		TEST("the UUID derived from a machine-id is stable, and differs from it",
		     machine_id),
		TEST("a host is the master under each of its identities, unless the environment "
		     "sets one",
		     roles),
		TEST("each source has its name", names),
	};

	return run_group(tests);
}
