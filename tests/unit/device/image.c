/* SPDX-License-Identifier: Apache-2.0 */
/* A regular file as the device. */
#include "support.h"

#include "device/device.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZE (8 * MIB)

static void make_file(uint64_t size)
{
	FILE *f = fopen(IMAGE, "we");

	assert_non_null(f);
	fclose(f);
	image_resize(size);
}

static struct device *open_image(enum device_access access)
{
	struct device *dev = NULL;
	struct famfs_error err;

	assert_ok(device_open(IMAGE, access, &dev, &err), &err);
	return dev;
}

/* Offsets around the two windows, aligned for words and not. */
static const struct {
	uint64_t offset;
	size_t length;
} ranges[] = {
	{ 0, 8 },
	{ 0, 200 },
	{ 4, 8 },
	{ 80, 24 },
	{ 4088, 8 },
	{ 4088, 16 },
	{ 4096, 64 },
	{ 2 * MIB - 8, 16 },
	{ 2 * MIB, 48 },
	{ 2 * MIB + 48, 544 },
	{ 2 * MIB + 4000, 544 },
	{ 3 * MIB + 1, 77 },
	{ SIZE - 64, 64 },
	{ 2 * MIB + 40, 8 },
};

static void reads_and_writes(void **state)
{
	struct device *dev, *other;
	unsigned char bytes[544], got[544];

	(void)state;
	make_file(SIZE);
	dev = open_image(DEVICE_WRITE);
	other = open_image(DEVICE_READ);
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		size_t length = ranges[i].length;

		fill_bytes(bytes, sizeof(bytes), (uint32_t)i + 1);
		assert_int_equal(device_write(dev, ranges[i].offset, bytes, length), 0);
		/* The same through any handle, and through the file. */
		assert_int_equal(device_read(dev, ranges[i].offset, got, length), 0);
		assert_memory_equal(got, bytes, length);
		assert_int_equal(device_read(other, ranges[i].offset, got, length), 0);
		assert_memory_equal(got, bytes, length);
		image_get(ranges[i].offset, got, length);
		assert_memory_equal(got, bytes, length);
		/* Bytes that are written to the file are visible through the handles. */
		fill_bytes(bytes, sizeof(bytes), (uint32_t)i + 100);
		image_put(ranges[i].offset, bytes, length);
		assert_int_equal(device_read(other, ranges[i].offset, got, length), 0);
		assert_memory_equal(got, bytes, length);
	}
	device_close(other);
	device_close(dev);
}

static void zeroes(void **state)
{
	unsigned char bytes[8192];
	struct device *dev;
	struct stat before, after;

	(void)state;
	make_file(SIZE);
	dev = open_image(DEVICE_WRITE);
	for (uint64_t at = 0; at < SIZE; at += sizeof(bytes)) {
		memset(bytes, 0xff, sizeof(bytes));
		assert_int_equal(device_write(dev, at, bytes, sizeof(bytes)), 0);
	}
	assert_int_equal(stat(IMAGE, &before), 0);
	assert_int_equal(device_store(dev, 3, NULL, 2 * MIB), 0);
	assert_int_equal(device_store(dev, 5 * MIB, NULL, 0), 0);
	assert_int_equal(device_store(dev, 6 * MIB, NULL, 2 * MIB), 0);
	assert_int_equal(stat(IMAGE, &after), 0);
	assert_true(after.st_size == (off_t)SIZE);
	assert_true(after.st_blocks < before.st_blocks);
	assert_int_equal(device_read(dev, 0, bytes, sizeof(bytes)), 0);
	assert_true(bytes[2] == 0xff && bytes[3] == 0 && bytes[8191] == 0);
	assert_int_equal(device_read(dev, 2 * MIB, bytes, 8), 0);
	assert_true(bytes[2] == 0 && bytes[3] == 0xff);
	assert_int_equal(device_read(dev, 5 * MIB, bytes, 8), 0);
	assert_true(bytes[0] == 0xff);
	device_close(dev);
}

