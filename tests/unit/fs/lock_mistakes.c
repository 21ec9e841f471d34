/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three processes of one host on one file system: two append as its master, and one takes it over
 * in the name of another master and appends, too. The append lock keeps them apart: an append that
 * was reported as done is there, and after the takeover the old master adds nothing. Each mistake
 * in the locks breaks one of these promises, which shows that they depend on the lock.
 */
#include "actors.h"
#include "twoview.h"

#include <errno.h>
#include <string.h>

#define PROCESSES 3
#define APPENDS   6
#define SEEDS     20

struct side;

struct process {
	struct side *side;
	unsigned number;
	unsigned done; /* appends that returned 0: the first of the plan */
};

struct side {
	struct memory *mem;
	struct host *host;
	struct actors *actors;
	struct process processes[PROCESSES];
	bool taken; /* the takeover has returned */
	struct first_fault fault;
};

static void as_master(void *arg)
{
	const struct process *process = arg;

	be_master();
	plug_host(process->side->host);
}

static void as_new_master(void *arg)
{
	const struct process *process = arg;

	be_client();
	plug_host(process->side->host);
}

static void path_of(char path[16], const struct process *process, unsigned i)
{
	snprintf(path, 16, "p%u-%u", process->number, i);
}

static uint32_t seed_of(const struct process *process, unsigned i)
{
	return 100 * process->number + i;
}

/* Directories, files that are reserved and filled first, and files that are placed and published
 * under one lock. */
static int add(const struct process *process, struct famfs_volume *vol, unsigned i,
	       struct famfs_error *err)
{
	char path[16];

	path_of(path, process, i);
	if (i % 3 == 0)
		return add_dir(vol, path, err);
	return i % 3 == 1 ? add_file(vol, path, 900, seed_of(process, i), err)
			  : add_unfilled(vol, path, AU, err);
}

/* Until all are added, or another host is the master. */
static void append(struct process *process, struct famfs_volume *vol)
{
	struct side *side = process->side;
	struct famfs_error err;

	for (unsigned i = 0; i < APPENDS && !side->fault.text[0]; i++) {
		bool late = process->number > 0 && side->taken;
		int ret = add(process, vol, i, &err);

		if (ret == 0 && late)
			blame(&side->fault, "process %u appended after the takeover",
			      process->number);
		if (ret == 0)
			process->done++;
		else if (ret == -EROFS && process->number > 0)
			return;
		else
			blame(&side->fault, "process %u: %s", process->number, err.message);
	}
}

static void old_master(void *arg)
{
	struct process *process = arg;
	struct famfs_volume *vol;
	struct famfs_error err;

	if (open_plugged(true, &vol, &err) < 0) {
		blame(&process->side->fault, "process %u: %s", process->number, err.message);
		return;
	}
	append(process, vol);
	famfs_close(vol);
}

/* Starts only after the others have begun, so that they are in the middle of an append. */
static void new_master(void *arg)
{
	const struct famfs_takeover_params params = { .dry_run = false };
	struct process *process = arg;
	struct side *side = process->side;
	struct famfs_volume *vol;
	struct famfs_error err;

	while (side->processes[1].done < 2 && actors_others(side->actors) && !side->fault.text[0])
		actors_sleep(side->actors);
	if (famfs_takeover(MEMORY_NAME, &params, NULL, &err) < 0) {
		blame(&side->fault, "takeover: %s", err.message);
		return;
	}
	side->taken = true;
	if (open_plugged(true, &vol, &err) < 0) {
		blame(&side->fault, "after the takeover: %s", err.message);
		return;
	}
	append(process, vol);
	famfs_close(vol);
}

static void start(struct side *side, uint64_t seed, enum lock_mistake mistake)
{
	memset(side, 0, sizeof(*side));
	side->mem = memory_new(64 * MIB);
	memory_format(side->mem);
	memory_litter(side->mem);
	side->host = host_new(side->mem, seed);
	side->actors = actors_new(seed + 1000, (unsigned[]){ 3, 20, 100 }[seed % 3]);
	host_hook(side->host, actors_turn, side->actors);
	host_hook_inside(side->host, actors_turn, side->actors);
	locks_mistake(host_locks(side->host), mistake);
	locks_on_wait(actors_sleep, side->actors);
	on_sleep(actors_sleep, side->actors);
	for (unsigned i = 0; i < PROCESSES; i++) {
		side->processes[i] = (struct process){ .side = side, .number = i };
		actors_add(side->actors, i ? old_master : new_master, i ? as_master : as_new_master,
			   &side->processes[i]);
	}
}

