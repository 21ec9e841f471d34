/* SPDX-License-Identifier: Apache-2.0 */
/* An image whose host crashes: what remains of appends, and which data is safe when a call returns.
 */
#include "pagecache.h"

#include "fs/volume.h"

#include <errno.h>
#include <string.h>

static const struct plan_entry entries[] = {
	{ .path = "d" },
	{ .path = "d/a", .size = 5000 },
	/* From here on, nothing has waited for the disk. */
	{ .path = "d/b", .size = 7000 },
	{ .path = "e" },
	{ .path = "unfilled", .size = 100, .unfilled = true },
};

#define SAFE 2

static const struct plan plan = { entries, ARRAY_SIZE(entries) };

struct scene {
	struct memory *mem;
	struct powercut *cut;
	struct rng rng;
	uint64_t damaged, lost, whole;
	const char *fault;
};

static void start(struct scene *scene)
{
	struct famfs_volume *vol;
	struct famfs_error err;

	memset(scene, 0, sizeof(*scene));
	scene->rng.state = 4711;
	scene->mem = memory_new(34 * MIB);
	memory_format(scene->mem);
	plug_memory(scene->mem);
	assert_ok(open_plugged(true, &vol, &err), &err);
	for (size_t i = 0; i < SAFE; i++)
		assert_ok(plan_add(vol, &plan, i, &err), &err);
	famfs_close(vol);
	scene->cut = powercut_new(scene->mem);
	pagecache_start(scene->cut, scene->mem);
	plug_image();
}

static void end(struct scene *scene)
{
	pagecache_stop();
	powercut_free(scene->cut);
	memory_free(scene->mem);
	plug(NULL, NULL);
	be_master();
}

static bool yes(void *arg, const struct famfs_problem *problem)
{
	(void)arg, (void)problem;
	return true;
}

static const char *safe_fault(uint64_t *entries_seen)
{
	struct famfs_volume *vol;
	struct famfs_info info;
	const char *fault = NULL;

	if (open_plugged(false, &vol, NULL) < 0)
		return "it cannot be opened";
	famfs_info(vol, &info);
	*entries_seen = info.log_entries;
	for (size_t i = 0; i < SAFE && !fault; i++)
		fault = plan_entry_fault(vol, &plan, i);
	famfs_close(vol);
	return fault;
}

/* Older files are complete before a repair and after it, and files can be added again. */
static const char *crash_fault(struct scene *scene)
{
	const struct famfs_target target = memory_target();
	const struct famfs_fsck_params repair = { .repair = true, .confirm = yes };
	struct famfs_fsck_result result;
	struct famfs_volume *vol;
	uint64_t seen = 0;
	const char *fault = safe_fault(&seen);

	if (!fault && famfs_fsck(&target, &repair, &result, NULL) < 0)
		fault = "it cannot be repaired";
	if (fault)
		return fault;
	scene->damaged += result.problems > 0;
	scene->lost += seen < plan.count;
	scene->whole += seen == plan.count && !result.problems;
	fault = safe_fault(&seen);
	if (!fault && open_plugged(true, &vol, NULL) < 0)
		fault = "it cannot be opened after a repair";
	if (fault)
		return fault;
	if (add_dir(vol, "later", NULL) < 0)
		fault = "nothing can be added after a repair";
	famfs_close(vol);
	return fault;
}

static bool check(void *arg, struct memory *left)
{
	struct scene *scene = arg;

	plug_memory(left);
	scene->fault = crash_fault(scene);
	plug_image();
	return !scene->fault;
}

static void appends(void **state)
{
	struct famfs_volume *vol;
	struct famfs_error err;
	struct scene scene;

	(void)state;
	start(&scene);
	assert_ok(open_plugged(true, &vol, &err), &err);
	for (size_t i = SAFE; i < plan.count; i++) {
		assert_ok(plan_add(vol, &plan, i, &err), &err);
		assert_true(powercut_explore(scene.cut, &scene.rng, 600, check, &scene) > 20);
		if (scene.fault)
			fail_msg("%s", scene.fault);
	}
	famfs_close(vol);
	/* An append does not wait for the disk, and the test saw the consequence. */
	assert_true(powercut_pending(scene.cut) > 0);
	assert_true(scene.damaged && scene.lost && scene.whole);
	end(&scene);
}

/* The number of lines that a crash could lose after the call. */
typedef void (*action)(void);

static void take(void)
{
	const struct famfs_takeover_params params = { .dry_run = false };
	struct famfs_error err;

	be_client();
	assert_ok(famfs_takeover(IMAGE, &params, NULL, &err), &err);
}

static void repair_size(void)
{
	const struct famfs_target target = image_target();
	const struct famfs_fsck_params params = { .repair = true };
	struct famfs_fsck_result result;
	struct famfs_error err;

	assert_ok(famfs_fsck(&target, &params, &result, &err), &err);
	assert_true(result.repaired == 1);
}

static void format(void)
{
	const struct famfs_mkfs_params params = { .force = true };
	struct famfs_error err;

	assert_ok(famfs_mkfs(IMAGE, &params, NULL, &err), &err);
}

static void erase(void)
{
	const struct famfs_mkfs_params params = { .force = true, .erase = true };
	struct famfs_error err;

	assert_ok(famfs_mkfs(IMAGE, &params, NULL, &err), &err);
}

static size_t pending_after(action act, int skipped)
{
	const le64 none = le64_make(1);
	struct scene scene;
	size_t pending;

	start(&scene);
	/* Makes damage that needs a repair, through the page cache and on the disk. */
	image_put(offsetof(struct omf_super, device_size), &none, sizeof(none));
	powercut_settle(scene.cut);
	pagecache_skip_barrier(skipped);
	act();
	pending = powercut_pending(scene.cut);
	end(&scene);
	return pending;
}

static void safe_on_return(void **state)
{
	static const struct {
		action act;
		int barriers;
	} actions[] = { { take, 1 }, { repair_size, 1 }, { format, 3 }, { erase, 2 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		assert_int_equal(pending_after(actions[i].act, -1), 0);
		/* Without its last barrier, the data would not be safe. */
		assert_true(pending_after(actions[i].act, actions[i].barriers - 1) > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("a crash after appends to an image leaves older files whole, and can be "
		     "repaired",
		     appends),
		TEST("the changes of takeover, repair and mkfs to an image are on disk when they "
		     "return",
		     safe_on_return),
	};

	return run_group(tests);
}
