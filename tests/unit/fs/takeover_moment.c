/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host is stopped inside an append, at each step of it, and another host takes the file system
 * over and publishes a file; or a host is stopped inside a takeover, and another host makes a new
 * file system. Then the first host goes on.
 *
 * No lock works between hosts. The other host is protected because the superblock is checked before
 * each store, so it is at risk only from the last check to the stores that depend on it. The test
 * finds these windows by recording the steps of an undisturbed host. Of a long action only some
 * steps are tried, but always those from the append lock to the first store after it, where the
 * check must not be missing.
 */
#include "twoview.h"

#include "fs/mkfs.h"
#include "fs/volume.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 2000
#define LOCKS_MAX 4
#define SEEDS     3
#define OWNER     offsetof(struct omf_super, system_uuid)

struct moment;

/* The action of the stopped host, and the action of another one meanwhile. */
struct scenario {
	int (*act)(struct moment *m, struct famfs_error *err);
	void (*intrude)(struct moment *m);
	void (*judge)(struct moment *m, int ret);
	uint64_t judged;        /* the offset on which a store depends */
	bool takes_over;        /* the stopped host is not the master yet */
	bool cut_off;           /* an earlier publish was interrupted */
	uint64_t stride;        /* one step in this many is tried; 0: all */
	uint64_t stride_locked; /* the same between the append lock and the first store */
	enum lock_mistake mistake;
};

struct moment {
	const struct scenario *scenario;
	struct memory *mem;
	struct host *first;
	struct host *second;
	struct famfs_volume *vol;    /* opened by the first host */
	struct famfs_volume *theirs; /* opened by the second host, once it is the master */
	struct famfs_info info;      /* famfs_info() from before the takeover */
	bool in_window;
	uint64_t at; /* the step at which the other host acts */
	uint64_t steps;
	uint64_t long_steps;
	struct host_access *trace; /* of each step */
	uint64_t borders[4];       /* steps between calls of the library */
	unsigned nborders;
	uint64_t locked[LOCKS_MAX]; /* the first steps with the append lock */
	unsigned nlocked;
	unsigned problems;
	char problem[200];
	struct first_fault fault;
};

static void become(struct moment *m, bool second)
{
	if (second != m->scenario->takes_over)
		be_client();
	else
		be_master();
	plug_host(second ? m->second : m->first);
}

/* Some words of an entry are steps, and a few lines of bulk data. */
static bool is_passed_over(struct moment *m, uint64_t length)
{
	if (length < sizeof(struct omf_entry))
		return false;
	return m->long_steps++ % (length > sizeof(struct omf_entry) ? 5000 : 8) != 0;
}

static void step(void *arg)
{
	struct moment *m = arg;

	if (is_passed_over(m, host_access(m->first)->length))
		return;
	if (m->trace && m->steps < STEPS_MAX)
		m->trace[m->steps] = *host_access(m->first);
	if (m->steps++ != m->at)
		return;
	become(m, true);
	m->scenario->intrude(m);
	become(m, false);
}

static void note_lock(void *arg)
{
	struct moment *m = arg;

	if (m->nlocked < LOCKS_MAX)
		m->locked[m->nlocked] = m->steps;
	m->nlocked++;
}

/* ---- actions that are stopped ---- */

static int make_directory(struct moment *m, struct famfs_error *err)
{
	return add_dir(m->vol, "mine", err);
}

static int make_unfilled(struct moment *m, struct famfs_error *err)
{
	return add_unfilled(m->vol, "mine", AU, err);
}

static void note_border(struct moment *m)
{
	m->borders[m->nborders++] = m->steps - 1;
}

static int make_file(struct moment *m, struct famfs_error *err)
{
	const struct famfs_create_params params = { .size = 300, .mode = 0644, .no_zero = true };
	struct famfs_file *file;
	unsigned char bytes[300];
	int ret = famfs_create(m->vol, "mine", &params, &file, err);

	if (ret < 0)
		return ret;
	note_border(m);
	fill_bytes(bytes, sizeof(bytes), 1);
	ret = famfs_file_write(file, 0, bytes, sizeof(bytes), err);
	note_border(m);
	if (ret == 0)
		return famfs_file_publish(file, err);
	famfs_file_close(file);
	return ret;
}

/* The master that the user was shown. */
static int take_over(struct moment *m, struct famfs_error *err)
{
	struct famfs_takeover_params params = { .dry_run = false };

	memcpy(params.uuid, m->info.uuid, sizeof(params.uuid));
	memcpy(params.master_uuid, m->info.system_uuid, sizeof(params.master_uuid));
	return famfs_takeover(MEMORY_NAME, &params, NULL, err);
}

