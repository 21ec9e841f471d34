/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file as memory: reads of 64 bytes and of 4 KiB at random, and of all of it in order, through
 * famfs_map(), through a mount whose I/O the server does, and through a plain mapping of the device
 * as the limit. Everything was touched before.
 *
 *   bench-map ROUNDS DEVICE:/PATH DEVICE OFFSET MOUNTED-PATH
 *
 * The file is one extent, at OFFSET. Speeds beside the plain mapping, higher is better:
 *   map_64 map_4K map_scan mount_64 mount_4K mount_scan; plain_*: bytes a second
 */
#include "bench.h"

#include "famfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define RANDOM_READS 200000
#define SCAN_BLOCK   (1u << 20)

struct side {
	const unsigned char *base; /* NULL: read(2) from fd */
	int fd;
};

static const struct pattern {
	const char *name;
	size_t length;
	bool random;
} patterns[] = {
	{ "64", 64, true },
	{ "4K", 4096, true },
	{ "scan", SCAN_BLOCK, false },
};

#define NPATTERNS (sizeof(patterns) / sizeof(patterns[0]))

static uint64_t size;
static unsigned char sink[SCAN_BLOCK];

static void take(const struct side *side, uint64_t at, size_t length)
{
	if (side->base)
		memcpy(sink, side->base + at, length);
	else if (pread(side->fd, sink, length, (off_t)at) != (ssize_t)length)
		die("short read");
	/* The copy must not be optimised away. */
	__asm__ volatile("" : : "r"(sink) : "memory");
}

/* Bytes per second. */
static double run(const struct side *side, const struct pattern *pattern)
{
	uint64_t slots = size / pattern->length, seed = 88172645463325252u;
	uint64_t count = pattern->random ? RANDOM_READS : slots;
	double begin = now();

	for (uint64_t i = 0; i < count; i++) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		take(side, (pattern->random ? seed % slots : i) * pattern->length, pattern->length);
	}
	return (double)(count * pattern->length) / (now() - begin);
}

static struct side map_file(const char *arg)
{
	const struct famfs_volume_params reading = { 0 };
	const struct famfs_map_params params = { 0 };
	struct famfs_mapping *mapping;
	struct famfs_target *target;
	struct famfs_volume *vol;
	struct famfs_error err;

	if (famfs_target_resolve(arg, &target, &err) < 0 ||
	    famfs_open(target, &reading, &vol, &err) < 0 ||
	    famfs_map(vol, target->path, &params, &mapping, &err) < 0)
		die("%s", err.message);
	famfs_close(vol);
	famfs_target_free(target);
	size = famfs_mapping_size(mapping);
	return (struct side){ .base = famfs_mapping_addr(mapping), .fd = -1 };
}

static int open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die("cannot open '%s': %s", path, strerror(errno));
	return fd;
}

static struct side map_plainly(const char *device, uint64_t offset)
{
	int fd = open_file(device);
	void *base = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, (off_t)offset);

	if (base == MAP_FAILED)
		die("cannot map '%s': %s", device, strerror(errno));
	return (struct side){ .base = base, .fd = -1 };
}

/* In turn, so that all see the same state of the machine; the first round does not count. */
static void measure(uint64_t rounds, const struct pattern *pattern, const struct side sides[3])
{
	struct series plain = { 0 }, map = { 0 }, mount = { 0 };
	char key[32];

	for (uint64_t i = 0; i <= rounds; i++) {
		double before = run(&sides[0], pattern), mapped = run(&sides[1], pattern);
		double after = run(&sides[0], pattern), mounted = run(&sides[2], pattern);
		double limit = (before + after) / 2;

		if (i == 0)
			continue;
		series_add(&plain, limit);
		series_add(&map, mapped / limit);
		series_add(&mount, mounted / limit);
	}
	snprintf(key, sizeof(key), "plain_%s", pattern->name);
	series_report(&plain, key);
	snprintf(key, sizeof(key), "map_%s", pattern->name);
	series_report(&map, key);
	snprintf(key, sizeof(key), "mount_%s", pattern->name);
	series_report(&mount, key);
}

int main(int argc, char *argv[])
{
	struct side sides[3];

	if (argc != 6)
		die("see the head of map.c");
	sides[1] = map_file(argv[2]);
	sides[0] = map_plainly(argv[3], number(argv[4], INT64_MAX));
	sides[2] = (struct side){ .fd = open_file(argv[5]) };
	for (size_t i = 0; i < NPATTERNS; i++)
		measure(number(argv[1], 1000), &patterns[i], sides);
	return 0;
}
