/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Repairing a memory that loses power: good files stay good, the space of a damaged entry stays out
 * of use, and the repair can be made again until all is clean.
 */
#include "powercut.h"

#include "fs/volume.h"

#include <string.h>

static const struct plan_entry entries[] = {
	{ .path = "d" },
	{ .path = "d/a", .size = 5000 },
	{ .path = "d/b", .size = AU + 1 },
	{ .path = "striped", .size = 2 * AU, .nstrips = 1 },
	{ .path = "e" },
	{ .path = "d/c", .size = 700 },
};

static const struct plan plan = { entries, ARRAY_SIZE(entries) };

struct scene {
	struct memory *mem;
	struct powercut *cut;
	struct rng rng;
	uint64_t lost;      /* a bit for each entry that the repair may give up */
	uint64_t allocated; /* bytes in use before: lost bytes stay in use */
	uint64_t tried;
	bool done;
	const char *fault;
};

static void start(struct scene *scene)
{
	struct famfs_volume *vol;
	struct famfs_info info;
	struct famfs_error err;

	memset(scene, 0, sizeof(*scene));
	scene->rng.state = 31337;
	scene->mem = memory_new(GIB);
	memory_format(scene->mem);
	plug_memory(scene->mem);
	assert_ok(open_plugged(true, &vol, &err), &err);
	for (size_t i = 0; i < plan.count; i++)
		assert_ok(plan_add(vol, &plan, i, &err), &err);
	famfs_info(vol, &info);
	scene->allocated = info.allocated_bytes;
	famfs_close(vol);
}

static void end(struct scene *scene)
{
	powercut_free(scene->cut);
	memory_free(scene->mem);
	plug(NULL, NULL);
}

static struct omf_entry *entry_of(struct scene *scene, uint64_t index)
{
	return (struct omf_entry *)(void *)(scene->mem->base + omf_entry_offset(index));
}

static struct omf_log_header *header_of(struct scene *scene)
{
	return (struct omf_log_header *)(void *)(scene->mem->base + OMF_LOG_OFFSET);
}

static bool yes(void *arg, const struct famfs_problem *problem)
{
	(void)arg, (void)problem;
	return true;
}

static int check_medium(bool repair, struct famfs_fsck_result *result, struct famfs_error *err)
{
	const struct famfs_target target = memory_target();
	const struct famfs_fsck_params params = { .repair = repair, .confirm = yes };

	return famfs_fsck(&target, &params, result, err);
}

static const char *good_fault(const struct scene *scene)
{
	const char *fault = NULL;
	struct famfs_volume *vol;

	if (open_plugged(false, &vol, NULL) < 0)
		return "it cannot be opened";
	for (size_t i = 0; i < plan.count && !fault; i++)
		if (!(scene->lost & UINT64_C(1) << i))
			fault = plan_entry_fault(vol, &plan, i);
	famfs_close(vol);
	return fault;
}

static const char *clean_fault(const struct scene *scene)
{
	struct famfs_fsck_result result;
	struct famfs_volume *vol;
	const char *fault;

	if (check_medium(false, &result, NULL) < 0 || result.problems)
		return "the repaired file system has problems";
	if (result.allocated_bytes != scene->allocated)
		return "space of a damaged entry may be used again";
	fault = good_fault(scene);
	if (fault)
		return fault;
	if (open_plugged(true, &vol, NULL) < 0)
		return "it cannot be opened after the repair";
	if (add_dir(vol, "next", NULL) < 0)
		fault = "nothing can be added after the repair";
	famfs_close(vol);
	return fault;
}

/* Every state after a cut can be read as far as before, and repaired. */
static const char *judge(const struct scene *scene)
{
	const char *fault = scene->done ? NULL : good_fault(scene);
	struct famfs_fsck_result result;

	if (!fault && !scene->done && check_medium(true, &result, NULL) < 0)
		fault = "it cannot be repaired again";
	return fault ? fault : clean_fault(scene);
}

static bool check(void *arg, struct memory *left)
{
	struct scene *scene = arg;

	plug_memory(left);
	scene->fault = judge(scene);
	plug_powercut(scene->cut);
	return !scene->fault;
}

