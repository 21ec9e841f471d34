/* SPDX-License-Identifier: Apache-2.0 */
/* One image that several processes use at once; some of them die. */
#include "support.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN 3
#define FILES    30

static pid_t children[CHILDREN];

/* A child exits without the exit handlers of the test framework. */
static void start_child(int number, void (*work)(int number))
{
	children[number] = fork();
	assert_true(children[number] >= 0);
	if (children[number] == 0) {
		work(number);
		_exit(0);
	}
}

static void wait_all(void)
{
	for (int i = 0; i < CHILDREN; i++) {
		int status;

		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
}

/* In a child, a failure is its exit code. */
static void demand(bool good, int code)
{
	if (!good)
		_exit(code);
}

static struct famfs_volume *open_in_child(void)
{
	const struct famfs_target target = image_target();
	const struct famfs_volume_params params = { .write = true };
	struct famfs_volume *vol;

	demand(famfs_open(&target, &params, &vol, NULL) == 0, 10);
	return vol;
}

static uint64_t size_of(int number, int i)
{
	return 1 + (uint64_t)(number * 7919 + i * 1047) % 30000;
}

static void fill_files(int number)
{
	struct famfs_volume *vol = open_in_child();
	char path[32];

	for (int i = 0; i < FILES; i++) {
		snprintf(path, sizeof(path), "c%d-%d", number, i);
		demand(add_file(vol, path, size_of(number, i), (uint32_t)(number + i), NULL) == 0,
		       11);
	}
	famfs_close(vol);
}

static void assert_clean(uint64_t files, uint64_t units)
{
	const struct famfs_target target = image_target();
	const struct famfs_fsck_params params = { .repair = false };
	struct famfs_fsck_result result;
	struct famfs_error err;

	assert_ok(famfs_fsck(&target, &params, &result, &err), &err);
	assert_int_equal(result.problems, 0);
	assert_true(result.files == files);
	assert_true(result.allocated_bytes == units * AU);
}

static void side_by_side(void **state)
{
	struct famfs_volume *vol;
	char path[32];

	(void)state;
	make_image(10 * MIB + CHILDREN * FILES * AU);
	for (int i = 0; i < CHILDREN; i++)
		start_child(i, fill_files);
	wait_all();
	vol = open_volume(false);
	for (int n = 0; n < CHILDREN; n++)
		for (int i = 0; i < FILES; i++) {
			snprintf(path, sizeof(path), "c%d-%d", n, i);
			assert_null(file_fault(vol, path, size_of(n, i), (uint32_t)(n + i)));
		}
	famfs_close(vol);
	assert_clean(CHILDREN * FILES, CHILDREN * FILES);
}

static int ready[2];

/* Reserves half of the device, reports that, and is killed. */
static void hold_space(int number)
{
	const struct famfs_create_params params = { .size = 27 * AU / 2,
						    .mode = 0644,
						    .no_zero = true };
	struct famfs_volume *vol = open_in_child();
	struct famfs_file *file;
	char path[32];

	snprintf(path, sizeof(path), "held%d", number);
	demand(famfs_create(vol, path, &params, &file, NULL) == 0, 12);
	demand(famfs_file_write(file, 0, "begun", 5, NULL) == 0, 13);
	demand(write(ready[1], "x", 1) == 1, 14);
	pause();
}

static void wait_ready(void)
{
	char byte;

	assert_int_equal(read(ready[0], &byte, 1), 1);
}

static void kill_child(int number)
{
	int status;

	assert_int_equal(kill(children[number], SIGKILL), 0);
	assert_int_equal(waitpid(children[number], &status, 0), children[number]);
	assert_true(WIFSIGNALED(status));
}

static void killed(void **state)
{
	struct famfs_volume *vol;
	struct famfs_info info;
	struct famfs_stat st;
	struct famfs_error err;

	(void)state;
	make_image(64 * MIB);
	assert_int_equal(pipe(ready), 0);
	start_child(0, hold_space);
	wait_ready();
	vol = open_volume(true);
	/* 27 units, of which the child holds 14: one extent around them, or none. */
	assert_error(add_unfilled(vol, "all", 27 * AU, &err), -ENOSPC, &err, "need 54 MiB");
	assert_ok(add_unfilled(vol, "half", 13 * AU, &err), &err);
	assert_error(add_unfilled(vol, "more", 1, &err), -ENOSPC, &err, "need 2 MiB");
	assert_error(add_file(vol, "more", 1, 1, &err), -ENOSPC, &err, "need 2 MiB");
	kill_child(0);
	/* Space and name are free again, and the file was never visible. */
	assert_error(famfs_stat(vol, "held0", &st, &err), -ENOENT, &err, "does not exist");
	assert_ok(add_unfilled(vol, "held0", 14 * AU, &err), &err);
	famfs_info(vol, &info);
	assert_true(info.free_bytes == 0);
	famfs_close(vol);
	assert_clean(2, 27);
	close(ready[0]);
	close(ready[1]);
}

/* Appends as fast as it can, until it is killed at some point. */
static void append_for_ever(int number)
{
	struct famfs_volume *vol = open_in_child();

	demand(write(ready[1], "x", 1) == 1, 14);
	for (int i = 0;; i++) {
		char path[32];
		int ret;

		snprintf(path, sizeof(path), "c%d-%d", number, i);
		ret = i % 2 ? add_file(vol, path, 5000, (uint32_t)i, NULL)
			    : add_unfilled(vol, path, 1, NULL);
		if (ret == -ENOSPC) /* the parent waits a little */
			pause();
		demand(ret == 0, 15);
	}
}

static void killed_while_appending(void **state)
{
	struct rng rng = { 3 };

	(void)state;
	assert_int_equal(pipe(ready), 0);
	for (int round = 0; round < 12; round++) {
		struct famfs_volume *vol;
		struct famfs_info info;
		struct famfs_error err;
		char path[32];

		make_image(8 * GIB);
		start_child(round % CHILDREN, append_for_ever);
		wait_ready();
		usleep((useconds_t)rng_below(&rng, 4000));
		kill_child(round % CHILDREN);
		vol = open_volume(true);
		famfs_info(vol, &info);
		assert_int_equal(info.bad_entries, 0);
		assert_int_equal(info.log_entries, info.files);
		assert_true(info.allocated_bytes == info.files * AU);
		/* The next command works, if there is room for its file. */
		if (info.free_bytes == 0) {
			famfs_close(vol);
			continue;
		}
		snprintf(path, sizeof(path), "after%d", round);
		assert_ok(add_file(vol, path, 77, 7, &err), &err);
		famfs_close(vol);
		assert_clean(info.files + 1, info.files + 1);
	}
	close(ready[0]);
	close(ready[1]);
}

static void race_for_names(int number)
{
	struct famfs_volume *vol = open_in_child();
	int won = 0;

	for (int i = 0; i < FILES; i++) {
		char path[32];
		int ret;

		snprintf(path, sizeof(path), "f%d", i);
		ret = add_file(vol, path, 100, (uint32_t)number, NULL);
		demand(ret == 0 || ret == -EEXIST, 16);
		won += ret == 0;
	}
	famfs_close(vol);
	demand(write(ready[1], &won, sizeof(won)) == sizeof(won), 17);
}

static void races(void **state)
{
	int won, total = 0;

	(void)state;
	make_image(10 * MIB + (FILES + CHILDREN) * AU);
	assert_int_equal(pipe(ready), 0);
	for (int i = 0; i < CHILDREN; i++)
		start_child(i, race_for_names);
	wait_all();
	for (int i = 0; i < CHILDREN; i++) {
		assert_int_equal(read(ready[0], &won, sizeof(won)), sizeof(won));
		total += won;
	}
	assert_int_equal(total, FILES);
	assert_clean(FILES, FILES);
	close(ready[0]);
	close(ready[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("concurrent processes fill files down to the last unit", side_by_side),
		TEST("the space that a killed process held is free", killed),
		TEST("a process that is killed while it appends leaves a clean medium",
		     killed_while_appending),
		TEST("only one of several processes can create a name", races),
	};

	return run_group(tests);
}
