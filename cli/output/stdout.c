/* SPDX-License-Identifier: Apache-2.0 */
#include "output/stdout.h"
#include "shared/io.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static int failed; /* the first errno */

static int fail(int code)
{
	if (!failed)
		failed = code;
	errno = code;
	return 0;
}

static ssize_t put(void *cookie, const char *data, size_t size)
{
	int ret = io_write_all(STDOUT_FILENO, data, size);

	(void)cookie;
	return ret < 0 ? fail(-ret) : (ssize_t)size;
}

static int finish(void *cookie)
{
	(void)cookie;
	if (close(STDOUT_FILENO) < 0)
		fail(errno);
	return 0;
}

void stdout_start(void)
{
	const cookie_io_functions_t functions = { .write = put, .close = finish };
	FILE *stream = fopencookie(NULL, "w", functions);

	if (!stream)
		return; /* fall back to stdio, which forgets the reason of a failure */
	if (isatty(STDOUT_FILENO))
		setvbuf(stream, NULL, _IOLBF, 0);
	stdout = stream;
}

int stdout_finish(void)
{
	int bad = ferror(stdout);

	if (fclose(stdout) != 0 || bad)
		fail(EIO); /* unless a better reason was recorded */
	return -failed;
}
