/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The speed of a mounted famfs for a process, compared with the smallest FUSE program that does the
 * same.
 *
 *   bench-mount stat ROUNDS FILES FAMFS MINFS
 *   bench-mount ls ROUNDS FAMFS MINFS TMPFS
 *   bench-mount io ROUNDS FAMFS MINFS
 */
#include "mount.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAX_ROUNDS 10000
#define MAX_FILES  1000000

/* Makes the kernel forget the names of one mount, which any remount does, and waits until the
 * server has been told. */
static void drop_names(const char *dir)
{
	const struct timespec pause = { 0, 60000000 };

	if (mount(NULL, dir, NULL, MS_REMOUNT | MS_NOSUID | MS_NODEV, NULL) < 0)
		die("cannot remount '%s': %s", dir, strerror(errno));
	nanosleep(&pause, NULL);
}

/* Looks at `count` files by their names. */
static double stat_range(int dirfd, uint64_t first, uint64_t count)
{
	double begin = now();
	struct stat st;
	char name[32];

	for (uint64_t i = first; i < first + count; i++) {
		snprintf(name, sizeof(name), "f%06llu", (unsigned long long)i);
		if (fstatat(dirfd, name, &st, 0) < 0)
			die("cannot stat '%s': %s", name, strerror(errno));
	}
	return now() - begin;
}

struct thirds {
	double first, all, last;
};

static void stat_files(const char *dir, uint64_t files, struct thirds *sum)
{
	uint64_t third = files / 3;
	double first, last;
	int dirfd;

	drop_names(dir);
	dirfd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0)
		die("cannot open '%s': %s", dir, strerror(errno));
	first = stat_range(dirfd, 0, third);
	sum->all += first + stat_range(dirfd, third, files - 2 * third);
	last = stat_range(dirfd, files - third, third);
	sum->all += last;
	sum->first += first;
	sum->last += last;
	close(dirfd);
}

static void measure_stat(uint64_t rounds, uint64_t files, char *const dir[MOUNTS])
{
	struct series ratio = { 0 }, flat = { 0 }, each[MOUNTS] = { 0 };

	for (uint64_t round = 0; round <= rounds; round++) {
		struct thirds taken[MOUNTS] = { 0 };

		for (int i = 0; i < 2 * MOUNTS; i++)
			stat_files(dir[whose_turn(i)], files, &taken[whose_turn(i)]);
		if (round == 0)
			continue;
		series_add(&ratio, taken[OURS].all / taken[YARDSTICK].all);
		series_add(&flat, taken[OURS].last / taken[OURS].first);
		for (int i = 0; i < MOUNTS; i++)
			series_add(&each[i], taken[i].all / (double)(2 * files));
	}
	series_report(&ratio, "stat_ratio");
	series_report(&flat, "stat_flat");
	series_report(&each[OURS], "stat_each");
	series_report(&each[YARDSTICK], "stat_each_minfs");
}

static double list(char *dir, bool fuse)
{
	char ls[] = "ls", flags[] = "-lR";
	char *const argv[] = { ls, flags, dir, NULL };

	/* A tmpfs has its names only in the cache. */
	if (fuse)
		drop_names(dir);
	return run_command(argv, NULL);
}

static void measure_ls(uint64_t rounds, char *const dir[MOUNTS + 1])
{
	struct series time[MOUNTS + 1] = { 0 }, ratio = { 0 };

	for (uint64_t round = 0; round <= rounds; round++) {
		double taken[MOUNTS + 1];

		for (int i = 0; i <= MOUNTS; i++)
			taken[i] = list(dir[i], i < MOUNTS);
		if (round == 0)
			continue;
		for (int i = 0; i <= MOUNTS; i++)
			series_add(&time[i], taken[i]);
		series_add(&ratio, taken[OURS] / (taken[1] > taken[2] ? taken[1] : taken[2]));
	}
	series_report(&ratio, "ls_ratio");
	series_report(&time[OURS], "ls_time");
	series_report(&time[YARDSTICK], "ls_time_minfs");
	series_report(&time[MOUNTS], "ls_time_tmpfs");
}

int main(int argc, char *argv[])
{
	const char *what = argc > 1 ? argv[1] : "";

	if (argc == 6 && strcmp(what, "stat") == 0)
		measure_stat(number(argv[2], MAX_ROUNDS), number(argv[3], MAX_FILES), argv + 4);
	else if (argc == 6 && strcmp(what, "ls") == 0)
		measure_ls(number(argv[2], MAX_ROUNDS), argv + 3);
	else if (argc == 5 && strcmp(what, "io") == 0)
		measure_io(number(argv[2], MAX_ROUNDS), argv + 3);
	else
		die("see the head of mount.c");
	return 0;
}