/* ---- actions of the other host ---- */

static void take_over_and_publish(struct moment *m)
{
	struct famfs_error err;

	if (take_over(m, &err) < 0 || open_plugged(true, &m->theirs, &err) < 0 ||
	    add_file(m->theirs, "theirs", 3000, 7, &err) < 0)
		blame(&m->fault, "new master: %s", err.message);
}

/* Makes a new file system of the old master. */
static void format(struct moment *m)
{
	struct superblock sb = { .version = OMF_SUPER_VERSION,
				 .log_length = OMF_LOG_LENGTH_MIN,
				 .alloc_unit = AU,
				 .major = OMF_MAJOR,
				 .minor = OMF_MINOR,
				 .uuid = { 0xf1, 1, 2, 3 },
				 .dev_uuid = { 0xdf, 1, 2, 3 },
				 .recorded_size = m->mem->size };
	struct famfs_error err;
	struct device *dev;

	memcpy(sb.system_uuid, m->info.system_uuid, sizeof(sb.system_uuid));
	if (device_open(MEMORY_NAME, DEVICE_WRITE, &dev, &err) < 0) {
		blame(&m->fault, "mkfs: %s", err.message);
		return;
	}
	if (mkfs_write(dev, &sb) < 0)
		blame(&m->fault, "mkfs failed");
	device_close(dev);
}

/* ---- checks afterwards ---- */

static void report(void *arg, const struct famfs_problem *problem)
{
	struct moment *m = arg;

	if (m->problems++ == 0)
		snprintf(m->problem, sizeof(m->problem), "entry %d: %s: %s", (int)problem->entry,
			 famfs_fault_name(problem->fault), problem->message);
	/* Entries that were published before are never at risk. */
	if (problem->entry != FAMFS_NO_ENTRY && problem->entry < m->info.log_entries)
		blame(&m->fault, "%s", m->problem);
}

static int check(struct moment *m, struct famfs_error *err)
{
	const struct famfs_target target = memory_target();
	struct famfs_fsck_params params = { .report = report, .arg = m };
	struct famfs_fsck_result result;

	return famfs_fsck(&target, &params, &result, err);
}

static void judge_files(struct moment *m, struct famfs_volume *vol, int ret)
{
	const char *theirs = file_fault(vol, "theirs", 3000, 7);
	struct famfs_info info;
	struct famfs_stat st;

	famfs_info(vol, &info);
	if (file_fault(vol, "old", 5000, 3))
		blame(&m->fault, "the old file %s", file_fault(vol, "old", 5000, 3));
	if (m->in_window)
		return;
	if (theirs)
		blame(&m->fault, "the new master's file %s", theirs);
	if ((famfs_stat(vol, "mine", &st, NULL) == 0) != (ret == 0))
		blame(&m->fault, "the old master's append returned %d", ret);
	if (info.log_entries != m->info.log_entries + 2 + (ret == 0))
		blame(&m->fault, "there are %d entries", (int)info.log_entries);
}

/* Both hosts go on: the old master is told that it is no longer the master. */
static void go_on(struct moment *m, int ret)
{
	struct famfs_error err;
	int next = add_dir(m->vol, "next", &err);

	if (next != -EROFS)
		blame(&m->fault, "the old master's next append returned %d", next);
	if (ret != 0 && ret != -EROFS)
		blame(&m->fault, "the old master's append returned %d", ret);
	become(m, true);
	next = add_dir(m->theirs, "more", &err);
	if (next != 0 && !(m->in_window && next == -EUCLEAN))
		blame(&m->fault, "the new master's next append: %s", err.message);
}

static void judge_taken(struct moment *m, int ret)
{
	struct famfs_volume *vol;
	struct famfs_error err;

	if (m->fault.text[0])
		return;
	go_on(m, ret);
	plug_memory(m->mem);
	if (check(m, &err) < 0 || open_plugged(false, &vol, &err) < 0) {
		blame(&m->fault, "it cannot be used: %s", err.message);
		return;
	}
	if (m->problems && !m->in_window)
		blame(&m->fault, "%s", m->problem);
	judge_files(m, vol, ret);
	famfs_close(vol);
}

