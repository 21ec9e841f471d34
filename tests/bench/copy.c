/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plainest copy that there is, to compare famfsctl cp with: LENGTH bytes from the start of
 * SOURCE to OFFSET in DESTINATION, which is there already.
 *
 *   bench-copy SOURCE DESTINATION OFFSET LENGTH BLOCK
 */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int open_or_die(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		die("cannot open '%s': %s", path, strerror(errno));
	return fd;
}

int main(int argc, char *argv[])
{
	uint64_t offset, length, block;
	int source, destination;
	void *buf;

	if (argc != 6)
		die("see the head of copy.c");
	source = open_or_die(argv[1], O_RDONLY);
	destination = open_or_die(argv[2], O_WRONLY);
	offset = number(argv[3], INT64_MAX);
	length = number(argv[4], INT64_MAX);
	block = number(argv[5], UINT64_C(1) << 30);
	if (posix_memalign(&buf, 4096, block) != 0)
		die("out of memory");
	for (uint64_t at = 0; at < length; at += block) {
		size_t n = length - at < block ? length - at : block;

		if (pread(source, buf, n, (off_t)at) != (ssize_t)n)
			die("cannot read '%s'", argv[1]);
		if (pwrite(destination, buf, n, (off_t)(offset + at)) != (ssize_t)n)
			die("cannot write '%s'", argv[2]);
	}
	free(buf);
	return 0;
}
