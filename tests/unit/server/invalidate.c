/* SPDX-License-Identifier: Apache-2.0 */
/* The cache lines that are dropped before an open is answered; what the kernel and the threads do
 * about it, the simulated kernel has. And the option for its limit. */
#include "support.h"

#include "server/invalidate.h"
#include "server/options.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static struct {
	unsigned int calls;
	size_t length;
	char bytes[3]; /* the first, one in the middle, the last */
} seen;

static void record(const void *addr, size_t length)
{
	const char *bytes = addr;

	seen.calls++;
	seen.length = length;
	seen.bytes[0] = bytes[0];
	seen.bytes[1] = bytes[length / 2];
	seen.bytes[2] = bytes[length - 1];
}

static void must_not(const void *addr, size_t length)
{
	(void)addr;
	(void)length;
	fail_msg("lines are written back, which may keep them");
}

static const struct persist recorder = { .name = "test", .flush = must_not, .invalidate = record };

static int make_file(uint64_t size)
{
	int fd = open("file", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	if (size) {
		assert_int_equal(pwrite(fd, "c", 1, (off_t)size - 1), 1);
		assert_int_equal(pwrite(fd, "b", 1, (off_t)size / 2), 1);
		assert_int_equal(pwrite(fd, "a", 1, 0), 1);
	}
	return fd;
}

static void all_of_a_file(void **state)
{
	static const uint64_t sizes[] = { 3, 4096, 4097, 3 * MIB + 5 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		int fd = make_file(sizes[i]);

		memset(&seen, 0, sizeof(seen));
		assert_int_equal(invalidate_file(fd, sizes[i], &recorder), 0);
		assert_int_equal(seen.calls, 1);
		assert_int_equal(seen.length, sizes[i]);
		assert_memory_equal(seen.bytes, "abc", 3);
		close(fd);
	}
}

static void nothing_to_map(void **state)
{
	int fd = make_file(0);

	(void)state;
	memset(&seen, 0, sizeof(seen));
	assert_int_equal(invalidate_file(fd, 0, &recorder), 0);
	assert_int_equal(seen.calls, 0);
	close(fd);
	fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(invalidate_file(fd, 4096, &recorder), -ENODEV);
	assert_int_equal(seen.calls, 0);
	close(fd);
}

static uint64_t limit_of(const char *text)
{
	struct mount_options options;
	struct famfs_error err;

	assert_ok(mount_options_parse(text, false, &options, &err), &err);
	mount_options_free(&options);
	return options.invalidate;
}

static void limits(void **state)
{
	static const char *const wrong[] = {
		"",    "M",   "-1",    "+1",   " 1",           "1X",
		"1MM", "1 M", "64MiB", "0x10", "17179869184G", "18446744073709551616"
	};
	struct mount_options options;
	struct famfs_error err;
	char text[64];

	(void)state;
	assert_int_equal(limit_of(""), 64 * MIB);
	assert_int_equal(limit_of("invalidate=0"), 0);
	assert_int_equal(limit_of("ro,invalidate=4097,noexec"), 4097);
	assert_int_equal(limit_of("invalidate=16K"), 16384);
	assert_int_equal(limit_of("invalidate=3M"), 3 * MIB);
	assert_int_equal(limit_of("invalidate=2G"), 2 * GIB);
	assert_true(limit_of("invalidate=1T") == 1024 * GIB);
	assert_int_equal(limit_of("invalidate=1M,invalidate=2M"), 2 * MIB);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		snprintf(text, sizeof(text), "invalidate=%s", wrong[i]);
		assert_error(mount_options_parse(text, false, &options, &err), -EINVAL, &err,
			     "invalidate= expects a size such as 64M, or 0, got");
		mount_options_free(&options);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("every line of a file is dropped, once", all_of_a_file),
		TEST("an empty file has none, and what cannot be mapped is an error",
		     nothing_to_map),
		TEST("invalidate= takes sizes", limits),
	};

	return run_group(tests);
}
