/* SPDX-License-Identifier: Apache-2.0 */
/* The master changes. */
#include "support.h"

#include "device/device.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>
#include <uuid.h>

static const struct famfs_takeover_params for_real = { .dry_run = false };

static void assert_uuid(const uint8_t uuid[16], const char *text)
{
	uint8_t want[16];

	assert_int_equal(uuid_parse(text, want), 0);
	assert_memory_equal(uuid, want, sizeof(want));
}

static void start(void)
{
	struct famfs_volume *vol;
	struct famfs_error err;

	make_image(64 * MIB);
	vol = open_volume(true);
	assert_ok(add_file(vol, "f", 5000, 1, &err), &err);
	famfs_close(vol);
}

static void takes(void **state)
{
	const struct famfs_target target = image_target();
	const struct famfs_volume_params writing = { .write = true };
	struct famfs_volume *vol;
	struct famfs_info info;
	struct famfs_error err;
	uint8_t previous[16];

	(void)state;
	start();
	be_client();
	assert_ok(famfs_takeover(IMAGE, &for_real, previous, &err), &err);
	assert_uuid(previous, MASTER_UUID);
	vol = open_volume(true);
	famfs_info(vol, &info);
	assert_uuid(info.master_uuid, CLIENT_UUID);
	assert_int_equal(info.role, FAMFS_ROLE_MASTER);
	assert_null(file_fault(vol, "f", 5000, 1));
	assert_ok(add_file(vol, "g", 77, 2, &err), &err);
	famfs_close(vol);
	be_master();
	assert_error(famfs_open(&target, &writing, &vol, &err), -EROFS, &err, CLIENT_UUID);
}

/* The old master may have the device open. */
static void while_open(void **state)
{
	struct famfs_volume *vol;
	struct famfs_info info;
	struct famfs_error err;

	(void)state;
	start();
	vol = open_volume(true);
	be_client();
	assert_ok(famfs_takeover(IMAGE, &for_real, NULL, &err), &err);
	assert_error(add_file(vol, "g", 77, 2, &err), -EROFS, &err,
		     "belongs to the master " CLIENT_UUID);
	assert_error(add_dir(vol, "d", &err), -EROFS, &err, "this host is the client " MASTER_UUID);
	famfs_info(vol, &info);
	assert_int_equal(info.role, FAMFS_ROLE_CLIENT);
	assert_int_equal(info.log_entries, 1);
	famfs_close(vol);
}

static void nothing_to_take(void **state)
{
	struct omf_super before, after;
	struct famfs_error err;
	uint8_t previous[16];

	(void)state;
	start();
	image_get(0, &before, sizeof(before));
	assert_ok(famfs_takeover(IMAGE, &for_real, previous, &err), &err);
	assert_uuid(previous, MASTER_UUID);
	image_get(0, &after, sizeof(after));
	assert_memory_equal(&before, &after, sizeof(before));
}

/* It was damaged when the caller read it, since a takeover by another host was in progress. */
static void completes_nothing(void **state)
{
	const struct famfs_takeover_params complete = { .complete = true };
	struct omf_super before, after;
	struct famfs_error err;

	(void)state;
	start();
	image_get(0, &before, sizeof(before));
	assert_ok(famfs_takeover(IMAGE, &complete, NULL, &err), &err);
	be_client();
	assert_error(famfs_takeover(IMAGE, &complete, NULL, &err), -ESTALE, &err,
		     "has another master than before");
	be_master();
	image_get(0, &after, sizeof(after));
	assert_memory_equal(&before, &after, sizeof(before));
}

/* Only the owner and the CRC change. */
static void nothing_else(void **state)
{
	struct omf_super before, after;
	struct famfs_error err;

	(void)state;
	start();
	image_get(0, &before, sizeof(before));
	be_client();
	assert_ok(famfs_takeover(IMAGE, &for_real, NULL, &err), &err);
	be_master();
	image_get(0, &after, sizeof(after));
	memcpy(after.system_uuid, before.system_uuid, 16);
	after.crc = before.crc;
	assert_memory_equal(&before, &after, sizeof(before));
}

