/* SPDX-License-Identifier: Apache-2.0 */
/* Mapped memory that loses a page while it is copied, stored to, flushed or invalidated. */
#include "support.h"

#include "device/mapped.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096u
#define SIZE (4 * PAGE)

/* A mapping of SIZE bytes, all 1, of which only the first `left` bytes, whole pages, still exist.
 */
static unsigned char *map_cut(size_t left)
{
	int fd = memfd_create("cut", MFD_CLOEXEC);
	unsigned char *p;

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, SIZE), 0);
	p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(p != MAP_FAILED);
	memset(p, 1, SIZE);
	assert_int_equal(ftruncate(fd, (off_t)left), 0);
	close(fd);
	return p;
}

/* Ranges whose first, middle or last byte is on the lost page; aligned to words and not; short and
 * long. */
static const struct {
	size_t at, length;
} ranges[] = {
	{ 2 * PAGE, 8 },        { 2 * PAGE + 16, 200 },  { 2 * PAGE - 8, 16 },
	{ 2 * PAGE - 3, 5 },    { PAGE, PAGE + 1 },      { 0, SIZE },
	{ 3 * PAGE, PAGE - 1 }, { 2 * PAGE - 504, 512 },
};

static void lost_pages(void **state)
{
	const struct persist *persist = persist_for_cpu();
	unsigned char *mapped = map_cut(2 * PAGE), *buf = calloc(1, SIZE);

	(void)state;
	assert_non_null(buf);
	assert_int_equal(famfs_guard_memory_errors(), 0);
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		unsigned char *at = mapped + ranges[i].at;
		size_t length = ranges[i].length;

		assert_int_equal(mapped_copy(buf, at, length), -EIO);
		assert_int_equal(mapped_copy(at, buf, length), -EIO);
		assert_int_equal(mapped_store(persist, at, buf, length), -EIO);
		assert_int_equal(mapped_store(persist, at, NULL, length), -EIO);
		/* There is nothing to write back or to drop: the next access reports the error. */
		mapped_operate(persist->flush, at, length);
		mapped_operate(persist->invalidate, at, length);
		assert_int_equal(mapped_copy(buf, at, length), -EIO);
	}
	/* The remaining memory works as before. */
	memset(buf, 2, SIZE);
	assert_int_equal(mapped_copy(mapped, buf, 2 * PAGE), 0);
	assert_memory_equal(mapped, buf, 2 * PAGE);
	assert_int_equal(mapped_store(persist, mapped, NULL, 2 * PAGE), 0);
	assert_int_equal(mapped_copy(buf, mapped, 2 * PAGE), 0);
	assert_int_equal(buf[0] | buf[2 * PAGE - 1], 0);
	munmap(mapped, SIZE);
	free(buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("a lost page is an error of each access to it, and of no other", lost_pages),
	};

	return run_group(tests);
}
