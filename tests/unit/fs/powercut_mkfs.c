/* SPDX-License-Identifier: Apache-2.0 */
/* Formatting a memory that loses power, or an image whose host crashes: the result is the old file
 * system, none, or the new one. */
#include "pagecache.h"

#include "fs/mkfs.h"
#include "fs/volume.h"

#include <errno.h>
#include <string.h>

static const struct plan_entry entries[] = {
	{ .path = "d" },
	{ .path = "d/a", .size = 5000 },
	{ .path = "d/b", .size = AU + 1 },
	{ .path = "c" },
};

static const struct plan plan = { entries, ARRAY_SIZE(entries) };

enum outcome {
	OLD = 1,
	NONE = 2,
	NEW = 4,
};

#define PHASES 8

struct scene {
	struct memory *mem;
	struct powercut *cut;
	bool image; /* the memory is the disk of an image */
	struct rng rng;
	uint8_t uuid[16];          /* of the new file system */
	uint32_t outcomes[PHASES]; /* at each fence, and once after the end */
	size_t phase;
	const char *fault;
};

static void start(struct scene *scene, bool old)
{
	struct famfs_volume *vol;
	struct famfs_error err;

	memset(scene, 0, sizeof(*scene));
	scene->rng.state = 815;
	memset(scene->uuid, 0x77, sizeof(scene->uuid));
	scene->mem = memory_new(34 * MIB);
	be_master();
	if (old) {
		memory_format(scene->mem);
		plug_memory(scene->mem);
		assert_ok(open_plugged(true, &vol, &err), &err);
		for (size_t i = 0; i < plan.count; i++)
			assert_ok(plan_add(vol, &plan, i, &err), &err);
		famfs_close(vol);
	} else {
		fill_bytes(scene->mem->base, 4096, 1);
		fill_bytes(scene->mem->base + OMF_LOG_OFFSET, 4096, 2);
	}
	scene->cut = powercut_new(scene->mem);
}

static void plug_medium(const struct scene *scene)
{
	if (scene->image)
		plug_image();
	else
		plug_powercut(scene->cut);
}

static void start_image(struct scene *scene, bool old)
{
	start(scene, old);
	scene->image = true;
	pagecache_start(scene->cut, scene->mem);
}

static void end(struct scene *scene)
{
	if (scene->image)
		pagecache_stop();
	powercut_free(scene->cut);
	memory_free(scene->mem);
	plug(NULL, NULL);
}

/* Old entries must not appear after the new ones when entries are added. */
static const char *going_on_fault(struct famfs_volume *vol)
{
	struct famfs_volume *again;
	const char *fault = NULL;

	if (add_dir(vol, "first", NULL) < 0)
		return "nothing can be added to the new file system";
	if (open_plugged(true, &again, NULL) < 0)
		return "the new file system cannot be opened again";
	if (add_dir(again, "second", NULL) < 0)
		fault = "nothing more can be added to the new file system";
	famfs_close(again);
	return fault;
}

static const char *new_fault(struct famfs_volume *vol)
{
	const struct plan nothing = { entries, 0 };
	const struct famfs_target target = memory_target();
	const struct famfs_fsck_params params = { .repair = false };
	struct famfs_fsck_result result;
	const char *fault = plan_fault(vol, &nothing);

	if (!fault && famfs_fsck(&target, &params, &result, NULL) < 0)
		fault = "the new file system cannot be checked";
	if (!fault && result.problems)
		fault = "the new file system has problems";
	return fault ? fault : going_on_fault(vol);
}

static const char *judge(struct scene *scene)
{
	struct famfs_volume *vol;
	struct famfs_info info;
	struct famfs_error err;
	const char *fault;
	int ret = open_plugged(true, &vol, &err);

	if (ret == -EMEDIUMTYPE) {
		scene->outcomes[scene->phase] |= NONE;
		return NULL;
	}
	if (ret < 0)
		return "it cannot be opened";
	famfs_info(vol, &info);
	if (memcmp(info.uuid, scene->uuid, sizeof(scene->uuid)) == 0) {
		scene->outcomes[scene->phase] |= NEW;
		fault = new_fault(vol);
	} else {
		scene->outcomes[scene->phase] |= OLD;
		fault = plan_fault(vol, &plan);
		if (!fault && info.log_entries != plan.count)
			fault = "an old entry is lost";
	}
	famfs_close(vol);
	return fault;
}

static bool check(void *arg, struct memory *left)
{
	struct scene *scene = arg;

	plug_memory(left);
	scene->fault = judge(scene);
	plug_medium(scene);
	return !scene->fault;
}

static void at_fence(void *arg)
{
	struct scene *scene = arg;

	if (scene->fault)
		return;
	powercut_explore(scene->cut, &scene->rng, 600, check, scene);
	assert_true(++scene->phase < PHASES);
}

static void run(struct scene *scene, uint64_t log_length)
{
	struct famfs_mkfs_params params = { .force = true, .log_length = log_length };
	struct famfs_error err;

	memcpy(params.uuid, scene->uuid, sizeof(params.uuid));
	plug_medium(scene);
	powercut_hook(scene->cut, at_fence, scene);
	assert_ok(famfs_mkfs(scene->image ? IMAGE : MEMORY_NAME, &params, NULL, &err), &err);
	at_fence(scene);
	powercut_hook(scene->cut, NULL, NULL);
}

