/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log that grows while other processes read it: a dry run, a check, and a client, each at any
 * point of the writer's work. None of them may take growth for damage.
 */
#include "actors.h"
#include "twoview.h"

#include "fs/volume.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES 12

struct busy {
	struct memory *mem;
	struct host *master;
	struct host *client;
	struct actors *actors;
	bool written;
	unsigned looks;
	struct first_fault fault;
};

static void as_master(void *arg)
{
	const struct busy *busy = arg;

	be_master();
	plug_host(busy->master);
}

static void as_client(void *arg)
{
	const struct busy *busy = arg;

	be_client();
	plug_host(busy->client);
}

static void path_of(char path[16], unsigned i)
{
	snprintf(path, 16, i % 3 ? "d0/e%u" : "d%u", i % 3 ? i : i / 3);
}

static void write_log(void *arg)
{
	struct busy *busy = arg;
	struct famfs_volume *vol;
	struct famfs_error err;
	char path[16];

	if (open_plugged(true, &vol, &err) < 0) {
		blame(&busy->fault, "writer: %s", err.message);
		return;
	}
	for (unsigned i = 0; i < ENTRIES && !busy->fault.text[0]; i++) {
		path_of(path, i);
		if ((i % 3 == 2 ? add_unfilled(vol, path, AU, &err) : add_dir(vol, path, &err)) < 0)
			blame(&busy->fault, "writer: %s", err.message);
	}
	famfs_close(vol);
	busy->written = true;
}

static void try_dry(void *arg)
{
	const struct famfs_volume_params params = { .write = true, .dry_run = true };
	const struct famfs_target target = memory_target();
	struct busy *busy = arg;
	struct famfs_volume *vol;
	struct famfs_error err;

	do {
		if (famfs_open(&target, &params, &vol, &err) < 0) {
			blame(&busy->fault, "dry run: %s", err.message);
			return;
		}
		actors_turn(busy->actors);
		if (add_dir(vol, "dry", &err) < 0 || add_dir(vol, "dry/run", &err) < 0)
			blame(&busy->fault, "dry run: %s", err.message);
		famfs_close(vol);
		busy->looks++;
	} while (!busy->written && !busy->fault.text[0]);
}

static void report(void *arg, const struct famfs_problem *problem)
{
	struct busy *busy = arg;

	blame(&busy->fault, "check: entry %d: %s: %s", (int)problem->entry,
	      famfs_fault_name(problem->fault), problem->message);
}

static void check(void *arg)
{
	const struct famfs_target target = memory_target();
	struct busy *busy = arg;
	struct famfs_fsck_params params = { .report = report, .arg = busy };
	struct famfs_fsck_result result;
	struct famfs_error err;

	do {
		if (famfs_fsck(&target, &params, &result, &err) < 0)
			blame(&busy->fault, "check: %s", err.message);
		busy->looks++;
	} while (!busy->written && !busy->fault.text[0]);
}

static void view(void *arg)
{
	struct busy *busy = arg;
	struct famfs_volume *vol;
	struct famfs_error err;
	struct famfs_info info;
	uint64_t seen = 0;

	if (open_plugged(false, &vol, &err) < 0) {
		blame(&busy->fault, "client: %s", err.message);
		return;
	}
	do {
		if (famfs_catch_up(vol, &err) < 0)
			blame(&busy->fault, "client: %s", err.message);
		famfs_info(vol, &info);
		if (info.bad_entries || info.log_entries < seen)
			blame(&busy->fault, "client: %d bad entries, %d after %d",
			      (int)info.bad_entries, (int)info.log_entries, (int)seen);
		seen = info.log_entries;
		busy->looks++;
		actors_turn(busy->actors);
	} while (!busy->written && !busy->fault.text[0]);
	famfs_close(vol);
}

/* Lines that are due arrive when their host does its next operation. */
static void let_arrive(struct busy *busy)
{
	struct famfs_volume *vol;

	as_master(busy);
	if (open_plugged(false, &vol, NULL) == 0)
		famfs_close(vol);
	as_client(busy);
}

