/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does to a file what no standard tool does.
 *
 *   mmapio read FILE                prints the file as a shared read-only mapping shows it
 *   mmapio write FILE OFFSET TEXT   stores TEXT through a shared mapping, then msync
 *   mmapio flags FILE FLAG          opens it with O_RDWR and FLAG: trunc, append or none
 *   mmapio hold FILE                opens it, prints "open", and waits for its standard input to
 * end
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail(const char *what)
{
	fprintf(stderr, "mmapio: %s: %s\n", what, strerror(errno));
	return 1;
}

static void *map(const char *path, int protection, size_t *length)
{
	int fd = open(path, protection & PROT_WRITE ? O_RDWR : O_RDONLY);
	struct stat st;
	void *at;

	if (fd < 0 || fstat(fd, &st))
		return MAP_FAILED;
	*length = (size_t)st.st_size;
	at = mmap(NULL, *length, protection, MAP_SHARED, fd, 0);
	close(fd);
	return at;
}

static int read_map(const char *path)
{
	size_t length;
	void *at = map(path, PROT_READ, &length);

	if (at == MAP_FAILED)
		return fail(path);
	return fwrite(at, 1, length, stdout) == length && !fflush(stdout) ? 0 : fail("stdout");
}

static int write_map(const char *path, size_t offset, const char *text)
{
	size_t length;
	char *at = map(path, PROT_READ | PROT_WRITE, &length);

	if (at == MAP_FAILED)
		return fail(path);
	if (offset + strlen(text) > length) {
		errno = EINVAL;
		return fail(text);
	}
	memcpy(at + offset, text, strlen(text));
	return msync(at, length, MS_SYNC) ? fail("msync") : 0;
}

static int open_with(const char *path, const char *flag)
{
	int extra = !strcmp(flag, "trunc") ? O_TRUNC : !strcmp(flag, "append") ? O_APPEND : 0;

	return open(path, O_RDWR | extra) < 0 ? fail(path) : 0;
}

static int hold(const char *path, int mapped)
{
	size_t length;

	if (mapped ? map(path, PROT_READ, &length) == MAP_FAILED : open(path, O_RDONLY) < 0)
		return fail(path);
	puts("open");
	fflush(stdout);
	while (getchar() != EOF)
		;
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "read"))
		return read_map(argv[2]);
	if (argc == 5 && !strcmp(argv[1], "write"))
		return write_map(argv[2], strtoul(argv[3], NULL, 0), argv[4]);
	if (argc == 4 && !strcmp(argv[1], "flags"))
		return open_with(argv[2], argv[3]);
	if (argc == 3 && !strncmp(argv[1], "hold", 4))
		return hold(argv[2], !strcmp(argv[1], "hold-map"));
	fputs("usage: mmapio read|write|flags|hold|hold-map FILE ...\n", stderr);
	return 2;
}
