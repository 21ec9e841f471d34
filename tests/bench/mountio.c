/* SPDX-License-Identifier: Apache-2.0 */
#include "mount.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Large enough to be timed; small blocks need not cover the whole file for that. */
#define MAX_BLOCKS 8192
#define LARGEST    (1u << 20)

struct pattern {
	const char *key;
	bool write, random;
	size_t block;
};

static const struct pattern patterns[] = {
	{ "read_seq_4K", false, false, 4096 },       { "read_seq_128K", false, false, 131072 },
	{ "read_seq_1M", false, false, LARGEST },    { "read_random_4K", false, true, 4096 },
	{ "read_random_128K", false, true, 131072 }, { "read_random_1M", false, true, LARGEST },
	{ "write_seq_4K", true, false, 4096 },       { "write_seq_128K", true, false, 131072 },
	{ "write_seq_1M", true, false, LARGEST },    { "write_random_4K", true, true, 4096 },
	{ "write_random_128K", true, true, 131072 }, { "write_random_1M", true, true, LARGEST },
};

/* The order in which blocks are visited, each at most once. The same for both mounts. */
static uint32_t *order(const struct pattern *pattern, uint64_t size, uint64_t seed, uint64_t *count)
{
	uint64_t blocks = size / pattern->block, state = seed * 2 + 1;
	uint32_t *block = xcalloc(blocks, sizeof(*block));

	for (uint64_t i = 0; i < blocks; i++)
		block[i] = (uint32_t)i;
	for (uint64_t i = blocks; pattern->random && i > 1; i--) {
		uint64_t other;
		uint32_t swapped;

		state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		other = (state >> 33) % i;
		swapped = block[other];
		block[other] = block[i - 1];
		block[i - 1] = swapped;
	}
	*count = pattern->block == LARGEST || blocks < MAX_BLOCKS ? blocks : MAX_BLOCKS;
	return block;
}

/* Opened again for every pass, and without the pages that the kernel has cached of it; the data
 * behind the servers stays in memory. */
static int open_cold(const char *dir, const struct pattern *pattern)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/data", dir);
	fd = open(path, (pattern->write ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (fd < 0)
		die("cannot open '%s': %s", path, strerror(errno));
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	return fd;
}

static double pass(const char *dir, const struct pattern *pattern, const uint32_t *block,
		   uint64_t count, char *buf)
{
	int fd = open_cold(dir, pattern);
	double begin = now();

	for (uint64_t i = 0; i < count; i++) {
		off_t at = (off_t)(block[i] * (uint64_t)pattern->block);
		ssize_t n = pattern->write ? pwrite(fd, buf, pattern->block, at)
					   : pread(fd, buf, pattern->block, at);

		if (n != (ssize_t)pattern->block)
			die("%s: '%s/data' at %lld: %s", pattern->key, dir, (long long)at,
			    n < 0 ? strerror(errno) : "short");
	}
	begin = now() - begin;
	close(fd);
	return begin;
}

static uint64_t size_of_data(const char *dir)
{
	char path[4096];
	struct stat st;

	snprintf(path, sizeof(path), "%s/data", dir);
	if (stat(path, &st) < 0)
		die("cannot stat '%s': %s", path, strerror(errno));
	if (st.st_size < (off_t)LARGEST)
		die("'%s' is too small", path);
	return (uint64_t)st.st_size;
}

static void measure_pattern(const struct pattern *pattern, uint64_t rounds, char *const dir[MOUNTS],
			    char *buf)
{
	uint64_t size = size_of_data(dir[OURS]), count;
	struct series speed = { 0 }, rate = { 0 };
	char key[64];

	for (uint64_t round = 0; round <= rounds; round++) {
		uint32_t *block = order(pattern, size, round, &count);
		double taken[MOUNTS] = { 0 };

		/* The second reader finds the bytes in the processor caches. */
		for (int i = 0; i < 2 * MOUNTS; i++)
			taken[whose_turn(i)] +=
				pass(dir[whose_turn(i)], pattern, block, count, buf);
		free(block);
		if (round == 0)
			continue;
		series_add(&speed, taken[YARDSTICK] / taken[OURS]);
		series_add(&rate, (double)(2 * count * pattern->block) / taken[OURS]);
	}
	series_report(&speed, pattern->key);
	snprintf(key, sizeof(key), "%s_rate", pattern->key);
	series_report(&rate, key);
}

void measure_io(uint64_t rounds, char *const dir[MOUNTS])
{
	char *buf = aligned_alloc(4096, LARGEST);

	if (!buf)
		die("out of memory");
	memset(buf, 0x5a, LARGEST);
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		measure_pattern(&patterns[i], rounds, dir, buf);
	free(buf);
}