/* A new file system is complete, or the host that damaged it reports that. */
static void judge_formatted(struct moment *m, int ret)
{
	struct famfs_volume *vol = NULL;
	struct famfs_error err;
	struct famfs_info info;
	bool whole = false;

	be_client();
	plug_memory(m->mem);
	m->info.log_entries = 0;
	if (check(m, &err) == 0 && open_plugged(false, &vol, &err) == 0) {
		famfs_info(vol, &info);
		whole = !m->problems && info.log_entries == 0 &&
			memcmp(info.uuid, m->info.uuid, sizeof(info.uuid)) != 0 &&
			vol->role == FAMFS_ROLE_CLIENT;
		famfs_close(vol);
	}
	if (!whole && !m->in_window)
		blame(&m->fault, "the new file system is damaged (%s), and the result is %d",
		      m->problem, ret);
	if (!whole && m->scenario->takes_over && ret != -ESTALE)
		blame(&m->fault, "the takeover that damaged a file system returned %d", ret);
	if (ret != 0 && ret != -ESTALE && !(m->in_window && ret == -EUCLEAN))
		blame(&m->fault, "the result is %d", ret);
}

/* ---- moments ---- */

/* An interrupted publish: the next sequence number is ahead. */
static void cut_off(struct memory *mem, uint64_t next)
{
	const le64 ahead = le64_make(next + 1);

	memcpy(mem->base + OMF_LOG_OFFSET + offsetof(struct omf_log_header, next_seqnum), &ahead,
	       sizeof(ahead));
}

static void start(struct moment *m, const struct scenario *scenario, uint64_t seed)
{
	struct famfs_error err;

	memset(m, 0, sizeof(*m));
	m->scenario = scenario;
	m->mem = memory_new(34 * MIB);
	memory_format(m->mem);
	plug_memory(m->mem);
	assert_ok(open_plugged(true, &m->vol, &err), &err);
	assert_ok(add_file(m->vol, "old", 5000, 3, &err), &err);
	famfs_info(m->vol, &m->info);
	famfs_close(m->vol);
	if (scenario->cut_off)
		cut_off(m->mem, m->info.log_entries);
	m->first = host_new(m->mem, seed);
	m->second = host_new(m->mem, seed + 1000);
	become(m, false);
	assert_ok(open_plugged(!scenario->takes_over, &m->vol, &err), &err);
	locks_mistake(host_locks(m->first), scenario->mistake);
}

static int run(struct moment *m, uint64_t at, struct famfs_error *err)
{
	int ret;

	m->at = at;
	host_hook(m->first, step, m);
	host_hook_inside(m->first, step, m);
	locks_hook(host_locks(m->first), note_lock, m);
	ret = m->scenario->act(m, err);
	locks_hook(host_locks(m->first), NULL, NULL);
	host_hook(m->first, NULL, NULL);
	host_hook_inside(m->first, NULL, NULL);
	return ret;
}

static void end(struct moment *m)
{
	famfs_close(m->theirs);
	famfs_close(m->vol);
	host_free(m->second);
	host_free(m->first);
	memory_free(m->mem);
	plug(NULL, NULL);
	be_master();
}

/* Whether a store after this step depends on a check before it. */
static bool is_in_window(const struct moment *recorded, uint64_t at)
{
	const uint64_t judged = recorded->scenario->judged;

	for (uint64_t i = at + 1; i < recorded->steps; i++) {
		const struct host_access *access = &recorded->trace[i];

		if (access->kind == HOST_READ && access->offset <= judged &&
		    judged < access->offset + access->length &&
		    access->number != recorded->trace[at].number)
			return false;
		if (access->kind == HOST_WRITE || access->kind == HOST_FLUSH ||
		    access->kind == HOST_FENCE)
			return true;
	}
	return false;
}

/* Whether the append lock is held at this step, and nothing was stored since it was taken. */
static bool is_before_store(const struct moment *recorded, uint64_t at)
{
	for (unsigned i = recorded->nlocked; i-- > 0;) {
		uint64_t step = recorded->locked[i];

		if (step > at)
			continue;
		while (step <= at && recorded->trace[step].kind != HOST_WRITE)
			step++;
		return step > at;
	}
	return false;
}

static void record(struct moment *recorded, const struct scenario *scenario, uint64_t seed)
{
	struct famfs_error err;

	start(recorded, scenario, seed);
	recorded->trace = calloc(STEPS_MAX, sizeof(*recorded->trace));
	assert_non_null(recorded->trace);
	assert_ok(run(recorded, UINT64_MAX, &err), &err);
	assert_true(recorded->steps < STEPS_MAX);
	assert_in_range(recorded->nlocked, 1, LOCKS_MAX);
	end(recorded);
	/* A later call does not rely on the checks of an earlier one. */
	for (unsigned i = 0; i < recorded->nborders; i++)
		assert_false(is_in_window(recorded, recorded->borders[i]));
}