static void end(struct side *side)
{
	on_sleep(NULL, NULL);
	locks_on_wait(NULL, NULL);
	actors_free(side->actors);
	host_free(side->host);
	memory_free(side->mem);
	plug(NULL, NULL);
	be_master();
}

static void report(void *arg, const struct famfs_problem *problem)
{
	struct side *side = arg;

	blame(&side->fault, "check: entry %d: %s: %s", (int)problem->entry,
	      famfs_fault_name(problem->fault), problem->message);
}

static void judge_process(const struct process *process, struct famfs_volume *vol)
{
	for (unsigned i = 0; i < process->done; i++) {
		const char *fault = NULL;
		struct famfs_stat st;
		char path[16];

		path_of(path, process, i);
		if (famfs_stat(vol, path, &st, NULL) < 0)
			fault = "is not there";
		else if (i % 3 == 1)
			fault = file_fault(vol, path, 900, seed_of(process, i));
		if (fault)
			blame(&process->side->fault, "'%s' %s", path, fault);
	}
}

/* The log in memory, as every host sees it. */
static void judge(struct side *side)
{
	const struct famfs_target target = memory_target();
	struct famfs_fsck_params params = { .report = report, .arg = side };
	struct famfs_fsck_result result;
	struct famfs_volume *vol;
	struct famfs_error err;
	struct famfs_info info;
	unsigned done = 0;

	plug_memory(side->mem);
	be_client();
	if (famfs_fsck(&target, &params, &result, &err) < 0)
		blame(&side->fault, "check: %s", err.message);
	if (open_plugged(false, &vol, &err) < 0) {
		blame(&side->fault, "it cannot be opened: %s", err.message);
		return;
	}
	for (unsigned i = 0; i < PROCESSES; i++) {
		judge_process(&side->processes[i], vol);
		done += side->processes[i].done;
	}
	famfs_info(vol, &info);
	if (info.log_entries != done)
		blame(&side->fault, "%u appends, %d entries", done, (int)info.log_entries);
	famfs_close(vol);
}

/* Total number of appends that the old master's two processes were denied. */
static unsigned run(struct side *side)
{
	actors_run(side->actors);
	judge(side);
	return 2 * APPENDS - side->processes[1].done - side->processes[2].done;
}

static void side_by_side(void **state)
{
	unsigned denied = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct side side;

		start(&side, seed, LOCKS_WORK);
		denied += run(&side);
		if (side.fault.text[0])
			fail_msg("seed %d: %s", (int)seed, side.fault.text);
		assert_int_equal(side.processes[0].done, APPENDS);
		end(&side);
	}
	assert_true(denied > SEEDS);
}

static void notice(enum lock_mistake mistake)
{
	unsigned noticed = 0;

	for (uint64_t seed = 1; seed <= SEEDS && !noticed; seed++) {
		struct side side;

		start(&side, seed, mistake);
		(void)run(&side);
		noticed += side.fault.text[0] != '\0';
		if (noticed)
			note("seed %d: %s\n", (int)seed, side.fault.text);
		end(&side);
	}
	assert_true(noticed);
}

static void ignored(void **state)
{
	(void)state;
	notice(LOCKS_IGNORED);
}

static void late(void **state)
{
	(void)state;
	notice(LOCKED_LATE);
}

static void early(void **state)
{
	(void)state;
	notice(UNLOCKED_EARLY);
}

static void checked_too_late(void **state)
{
	(void)state;
	notice(CHECKED_TOO_LATE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("concurrent appends are all kept, also around a takeover", side_by_side),
		TEST("locks that exclude no process are noticed", ignored),
		TEST("an append lock that is taken after the checks is noticed", late),
		TEST("an append lock that is dropped before the store is noticed", early),
		TEST("a superblock that is checked after the store is noticed", checked_too_late),
	};

	return run_group(tests);
}