static void explore(void *arg)
{
	struct scene *scene = arg;

	if (!scene->fault)
		scene->tried += powercut_explore(scene->cut, &scene->rng, 300, check, scene);
}

/* Repairs the damage, with every power cut on the way and after the end. */
static void repair(struct scene *scene)
{
	struct famfs_fsck_result result;
	struct famfs_error err;

	scene->cut = powercut_new(scene->mem);
	plug_powercut(scene->cut);
	powercut_hook(scene->cut, explore, scene);
	assert_ok(check_medium(true, &result, &err), &err);
	assert_true(result.problems > 0);
	assert_int_equal(result.problems, result.repaired);
	scene->done = true;
	explore(scene);
	if (scene->fault)
		fail_msg("%s", scene->fault);
	assert_true(scene->tried > 2);
	note("%llu power cuts, seed 31337\n", (unsigned long long)scene->tried);
}

static void torn_tail(void **state)
{
	struct scene scene;

	(void)state;
	start(&scene);
	entry_of(&scene, 5)->file.uid = le32_make(99);
	memset(entry_of(&scene, 4), 0, 200);
	scene.lost = 1 << 5 | 1 << 4;
	/* The entries that are cut off belonged to no file. */
	scene.allocated -= AU;
	repair(&scene);
	end(&scene);
}

static void in_the_middle(void **state)
{
	struct scene scene;

	(void)state;
	start(&scene);
	entry_of(&scene, 2)->file.uid = le32_make(99);
	scene.lost = 1 << 2;
	repair(&scene);
	end(&scene);
}

static void striped(void **state)
{
	struct scene scene;

	(void)state;
	start(&scene);
	entry_of(&scene, 3)->file.path[1] ^= 1;
	scene.lost = 1 << 3;
	repair(&scene);
	end(&scene);
}

static void several(void **state)
{
	struct scene scene;

	(void)state;
	start(&scene);
	entry_of(&scene, 1)->crc = le64_make(1);
	entry_of(&scene, 3)->crc = le64_make(1);
	entry_of(&scene, 4)->mkdir.mode = le32_make(0140700 + 4);
	entry_seal(entry_of(&scene, 4));
	header_of(&scene)->crc = le64_make(0);
	scene.lost = 1 << 1 | 1 << 3 | 1 << 4;
	repair(&scene);
	end(&scene);
}

static void modes(void **state)
{
	struct scene scene;

	(void)state;
	start(&scene);
	entry_of(&scene, 2)->file.mode = le32_make(0100600 + 2);
	entry_seal(entry_of(&scene, 2));
	scene.lost = 1 << 2;
	repair(&scene);
	end(&scene);
}

static void header(void **state)
{
	struct scene scene;

	(void)state;
	start(&scene);
	memset(header_of(&scene), 0x55, 32);
	repair(&scene);
	end(&scene);
}

static void counters(void **state)
{
	struct scene scene;

	(void)state;
	start(&scene);
	header_of(&scene)->next_index = le64_make(UINT64_C(1) << 40);
	repair(&scene);
	end(&scene);
	start(&scene);
	header_of(&scene)->next_seqnum = le64_make(77);
	repair(&scene);
	end(&scene);
}

static void capacity(void **state)
{
	struct scene scene;
	struct omf_super *super;

	(void)state;
	start(&scene);
	super = (struct omf_super *)(void *)scene.mem->base;
	super->device_size = le64_make(GIB / 2);
	repair(&scene);
	end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("a torn tail is removed, through any power cut", torn_tail),
		TEST("a damaged entry in the middle is retired, through any power cut",
		     in_the_middle),
		TEST("a damaged interleaved entry is retired, through any power cut", striped),
		TEST("several kinds of damage are repaired in one run", several),
		TEST("a mode is repaired, through any power cut", modes),
		TEST("a log header is rewritten, through any power cut", header),
		TEST("wrong counters are repaired, through any power cut", counters),
		TEST("a recorded size is repaired, through any power cut", capacity),
	};

	return run_group(tests);
}
