/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The library by itself, in this process: filling a log, replaying it, following it.
 *
 *   bench-core fill IMAGE SIZE LOG-LENGTH FILES DIRECTORIES   (0 files: until the log is full)
 *   bench-core replay ROUNDS IMAGE...
 *   bench-core catchup ROUNDS IMAGE
 *   bench-core create ROUNDS IMAGE SIZE FILES
 */
#include "bench.h"

#include "famfs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CATCHUPS   20000 /* calls that are timed together */
#define GROUP      1000  /* files whose times are compared, the first ones with the last */
#define MAX_ROUNDS 10000
#define REPLAYS    8 /* runs of a small log for each run of a large one */
#define LARGE      (UINT64_C(64) << 20)

static struct famfs_error err;

static struct famfs_volume *open_volume(const char *image, bool write)
{
	const struct famfs_volume_params params = { .write = write };
	struct famfs_target *target;
	struct famfs_volume *vol;

	if (famfs_target_resolve(image, &target, &err) < 0 ||
	    famfs_open(target, &params, &vol, &err) < 0)
		die("%s", err.message);
	famfs_target_free(target);
	return vol;
}

static uint64_t format(const char *image, uint64_t size, uint64_t log_length)
{
	const struct famfs_mkfs_params params = { .size = size,
						  .log_length = log_length,
						  .force = true };
	struct famfs_mkfs_result result;

	if (famfs_mkfs(image, &params, &result, &err) < 0)
		die("%s", err.message);
	return result.log_entries;
}

static void make_file(struct famfs_volume *vol, const char *path)
{
	const struct famfs_create_params params = { .size = FAMFS_ALLOC_UNIT,
						    .mode = 0644,
						    .no_zero = true };

	if (famfs_create_unfilled(vol, path, &params, &err) < 0)
		die("%s", err.message);
}

static void make_directories(struct famfs_volume *vol, uint64_t count)
{
	const struct famfs_mkdir_params params = { .mode = 0755 };
	char path[FAMFS_MAX_PATH + 1];

	for (uint64_t i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "d%05" PRIu64, i);
		if (famfs_mkdir(vol, path, &params, &err) < 0)
			die("%s", err.message);
	}
}

/* With directories, neighbours in the log are never neighbours in the tree. */
static void fill(const char *image, uint64_t size, uint64_t log_length, uint64_t files,
		 uint64_t directories)
{
	uint64_t capacity = format(image, size, log_length);
	struct famfs_volume *vol = open_volume(image, true);
	char path[FAMFS_MAX_PATH + 1];

	make_directories(vol, directories);
	if (!files)
		files = capacity - directories;
	for (uint64_t i = 0; i < files; i++) {
		if (directories)
			snprintf(path, sizeof(path), "d%05" PRIu64 "/f%06" PRIu64, i % directories,
				 i);
		else
			snprintf(path, sizeof(path), "f%06" PRIu64, i);
		make_file(vol, path);
	}
	famfs_close(vol);
}

struct rates {
	uint64_t entries;
	bool large;
	struct series wall, cpu;
};

static void replay_once(const char *image, struct rates *rates, bool count)
{
	double wall = now(), on_cpu = cpu();
	struct famfs_volume *vol = open_volume(image, false);
	struct famfs_info info;

	wall = now() - wall;
	on_cpu = cpu() - on_cpu;
	famfs_info(vol, &info);
	famfs_close(vol);
	if (info.bad_entries || info.files + info.directories != info.log_entries)
		die("'%s' was not replayed whole", image);
	rates->entries = info.log_entries;
	rates->large = info.log_length >= LARGE;
	if (!count)
		return;
	series_add(&rates->wall, (double)info.log_entries / wall);
	series_add(&rates->cpu, (double)info.log_entries / on_cpu);
}

/* Round by round through all images; the first round does not count. */
static void replay(uint64_t rounds, int images, char *const image[])
{
	struct rates *rates = xcalloc((size_t)images, sizeof(*rates));
	char key[64];

	for (uint64_t round = 0; round <= rounds; round++)
		for (int i = 0; i < images; i++)
			for (int j = 0; j < (rates[i].large ? 1 : REPLAYS); j++)
				replay_once(image[i], &rates[i], round > 0);
	for (int i = 0; i < images; i++) {
		snprintf(key, sizeof(key), "replay_wall_%d", i);
		series_report(&rates[i].wall, key);
		snprintf(key, sizeof(key), "replay_cpu_%d", i);
		series_report(&rates[i].cpu, key);
		printf("replay_entries_%d %" PRIu64 " 0 0\n", i, rates[i].entries);
	}
	free(rates);
}

static void catchup(uint64_t rounds, const char *image)
{
	struct famfs_volume *vol = open_volume(image, false);
	struct series each = { 0 };

	for (uint64_t round = 0; round < rounds; round++) {
		double begin = now();

		for (int i = 0; i < CATCHUPS; i++)
			if (famfs_catch_up(vol, &err) < 0)
				die("%s", err.message);
		series_add(&each, (now() - begin) / CATCHUPS);
	}
	famfs_close(vol);
	series_report(&each, "catchup");
}

struct creation {
	struct series rate, flat;
};

static void create_once(const char *image, uint64_t size, uint64_t files, struct creation *out)
{
	struct famfs_volume *vol;
	char path[FAMFS_MAX_PATH + 1];
	double begin, first = 0, last = 0, end;

	/* A new image, since the blocks of a used one exist already. */
	unlink(image);
	format(image, size, FAMFS_MIN_LOG_LENGTH);
	vol = open_volume(image, true);
	begin = now();
	for (uint64_t i = 0; i < files; i++) {
		snprintf(path, sizeof(path), "f%06" PRIu64, i);
		make_file(vol, path);
		if (i + 1 == GROUP)
			first = now() - begin;
		else if (i + 1 == files - GROUP)
			last = now();
	}
	end = now();
	famfs_close(vol);
	series_add(&out->rate, (double)files / (end - begin));
	series_add(&out->flat, (end - last) / first);
}

static void create(uint64_t rounds, const char *image, uint64_t size, uint64_t files)
{
	struct creation creation = { 0 };

	if (files <= 2 * GROUP)
		die("at least %d files are needed", 2 * GROUP + 1);
	for (uint64_t round = 0; round < rounds; round++)
		create_once(image, size, files, &creation);
	series_report(&creation.rate, "create_rate");
	series_report(&creation.flat, "create_flat");
}

int main(int argc, char *argv[])
{
	const char *what = argc > 1 ? argv[1] : "";

	if (argc == 7 && strcmp(what, "fill") == 0)
		fill(argv[2], number(argv[3], UINT64_MAX), number(argv[4], UINT64_MAX),
		     strtoull(argv[5], NULL, 10), strtoull(argv[6], NULL, 10));
	else if (argc >= 4 && strcmp(what, "replay") == 0)
		replay(number(argv[2], MAX_ROUNDS), argc - 3, argv + 3);
	else if (argc == 4 && strcmp(what, "catchup") == 0)
		catchup(number(argv[2], MAX_ROUNDS), argv[3]);
	else if (argc == 6 && strcmp(what, "create") == 0)
		create(number(argv[2], MAX_ROUNDS), argv[3], number(argv[4], UINT64_MAX),
		       number(argv[5], UINT64_MAX));
	else
		die("see the head of core.c");
	return 0;
}