/* Follows a log whose lines arrive late. Entries that are torn meanwhile heal. */
static void view_late(void *arg)
{
	const struct timespec pause = { 0, 1000000 };
	struct busy *busy = arg;
	struct famfs_volume *vol, *fresh;
	struct famfs_info info, want;
	struct famfs_error err;

	if (open_plugged(false, &vol, &err) < 0) {
		blame(&busy->fault, "client: %s", err.message);
		return;
	}
	do {
		if (famfs_catch_up(vol, &err) < 0)
			blame(&busy->fault, "client: %s", err.message);
		busy->looks++;
		actors_turn(busy->actors);
	} while (!busy->written && !busy->fault.text[0]);
	/* All lines have arrived long before this ends. */
	for (int i = 0; i < 1000; i++) {
		let_arrive(busy);
		if (famfs_catch_up(vol, &err) < 0)
			blame(&busy->fault, "client, at the end: %s", err.message);
		famfs_info(vol, &info);
		if (info.bad_entries == 0 && info.log_entries == ENTRIES)
			break;
		nanosleep(&pause, NULL);
	}
	if (open_plugged(false, &fresh, &err) < 0) {
		blame(&busy->fault, "client: %s", err.message);
	} else {
		famfs_info(fresh, &want);
		famfs_close(fresh);
		if (info.bad_entries || info.log_entries != want.log_entries ||
		    info.files != want.files || info.directories != want.directories)
			blame(&busy->fault, "client: %d bad entries, %d of %d entries",
			      (int)info.bad_entries, (int)info.log_entries, (int)want.log_entries);
	}
	famfs_close(vol);
}

static void start(struct busy *busy, uint64_t seed, unsigned stay)
{
	memset(busy, 0, sizeof(*busy));
	busy->mem = memory_new(64 * MIB);
	memory_format(busy->mem);
	busy->master = host_new(busy->mem, seed);
	busy->client = host_new(busy->mem, seed + 1000);
	busy->actors = actors_new(seed + 2000, stay);
	host_hook(busy->master, actors_turn, busy->actors);
	host_hook(busy->client, actors_turn, busy->actors);
	host_hook_inside(busy->master, actors_turn, busy->actors);
	host_hook_inside(busy->client, actors_turn, busy->actors);
	on_sleep(actors_sleep, busy->actors);
}

static void end(struct busy *busy)
{
	on_sleep(NULL, NULL);
	actors_free(busy->actors);
	host_free(busy->client);
	host_free(busy->master);
	memory_free(busy->mem);
	plug(NULL, NULL);
	be_master();
}

/* The writer with one reader, which can be a process of each host. */
static void beside(void (*looker)(void *arg), void (*enter)(void *arg), uint64_t delay)
{
	unsigned looks = 0;

	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct busy busy;

		start(&busy, seed, (unsigned[]){ 3, 40, 600 }[seed % 3]);
		host_delay(busy.master, delay);
		actors_add(busy.actors, write_log, as_master, &busy);
		actors_add(busy.actors, looker, enter, &busy);
		actors_run(busy.actors);
		if (busy.fault.text[0])
			fail_msg("seed %d: %s", (int)seed, busy.fault.text);
		looks += busy.looks;
		end(&busy);
	}
	assert_true(looks > 200);
}

static void dry_run(void **state)
{
	(void)state;
	beside(try_dry, as_master, 0);
}

static void checked(void **state)
{
	(void)state;
	beside(check, as_master, 0);
	beside(check, as_client, 0);
}

static void followed(void **state)
{
	(void)state;
	beside(view, as_client, 0);
}

/* Shorter and longer than the time for which a torn entry is waited for. */
static void late_lines(void **state)
{
	(void)state;
	beside(view_late, as_client, 1000000);
	beside(view_late, as_client, 30000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("a dry run during writes finds no damage", dry_run),
		TEST("a check during writes finds no damage, on the same host and on another",
		     checked),
		TEST("a client sees whole entries during writes", followed),
		TEST("a client sees all entries once late lines have arrived", late_lines),
	};

	return run_group(tests);
}
