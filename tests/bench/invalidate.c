/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The time of an open where the kernel maps the files: the cache lines of a file are dropped before
 * it is answered. The file is in memory, and none, some or all of its lines are in the caches.
 *
 *   bench-invalidate ROUNDS FILE BYTES
 *
 *   invalidate_seconds   to map the file, drop the lines and unmap it, when others displaced most
 *   invalidate_read      seconds to read it once through a mapping, as cold
 *   invalidate_ratio     the one beside the other
 */
#include "bench.h"

#include "server/invalidate.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define OTHERS ((size_t)512 << 20) /* more than the caches hold */

static unsigned char *others;

/* Displaces the lines of the file from the caches. */
static void displace(void)
{
	memset(others, others[0] + 1, OTHERS);
}

static uint64_t read_all(const uint64_t *words, uint64_t bytes)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < bytes / sizeof(*words); i++)
		sum += words[i];
	return sum;
}

static double time_reading(int fd, uint64_t bytes)
{
	double begin = now();
	void *p = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
	uint64_t sum;

	if (p == MAP_FAILED)
		die("cannot map the file");
	sum = read_all(p, bytes);
	__asm__ volatile("" : : "r"(sum) : "memory");
	munmap(p, bytes);
	return now() - begin;
}

static double time_invalidating(int fd, uint64_t bytes)
{
	double begin = now();

	if (invalidate_file(fd, bytes, persist_for_cpu()) < 0)
		die("cannot map the file");
	return now() - begin;
}

static int make_file(const char *path, uint64_t bytes)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		die("cannot make '%s'", path);
	for (uint64_t done = 0; done < bytes; done += OTHERS) {
		size_t part = bytes - done < OTHERS ? (size_t)(bytes - done) : OTHERS;

		if (write(fd, others, part) != (ssize_t)part)
			die("cannot write '%s'", path);
	}
	return fd;
}

int main(int argc, char **argv)
{
	struct series dropped = { 0 }, read = { 0 }, ratio = { 0 };
	uint64_t rounds, bytes;
	int fd;

	if (argc != 4)
		die("usage: bench-invalidate ROUNDS FILE BYTES");
	rounds = number(argv[1], 1000);
	bytes = number(argv[3], UINT64_C(1) << 40);
	others = xcalloc(1, OTHERS);
	displace();
	fd = make_file(argv[2], bytes);
	for (uint64_t i = 0; i <= rounds; i++) {
		double by_read, by_drop;

		displace();
		by_read = time_reading(fd, bytes);
		displace();
		by_drop = time_invalidating(fd, bytes);
		if (i == 0)
			continue;
		series_add(&read, by_read);
		series_add(&dropped, by_drop);
		series_add(&ratio, by_drop / by_read);
	}
	close(fd);
	unlink(argv[2]);
	series_report(&dropped, "invalidate_seconds");
	series_report(&read, "invalidate_read");
	series_report(&ratio, "invalidate_ratio");
	free(others);
	return 0;
}