/* Whether the action goes wrong when the other host acts at this step. */
static bool try(const struct scenario *scenario, uint64_t seed, uint64_t at, bool in_window,
		struct first_fault *fault)
{
	struct famfs_error err;
	struct moment m;
	int ret;

	start(&m, scenario, seed);
	m.in_window = in_window;
	ret = run(&m, at, &err);
	scenario->judge(&m, ret);
	if (m.fault.text[0])
		blame(fault, "seed %d, step %d: %.350s", (int)seed, (int)at, m.fault.text);
	end(&m);
	return fault->text[0] != '\0';
}

struct explored {
	unsigned locked; /* steps that were tried: before the first store under the lock */
	unsigned inside; /* in a window */
	unsigned tried;
	uint64_t wrong_at;
	bool wrong_in_window;
};

static bool is_chosen(uint64_t at, uint64_t stride, uint64_t seed)
{
	return stride == 0 || at % stride == seed % stride;
}

/* Tries steps until one goes wrong. */
static bool explore(const struct scenario *scenario, uint64_t seed, struct explored *explored,
		    struct first_fault *fault)
{
	struct moment recorded;
	bool wrong = false;

	memset(explored, 0, sizeof(*explored));
	fault->text[0] = '\0';
	record(&recorded, scenario, seed);
	for (uint64_t at = 0; at < recorded.steps && !wrong; at++) {
		bool before_store = is_before_store(&recorded, at);
		bool in_window = is_in_window(&recorded, at);

		if (!is_chosen(at, before_store ? scenario->stride_locked : scenario->stride, seed))
			continue;
		explored->locked += before_store;
		explored->inside += in_window;
		explored->tried++;
		explored->wrong_at = at;
		explored->wrong_in_window = in_window;
		wrong = try(scenario, seed, at, in_window, fault);
	}
	note("seed %d: %u of %d steps tried, %u between lock and store, %u in a window\n",
	     (int)seed, explored->tried, (int)recorded.steps, explored->locked, explored->inside);
	free(recorded.trace);
	return wrong;
}

static void assert_safe(const struct scenario *scenario)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct explored explored;
		struct first_fault fault;

		if (explore(scenario, seed, &explored, &fault))
			fail_msg("%s", fault.text);
		assert_true(explored.locked > 0);
		assert_true(explored.inside > 0 && explored.inside < explored.tried);
	}
}

/* The mistake is noticed, and without it nothing goes wrong at the same step. */
static void assert_noticed(const struct scenario *scenario, enum lock_mistake mistake)
{
	struct scenario s = *scenario;
	struct explored explored;
	struct first_fault fault;
	uint64_t seed = 1;

	s.mistake = mistake;
	while (seed <= SEEDS && !explore(&s, seed, &explored, &fault))
		seed++;
	assert_in_range(seed, 1, SEEDS);
	note("%s\n", fault.text);
	s.mistake = LOCKS_WORK;
	fault.text[0] = '\0';
	if (try(&s, seed, explored.wrong_at, explored.wrong_in_window, &fault))
		fail_msg("without the mistake: %s", fault.text);
}

static void during_append(void **state)
{
	struct scenario s = { .intrude = take_over_and_publish,
			      .judge = judge_taken,
			      .judged = OWNER };

	(void)state;
	s.act = make_directory;
	assert_safe(&s);
	s.act = make_file;
	s.stride = SEEDS;
	assert_safe(&s);
	s.stride = 0;
	s.act = make_unfilled;
	s.cut_off = true;
	assert_safe(&s);
}

/* Each step makes a file system, which zeroes 10 MiB; so the seeds share the steps. */
static const struct scenario formatting = { .act = take_over,
					    .intrude = format,
					    .judge = judge_formatted,
					    .takes_over = true,
					    .stride = 20 * SEEDS,
					    .stride_locked = SEEDS };

static void format_during_takeover(void **state)
{
	(void)state;
	assert_safe(&formatting);
}

static void notice(void **state)
{
	const struct scenario appending = { .act = make_directory,
					    .intrude = take_over_and_publish,
					    .judge = judge_taken,
					    .judged = OWNER };

	(void)state;
	assert_noticed(&appending, CHECKED_TOO_LATE);
	assert_noticed(&formatting, CHECKED_TOO_LATE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("a takeover during an append endangers only the bytes that are being stored",
		     during_append),
		TEST("a takeover that damages a new file system reports it",
		     format_during_takeover),
		TEST("a superblock that is checked after the store is noticed", notice),
	};

	return run_group(tests);
}
