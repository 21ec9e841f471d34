/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A long write stops when this host may no longer write: another host formats the device, or
 * becomes the master. The data that the other host then stores in that space must stay.
 */
#include "twoview.h"

#include "fs/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK (32 * MIB + 2 * LINE) /* bytes that may still be written */
#define SIZE  (2 * BLOCK + 5000)
#define DATA  (OMF_LOG_OFFSET + OMF_LOG_LENGTH_MIN)

struct scene {
	struct memory *mem;
	struct host *host;
	struct famfs_volume *vol;
	void (*event)(struct memory *mem);
	uint64_t at; /* device offset whose change triggers the event */
	bool happened;
};

static void format(struct memory *mem)
{
	memory_write(mem, 0, NULL, 8);
}

static void take_over(struct memory *mem)
{
	memory_write(mem, offsetof(struct omf_super, system_uuid), "another master!", 16);
}

/* Once the first bytes are in memory, the other host acts, and uses the space. */
static void look(void *arg)
{
	struct scene *scene = arg;

	if (scene->happened || scene->mem->base[scene->at] == 0x55)
		return;
	scene->happened = true;
	scene->event(scene->mem);
	memset(scene->mem->base + scene->at + BLOCK, 0xaa, MIB);
}

static void start(struct scene *scene, void (*event)(struct memory *mem))
{
	struct famfs_error err;

	memset(scene, 0, sizeof(*scene));
	scene->mem = memory_new(3 * GIB);
	memory_format(scene->mem);
	scene->host = host_new(scene->mem, 1);
	scene->event = event;
	scene->at = DATA;
	scene->mem->base[DATA] = 0x55;
	plug_host(scene->host);
	assert_ok(open_plugged(true, &scene->vol, &err), &err);
	host_hook(scene->host, look, scene);
}

static void end(struct scene *scene)
{
	unsigned char *theirs = scene->mem->base + scene->at + BLOCK;

	assert_true(scene->happened);
	for (uint64_t i = 0; i < MIB; i++)
		assert_int_equal(theirs[i], 0xaa);
	famfs_close(scene->vol);
	host_free(scene->host);
	memory_free(scene->mem);
	plug(NULL, NULL);
}

static const struct {
	void (*event)(struct memory *mem);
	int code;
	const char *text;
} events[] = {
	{ format, -ESTALE, "another file system was made" },
	{ take_over, -EROFS, "belongs to the master" },
};

static void zeroing(void **state)
{
	struct famfs_create_params params = { .size = SIZE, .mode = 0644 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
		struct famfs_file *file;
		struct famfs_error err;
		struct scene scene;

		start(&scene, events[i].event);
		assert_error(famfs_create(scene.vol, "f", &params, &file, &err), events[i].code,
			     &err, events[i].text);
		end(&scene);
	}
}

static void writing(void **state)
{
	struct famfs_create_params params = { .size = SIZE, .mode = 0644, .no_zero = true };
	char *bytes = calloc(1, SIZE);

	(void)state;
	assert_non_null(bytes);
	for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
		struct famfs_file *file;
		struct famfs_error err;
		struct scene scene;

		start(&scene, events[i].event);
		assert_ok(famfs_create(scene.vol, "f", &params, &file, &err), &err);
		assert_error(famfs_file_write(file, 0, bytes, SIZE, &err), events[i].code, &err,
			     events[i].text);
		famfs_file_close(file);
		end(&scene);
	}
	free(bytes);
}

/* The file has one byte of the second chunk, and the rest must be zeroed. */
static void slack(void **state)
{
	struct famfs_create_params params = { .size = 64 * MIB + 1,
					      .mode = 0644,
					      .nstrips = 2,
					      .nbuckets = 2,
					      .chunk_size = 64 * MIB,
					      .no_zero = true };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
		struct famfs_file *file;
		struct famfs_error err;
		struct scene scene;

		start(&scene, events[i].event);
		assert_ok(famfs_create(scene.vol, "f", &params, &file, &err), &err);
		scene.at = file->fmap.extents[1].offset + 1;
		scene.mem->base[scene.at] = 0x55;
		assert_error(famfs_file_publish(file, &err), events[i].code, &err, events[i].text);
		end(&scene);
	}
}

/* A published file is checked for another file system only: a client may write it, too. */
static void in_place(void **state)
{
	struct famfs_create_params params = { .size = SIZE, .mode = 0644, .no_zero = true };
	struct famfs_file *file;
	struct famfs_error err;
	struct scene scene;

	(void)state;
	start(&scene, format);
	host_hook(scene.host, NULL, NULL);
	assert_ok(famfs_create(scene.vol, "f", &params, &file, &err), &err);
	assert_ok(famfs_file_publish(file, &err), &err);
	assert_ok(famfs_file_open(scene.vol, "f", &file, &err), &err);
	host_hook(scene.host, look, &scene);
	assert_error(famfs_file_zero(file, 0, SIZE, &err), -ESTALE, &err, "another file system");
	famfs_file_close(file);
	end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("zeroing stops after another host formats or takes over", zeroing),
		TEST("writing stops after another host formats or takes over", writing),
		TEST("zeroing after the end of a striped file stops, too", slack),
		TEST("zeroing in a published file stops after a format", in_place),
	};

	return run_group(tests);
}
