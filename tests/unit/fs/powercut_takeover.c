/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking over a memory that loses power: the result has the old master, or the new one. The owner
 * takes two stores and the CRC a third; a cut between them, if the line was written back just then,
 * leaves a superblock that no program accepts. The same host can then complete the takeover.
 */
#include "powercut.h"

#include "fs/volume.h"

#include <errno.h>
#include <string.h>
#include <uuid.h>

static const struct famfs_takeover_params for_real = { .dry_run = false };

static const struct plan_entry entries[] = {
	{ .path = "d" },
	{ .path = "d/a", .size = 5000 },
};

static const struct plan plan = { entries, ARRAY_SIZE(entries) };

struct scene {
	struct memory *mem;
	struct powercut *cut;
	struct rng rng;
	int old, new, torn;
	const char *fault;
};

static void start(struct scene *scene)
{
	struct famfs_volume *vol;
	struct famfs_error err;

	memset(scene, 0, sizeof(*scene));
	scene->mem = memory_new(34 * MIB);
	memory_format(scene->mem);
	plug_memory(scene->mem);
	assert_ok(open_plugged(true, &vol, &err), &err);
	for (size_t i = 0; i < plan.count; i++)
		assert_ok(plan_add(vol, &plan, i, &err), &err);
	famfs_close(vol);
	scene->cut = powercut_new(scene->mem);
	be_client();
}

static void end(struct scene *scene)
{
	powercut_free(scene->cut);
	memory_free(scene->mem);
	plug(NULL, NULL);
	be_master();
}

static bool is_client(const uint8_t uuid[16])
{
	uint8_t client[16];

	assert_int_equal(uuid_parse(CLIENT_UUID, client), 0);
	return memcmp(uuid, client, sizeof(client)) == 0;
}

static const char *whole_fault(struct scene *scene)
{
	struct famfs_volume *vol;
	struct famfs_info info;
	const char *fault;

	if (open_plugged(false, &vol, NULL) < 0)
		return "it cannot be opened";
	famfs_info(vol, &info);
	if (is_client(info.master_uuid))
		scene->new ++;
	else
		scene->old++;
	fault = plan_fault(vol, &plan);
	if (!fault && info.log_entries != plan.count)
		fault = "an entry is lost";
	famfs_close(vol);
	return fault;
}

/* The takeover is made again, by the same host. */
static const char *again_fault(void)
{
	struct famfs_volume *vol;
	struct famfs_error err;
	const char *fault;

	if (famfs_takeover(MEMORY_NAME, &for_real, NULL, &err) < 0)
		return "a second takeover fails";
	if (open_plugged(true, &vol, &err) < 0)
		return "it cannot be written to after a second takeover";
	fault = plan_fault(vol, &plan);
	if (!fault && add_dir(vol, "next", &err) < 0)
		fault = "nothing can be added after a second takeover";
	famfs_close(vol);
	return fault;
}

static bool check(void *arg, struct memory *left)
{
	struct scene *scene = arg;
	struct famfs_volume *vol;
	struct famfs_error err;
	int ret;

	plug_memory(left);
	ret = open_plugged(false, &vol, &err);
	if (ret == -EUCLEAN) {
		scene->torn++;
	} else {
		if (ret == 0)
			famfs_close(vol);
		scene->fault = whole_fault(scene);
	}
	if (!scene->fault)
		scene->fault = again_fault();
	plug_powercut(scene->cut);
	return !scene->fault;
}

static void explore(void *arg)
{
	struct scene *scene = arg;

	if (!scene->fault)
		powercut_explore(scene->cut, &scene->rng, 1000, check, scene);
}

static void old_or_new(void **state)
{
	struct scene scene;
	struct famfs_error err;
	uint8_t previous[16], master[16];

	(void)state;
	start(&scene);
	plug_powercut(scene.cut);
	powercut_hook(scene.cut, explore, &scene);
	assert_ok(famfs_takeover(MEMORY_NAME, &for_real, previous, &err), &err);
	if (scene.fault)
		fail_msg("%s", scene.fault);
	assert_true(scene.old > 0 && scene.new > 0);
	note("%d old, %d new, %d torn\n", scene.old, scene.new, scene.torn);
	assert_int_equal(uuid_parse(MASTER_UUID, master), 0);
	assert_memory_equal(previous, master, sizeof(master));
	/* A completed takeover stays. */
	scene.old = scene.torn = 0;
	explore(&scene);
	if (scene.fault)
		fail_msg("%s", scene.fault);
	assert_int_equal(scene.old + scene.torn, 0);
	end(&scene);
}

/* No other host may take such a superblock for a torn takeover. */
static void not_by_others(void **state)
{
	struct scene scene;
	struct famfs_error err;

	(void)state;
	start(&scene);
	scene.mem->base[offsetof(struct omf_super, system_uuid) + 15] ^= 1;
	plug_memory(scene.mem);
	assert_error(famfs_takeover(MEMORY_NAME, &for_real, NULL, &err), -EUCLEAN, &err, "CRC");
	/* Nor may this host, if the log header does not confirm it. */
	be_master();
	scene.mem->base[offsetof(struct omf_super, system_uuid) + 15] ^= 1;
	scene.mem->base[offsetof(struct omf_super, log_length) + 2] = 0;
	scene.mem->base[offsetof(struct omf_super, log_length) + 3] = 1; /* 16 MiB */
	assert_error(famfs_takeover(MEMORY_NAME, &for_real, NULL, &err), -EUCLEAN, &err, "CRC");
	end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("a power cut leaves the old master, the new one, or what a second takeover "
		     "finishes",
		     old_or_new),
		TEST("a damaged superblock is not taken over", not_by_others),
	};

	return run_group(tests);
}