static void not_now(void **state)
{
	struct omf_super before, after;
	struct famfs_error err;
	struct device *dev;

	(void)state;
	start();
	image_get(0, &before, sizeof(before));
	assert_ok(device_open(IMAGE, DEVICE_WRITE, &dev, &err), &err);
	assert_int_equal(device_lock(dev, DEVICE_EXCLUSIVE, 0, 1, false), 0);
	be_client();
	assert_error(famfs_takeover(IMAGE, &for_real, NULL, &err), -EBUSY, &err,
		     "formatted or repaired");
	device_close(dev);
	assert_error(famfs_takeover("missing", &for_real, NULL, &err), -ENOENT, &err, "missing");
	be_master();
	image_get(0, &after, sizeof(after));
	assert_memory_equal(&before, &after, sizeof(before));
}

static void *take(void *arg)
{
	struct famfs_error *err = arg;

	(void)famfs_takeover(IMAGE, &for_real, NULL, err);
	return NULL;
}

/* An append in progress belongs to the old master, as a whole. */
static void after_an_append(void **state)
{
	struct omf_super before, after;
	struct famfs_error err, why = { 0 };
	struct device *dev;
	pthread_t thread;

	(void)state;
	start();
	image_get(0, &before, sizeof(before));
	assert_ok(device_open(IMAGE, DEVICE_WRITE, &dev, &err), &err);
	assert_int_equal(device_lock(dev, DEVICE_EXCLUSIVE, OMF_LOG_OFFSET, 1, false), 0);
	be_client();
	assert_int_equal(pthread_create(&thread, NULL, take, &why), 0);
	/* The time does not matter: a slow machine only makes a mistake harder to see. */
	usleep(50000);
	image_get(0, &after, sizeof(after));
	assert_memory_equal(&before, &after, sizeof(before));
	device_close(dev);
	pthread_join(thread, NULL);
	assert_ok(why.code, &why);
	be_master();
	image_get(0, &after, sizeof(after));
	assert_uuid(after.system_uuid, CLIENT_UUID);
}

/* A torn takeover by this host is completed only when no process uses the device. */
static void torn(void **state)
{
	struct omf_super raw, after;
	struct famfs_error err;
	struct device *dev;

	(void)state;
	start();
	be_client();
	image_get(0, &raw, sizeof(raw));
	assert_int_equal(uuid_parse(CLIENT_UUID, raw.system_uuid), 0);
	image_put(0, &raw, sizeof(raw));
	assert_ok(device_open(IMAGE, DEVICE_READ, &dev, &err), &err);
	assert_int_equal(device_lock(dev, DEVICE_SHARED, 0, 1, false), 0);
	assert_error(famfs_takeover(IMAGE, &for_real, NULL, &err), -EUCLEAN, &err, "CRC");
	image_get(0, &after, sizeof(after));
	assert_memory_equal(&raw, &after, sizeof(raw));
	device_close(dev);
	assert_ok(famfs_takeover(IMAGE, &for_real, NULL, &err), &err);
	famfs_close(open_volume(true));
	be_master();
}

static void taken_back(void **state)
{
	struct famfs_volume *vol;
	struct famfs_error err;

	(void)state;
	start();
	vol = open_volume(true);
	be_client();
	assert_ok(famfs_takeover(IMAGE, &for_real, NULL, &err), &err);
	for (int i = 0; i < 2; i++)
		assert_error(add_dir(vol, "back", &err), -EROFS, &err, "master " CLIENT_UUID);
	be_master();
	assert_ok(famfs_takeover(IMAGE, &for_real, NULL, &err), &err);
	assert_ok(add_dir(vol, "back", &err), &err);
	famfs_close(vol);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("a client becomes the master, and the master becomes a client", takes),
		TEST("the old master adds nothing more, even through an open volume", while_open),
		TEST("an open volume of the old master adds again after its host has taken over",
		     taken_back),
		TEST("a master has nothing to take over", nothing_to_take),
		TEST("a sound superblock is not taken from another host to complete a takeover",
		     completes_nothing),
		TEST("a takeover changes the owner and nothing else", nothing_else),
		TEST("a file system that is being formatted or repaired is not taken over",
		     not_now),
		TEST("a torn takeover is not completed while a process uses the device", torn),
		TEST("a takeover waits for an append that is under way", after_an_append),
	};

	return run_group(tests);
}
