/* SPDX-License-Identifier: Apache-2.0 */
#include "scene.h"

#include "fs/volume.h"

#include <string.h>

static void leave_rubbish(struct memory *mem)
{
	fill_bytes(mem->base + omf_entry_offset(0), 40 * sizeof(struct omf_entry), 99);
}

static void leave_entries(struct memory *mem)
{
	struct famfs_volume *vol;
	struct famfs_error err;
	le64 none[2] = { le64_make(0), le64_make(0) };

	plug_memory(mem);
	assert_ok(open_plugged(true, &vol, &err), &err);
	for (int i = 0; i < 40; i++) {
		char path[16];

		snprintf(path, sizeof(path), "old-%d", i);
		assert_ok(i % 4 ? add_dir(vol, path, &err) : add_unfilled(vol, path, 99, &err),
			  &err);
	}
	famfs_close(vol);
	/* Only the first entry stays sound: another sound one, even a new one, would look like an
	 * index that went back. */
	for (uint64_t i = 1; i < 40; i++)
		mem->base[omf_entry_offset(i)] ^= 1;
	memcpy(mem->base + OMF_LOG_OFFSET + offsetof(struct omf_log_header, next_seqnum), none,
	       sizeof(none));
}

void scene_start(struct scene *scene, uint64_t size, const struct plan *plan,
		 enum leftover leftover)
{
	memset(scene, 0, sizeof(*scene));
	scene->mem = memory_new(size);
	scene->plan = plan;
	scene->rng.state = 4711;
	scene->limit = 600;
	memory_format(scene->mem);
	if (leftover == LEFT_RUBBISH)
		leave_rubbish(scene->mem);
	if (leftover == LEFT_ENTRIES)
		leave_entries(scene->mem);
	memory_litter(scene->mem);
	scene->cut = powercut_new(scene->mem);
}

void scene_end(struct scene *scene)
{
	powercut_free(scene->cut);
	memory_free(scene->mem);
	plug(NULL, NULL);
}

static const char *check_clean(void)
{
	const struct famfs_target target = memory_target();
	const struct famfs_fsck_params params = { .repair = false };
	struct famfs_fsck_result result;

	if (famfs_fsck(&target, &params, &result, NULL) < 0)
		return "it cannot be checked";
	return result.problems ? "the check finds a problem" : NULL;
}

/* One more entry can be added, and all are there when the volume is opened again. */
static const char *go_on(struct famfs_volume *vol, const struct plan *plan)
{
	struct famfs_volume *again;
	struct famfs_stat st;
	struct famfs_info info;
	const char *fault;

	famfs_info(vol, &info);
	if (add_dir(vol, "next", NULL) < 0)
		return "nothing can be added";
	if (open_plugged(false, &again, NULL) < 0)
		return "it cannot be opened after an append";
	fault = famfs_stat(again, "next", &st, NULL) < 0 || st.entry != info.log_entries
			? "what was added is not there"
			: NULL;
	famfs_info(again, &info);
	if (info.bad_entries)
		fault = "a damaged entry is seen after an append";
	for (size_t i = 0; !fault && i + 1 < info.log_entries; i++)
		if (famfs_stat(again, plan->entries[i].path, &st, NULL) < 0)
			fault = "an entry is lost by an append";
	famfs_close(again);
	return fault ? fault : check_clean();
}

static const char *fault_of(struct scene *scene, const struct memory *left)
{
	struct famfs_volume *vol;
	struct famfs_info info;
	const char *fault;

	if (open_plugged(true, &vol, NULL) < 0)
		return "it cannot be opened";
	famfs_info(vol, &info);
	if (info.log_entries < scene->least)
		fault = "an entry is lost";
	else if (info.log_entries > scene->most)
		fault = "an entry is there too early";
	else
		fault = plan_fault(vol, scene->plan);
	/* The other checks take longer, and depend on fewer states. */
	if (!fault && rng_below(&scene->rng, 8) == 0)
		fault = plan_slack_fault(vol, scene->plan, left);
	if (!fault && rng_below(&scene->rng, 8) == 0)
		fault = go_on(vol, scene->plan);
	famfs_close(vol);
	return fault;
}

static bool check(void *arg, struct memory *left)
{
	struct scene *scene = arg;

	plug_memory(left);
	scene->fault = fault_of(scene, left);
	plug_powercut(scene->cut);
	return !scene->fault;
}

static void explore(void *arg)
{
	struct scene *scene = arg;

	if (!scene->fault)
		scene->tried +=
			powercut_explore(scene->cut, &scene->rng, scene->limit, check, scene);
}

void scene_run(struct scene *scene)
{
	struct famfs_volume *vol;
	struct famfs_error err;

	plug_powercut(scene->cut);
	powercut_hook(scene->cut, explore, scene);
	assert_ok(open_plugged(true, &vol, &err), &err);
	for (size_t i = 0; i < scene->plan->count && !scene->fault; i++) {
		scene->least = i;
		scene->most = i + 1;
		assert_ok(plan_add(vol, scene->plan, i, &err), &err);
		/* A caller that got success may rely on the result. */
		scene->least = i + 1;
		explore(scene);
	}
	powercut_hook(scene->cut, NULL, NULL);
	famfs_close(vol);
}