static void bounds(void **state)
{
	struct device *dev;
	char byte = 0;

	(void)state;
	make_file(SIZE);
	dev = open_image(DEVICE_WRITE);
	assert_true(dev->size == SIZE);
	assert_int_equal(device_read(dev, SIZE - 1, &byte, 1), 0);
	assert_int_equal(device_read(dev, SIZE, &byte, 1), -EFAULT);
	assert_int_equal(device_read(dev, SIZE - 1, &byte, 2), -EFAULT);
	assert_int_equal(device_read(dev, UINT64_MAX, &byte, 1), -EFAULT);
	assert_int_equal(device_write(dev, SIZE, &byte, 1), -EFAULT);
	assert_int_equal(device_write(dev, UINT64_MAX - 1, &byte, 1), -EFAULT);
	assert_int_equal(device_store(dev, SIZE, NULL, 1), -EFAULT);
	assert_int_equal(device_store(dev, 1, NULL, UINT64_MAX), -EFAULT);
	device_close(dev);
}

static void read_only(void **state)
{
	struct device *dev;
	char byte = 1;

	(void)state;
	make_file(SIZE);
	dev = open_image(DEVICE_READ);
	assert_false(dev->writable);
	assert_int_equal(device_write(dev, 0, &byte, 1), -EBADF);
	assert_int_equal(device_write(dev, 4 * MIB, &byte, 1), -EBADF);
	assert_int_equal(device_store(dev, 0, NULL, 1), -EBADF);
	assert_int_equal(device_barrier(dev), 0);
	device_close(dev);
}

static void short_files(void **state)
{
	static const uint64_t sizes[] = { 1, 4095, 4096, 2 * MIB, 2 * MIB + 100 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct device *dev;
		char byte = 7, got = 0;

		make_file(sizes[i]);
		dev = open_image(DEVICE_WRITE);
		assert_int_equal(device_write(dev, sizes[i] - 1, &byte, 1), 0);
		assert_int_equal(device_read(dev, sizes[i] - 1, &got, 1), 0);
		assert_int_equal(got, 7);
		device_close(dev);
	}
}

/* Truncating a file while it is open looks like broken memory. */
static void truncated(void **state)
{
	struct device *dev;
	uint64_t words[8];

	(void)state;
	assert_int_equal(famfs_guard_memory_errors(), 0);
	make_file(SIZE);
	dev = open_image(DEVICE_WRITE);
	assert_int_equal(device_read(dev, 2 * MIB, words, sizeof(words)), 0);
	image_resize(0);
	assert_int_equal(device_read(dev, 0, words, sizeof(words)), -EIO);
	assert_int_equal(device_read(dev, 2 * MIB, words, sizeof(words)), -EIO);
	assert_int_equal(device_read(dev, 4 * MIB, words, sizeof(words)), -EIO);
	assert_int_equal(device_write(dev, 2 * MIB, words, sizeof(words)), -EIO);
	device_close(dev);
}

static void not_images(void **state)
{
	struct device *dev;
	struct famfs_error err;

	(void)state;
	unlink("fifo");
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_error(device_open(".", DEVICE_READ, &dev, &err), -ENOTSUP, &err, "directory");
	assert_error(device_open("fifo", DEVICE_READ, &dev, &err), -ENOTSUP, &err, "fifo");
	assert_error(device_open("missing", DEVICE_READ, &dev, &err), -ENOENT, &err,
		     "cannot open 'missing'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("every handle reads bytes that another wrote, mapped or not",
		     reads_and_writes),
		TEST("exactly the zeroed ranges are zero, and their space is freed", zeroes),
		TEST("ranges outside the device are refused", bounds),
		TEST("a device that is open for reading cannot be written", read_only),
		TEST("a file of any size can be opened as an image", short_files),
		TEST("an access to an image that shrank is a memory error", truncated),
		TEST("a path that is not an image is refused at once", not_images),
	};

	return run_group(tests);
}