static void check_phases(const struct scene *scene)
{
	if (scene->fault)
		fail_msg("%s", scene->fault);
	assert_int_equal(scene->phase, 5);
	assert_int_equal(scene->outcomes[0], OLD | NONE);
	assert_int_equal(scene->outcomes[1], NONE);
	assert_int_equal(scene->outcomes[2], NONE);
	assert_int_equal(scene->outcomes[3], NONE | NEW);
	assert_int_equal(scene->outcomes[4], NEW);
}

static void over_old(void **state)
{
	struct scene scene;

	(void)state;
	start(&scene, true);
	run(&scene, 0);
	check_phases(&scene);
	end(&scene);
}

/* Where the new log covers old file data. */
static void longer_log(void **state)
{
	struct scene scene;

	(void)state;
	start(&scene, true);
	run(&scene, 16 * MIB);
	check_phases(&scene);
	end(&scene);
}

static void over_rubbish(void **state)
{
	struct superblock sb = { .version = OMF_SUPER_VERSION,
				 .log_length = OMF_LOG_LENGTH_MIN,
				 .alloc_unit = AU,
				 .major = OMF_MAJOR,
				 .minor = OMF_MINOR,
				 .recorded_size = 34 * MIB };
	struct scene scene;
	struct device *dev;

	(void)state;
	start(&scene, false);
	memcpy(sb.uuid, scene.uuid, sizeof(sb.uuid));
	memset(sb.system_uuid, 0, sizeof(sb.system_uuid));
	sb.system_uuid[6] = 0x40;
	sb.system_uuid[8] = 0x80;
	sb.system_uuid[15] = 0x0a; /* MASTER_UUID */
	plug_powercut(scene.cut);
	powercut_hook(scene.cut, at_fence, &scene);
	assert_int_equal(device_open(MEMORY_NAME, DEVICE_WRITE, &dev, NULL), 0);
	assert_int_equal(mkfs_write(dev, &sb), 0);
	at_fence(&scene);
	device_close(dev);
	if (scene.fault)
		fail_msg("%s", scene.fault);
	assert_int_equal(scene.outcomes[0], NONE);
	assert_int_equal(scene.outcomes[1], NONE);
	assert_int_equal(scene.outcomes[2], NONE);
	assert_int_equal(scene.outcomes[3], NONE | NEW);
	assert_int_equal(scene.outcomes[4], NEW);
	end(&scene);
}

/* The state of the disk after a crash at each barrier of an image, and after the last one. */
static bool has_image_phases(const struct scene *scene)
{
	return !scene->fault && scene->phase == 4 &&
	       (scene->outcomes[0] & ~(uint32_t)(OLD | NONE)) == 0 && scene->outcomes[0] & NONE &&
	       scene->outcomes[1] == NONE && scene->outcomes[2] == (NONE | NEW) &&
	       scene->outcomes[3] == NEW;
}

static void image_of_old(void **state)
{
	struct scene scene;

	(void)state;
	for (uint64_t length = 8 * MIB; length <= 16 * MIB; length *= 2) {
		start_image(&scene, true);
		run(&scene, length);
		if (scene.fault)
			fail_msg("%s", scene.fault);
		assert_int_equal(scene.outcomes[0], OLD | NONE);
		assert_true(has_image_phases(&scene));
		end(&scene);
	}
}

static void image_of_rubbish(void **state)
{
	struct scene scene;

	(void)state;
	start_image(&scene, false);
	run(&scene, 0);
	if (scene.fault)
		fail_msg("%s", scene.fault);
	assert_int_equal(scene.outcomes[0], NONE);
	assert_true(has_image_phases(&scene));
	end(&scene);
}

/* Each barrier is needed. */
static void skipped_barriers(void **state)
{
	struct scene scene;

	(void)state;
	for (int barrier = 0; barrier < 3; barrier++) {
		start_image(&scene, true);
		pagecache_skip_barrier(barrier);
		run(&scene, 0);
		note("without barrier %d: %s\n", barrier,
		     scene.fault ? scene.fault : "another outcome");
		assert_false(has_image_phases(&scene));
		end(&scene);
	}
}

static bool is_noticed(enum mutation mutation)
{
	struct scene scene;
	bool noticed;

	start(&scene, true);
	powercut_mutate(scene.cut, mutation);
	run(&scene, 0);
	noticed = scene.fault || scene.phase != 5 || scene.outcomes[0] != (OLD | NONE) ||
		  scene.outcomes[1] != NONE || scene.outcomes[2] != NONE ||
		  scene.outcomes[3] != (NONE | NEW) || scene.outcomes[4] != NEW;
	end(&scene);
	return noticed;
}

static void mistakes(void **state)
{
	(void)state;
	assert_true(is_noticed(MUTATE_NO_SUPER_FLUSH));
	assert_true(is_noticed(MUTATE_NO_SUPER_FENCE));
	assert_true(is_noticed(MUTATE_NO_COUNTER_FLUSH));
	assert_false(is_noticed(MUTATE_NOTHING));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("a power cut leaves the old file system, none, or the new one", over_old),
		TEST("a power cut is as harmless if the new log covers old files", longer_log),
		TEST("a power cut on new memory leaves no file system or the new one",
		     over_rubbish),
		TEST("a missing flush or fence is noticed", mistakes),
		TEST("a crash of an image's host leaves the old file system, none, or the new one",
		     image_of_old),
		TEST("a crash on an image of other data leaves no file system or the new one",
		     image_of_rubbish),
		TEST("a missing barrier is noticed", skipped_barriers),
	};

	return run_group(tests);
}
