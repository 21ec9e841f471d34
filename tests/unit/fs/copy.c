/* SPDX-License-Identifier: Apache-2.0 */
/* Data between file descriptors and famfs files, and reading and writing in place. */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SIZE (3 * MIB + 12345)

static struct famfs_volume *new_volume(void)
{
	make_image(64 * MIB);
	return open_volume(true);
}

/* Data, a hole of a megabyte, data, and a hole at the end. */
static int make_source(unsigned char *bytes)
{
	int fd = open("source", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	memset(bytes, 0, SIZE);
	fill_bytes(bytes, MIB, 1);
	fill_bytes(bytes + 2 * MIB, 5000, 2);
	assert_int_equal(ftruncate(fd, SIZE), 0);
	assert_int_equal(pwrite(fd, bytes, MIB, 0), MIB);
	assert_int_equal(pwrite(fd, bytes + 2 * MIB, 5000, 2 * MIB), 5000);
	return fd;
}

struct progress {
	uint64_t bytes;
	uint64_t stop_at;
};

static int on_progress(void *arg, uint64_t bytes)
{
	struct progress *progress = arg;

	progress->bytes += bytes;
	return progress->stop_at && progress->bytes >= progress->stop_at;
}

static struct famfs_file *create(struct famfs_volume *vol, const char *path, uint64_t size)
{
	const struct famfs_create_params params = { .size = size, .mode = 0644, .no_zero = true };
	struct famfs_file *file = NULL;
	struct famfs_error err;

	assert_ok(famfs_create(vol, path, &params, &file, &err), &err);
	return file;
}

static void litter(void)
{
	char *junk = malloc(8 * MIB);

	memset(junk, 0xdb, 8 * MIB);
	image_put(10 * MIB, junk, 8 * MIB);
	free(junk);
}

static void copies(void **state)
{
	struct famfs_volume *vol = new_volume();
	unsigned char *bytes = malloc(SIZE), *got = malloc(SIZE);
	struct progress progress = { 0 };
	struct famfs_file *file;
	struct famfs_error err;
	int fd;

	(void)state;
	litter();
	fd = make_source(bytes);
	file = create(vol, "f", SIZE);
	assert_ok(famfs_file_copy(file, fd, on_progress, &progress, &err), &err);
	assert_true(progress.bytes == SIZE);
	assert_ok(famfs_file_publish(file, &err), &err);
	assert_ok(famfs_file_open(vol, "f", &file, &err), &err);
	assert_ok(famfs_file_read(file, 0, got, SIZE, &err), &err);
	assert_memory_equal(got, bytes, SIZE);
	progress.bytes = 0;
	assert_ok(famfs_file_compare(file, fd, on_progress, &progress, &err), &err);
	assert_true(progress.bytes == SIZE);
	famfs_file_close(file);
	famfs_close(vol);
	close(fd);
	free(bytes);
	free(got);
}

static void differences(void **state)
{
	static const uint64_t places[] = { 0, MIB, 2 * MIB + 77, SIZE - 1 };
	struct famfs_volume *vol = new_volume();
	unsigned char *bytes = malloc(SIZE);
	struct famfs_file *file;
	struct famfs_error err;
	int fd = make_source(bytes);

	(void)state;
	file = create(vol, "f", SIZE);
	assert_ok(famfs_file_copy(file, fd, NULL, NULL, &err), &err);
	assert_ok(famfs_file_publish(file, &err), &err);
	assert_ok(famfs_file_open(vol, "f", &file, &err), &err);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		unsigned char byte = bytes[places[i]] ^ 1;
		char text[64];

		assert_int_equal(pwrite(fd, &byte, 1, (off_t)places[i]), 1);
		snprintf(text, sizeof(text), "differ at offset %llu",
			 (unsigned long long)places[i]);
		assert_error(famfs_file_compare(file, fd, NULL, NULL, &err), -EBADMSG, &err, text);
		assert_int_equal(pwrite(fd, &bytes[places[i]], 1, (off_t)places[i]), 1);
	}
	famfs_file_close(file);
	famfs_close(vol);
	close(fd);
	free(bytes);
}

/* Only the differing bytes are written, and afterwards nothing differs. */
static void updates(void **state)
{
	static const uint64_t places[] = { 0, MIB, 2 * MIB + 77, SIZE - 1 };
	struct famfs_volume *vol = new_volume();
	unsigned char *bytes = malloc(SIZE), other = 0;
	struct progress progress = { 0 };
	struct famfs_file *file;
	struct famfs_error err;
	uint64_t written;
	int fd = make_source(bytes);

	(void)state;
	file = create(vol, "f", SIZE);
	assert_ok(famfs_file_copy(file, fd, NULL, NULL, &err), &err);
	assert_ok(famfs_file_publish(file, &err), &err);
	assert_ok(famfs_file_open(vol, "f", &file, &err), &err);
	assert_ok(famfs_file_update(file, fd, on_progress, &progress, &written, &err), &err);
	assert_true(written == 0 && progress.bytes == SIZE);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		other = bytes[places[i]] ^ 1;
		assert_ok(famfs_file_write(file, places[i], &other, 1, &err), &err);
		assert_ok(famfs_file_update(file, fd, NULL, NULL, &written, &err), &err);
		assert_true(written > 0 && written <= MIB);
		assert_ok(famfs_file_compare(file, fd, NULL, NULL, &err), &err);
	}
	assert_int_equal(ftruncate(fd, SIZE - 1), 0);
	assert_error(famfs_file_update(file, fd, NULL, NULL, NULL, &err), -ENODATA, &err, "source");
	famfs_file_close(file);
	famfs_close(vol);
	close(fd);
	free(bytes);
}

static void short_source(void **state)
{
	static const uint64_t sizes[] = { 0, 5000, MIB, SIZE - 1 };
	struct famfs_volume *vol = new_volume();
	unsigned char *bytes = malloc(SIZE);
	struct famfs_file *file;
	struct famfs_error err;
	int fd = make_source(bytes);

	(void)state;
	for (size_t i = ARRAY_SIZE(sizes); i-- > 0;) {
		assert_int_equal(ftruncate(fd, (off_t)sizes[i]), 0);
		file = create(vol, "f", SIZE);
		assert_error(famfs_file_copy(file, fd, NULL, NULL, &err), -ENODATA, &err, "source");
		famfs_file_close(file);
	}
	famfs_close(vol);
	close(fd);
	free(bytes);
}

static void canceled(void **state)
{
	struct famfs_volume *vol = new_volume();
	struct progress progress = { .stop_at = MIB };
	unsigned char *bytes = malloc(SIZE);
	struct famfs_file *file;
	struct famfs_info info;
	struct famfs_error err;
	int fd = make_source(bytes);

	(void)state;
	file = create(vol, "f", SIZE);
	assert_error(famfs_file_copy(file, fd, on_progress, &progress, &err), -ECANCELED, &err,
		     "canceled");
	assert_true(progress.bytes < SIZE);
	progress.bytes = 0;
	assert_error(famfs_file_compare(file, fd, on_progress, &progress, &err), -ECANCELED, &err,
		     "canceled");
	progress.bytes = 0;
	assert_error(famfs_file_update(file, fd, on_progress, &progress, NULL, &err), -ECANCELED,
		     &err, "canceled");
	famfs_file_close(file);
	famfs_info(vol, &info);
	assert_true(info.allocated_bytes == 0);
	famfs_close(vol);
	close(fd);
	free(bytes);
}

/* A file that is only a hole; this takes long where memory is zeroed by stores. */
static void canceled_in_hole(void **state)
{
	const uint64_t size = 200 * MIB;
	struct progress progress = { .stop_at = 1 };
	struct famfs_volume *vol;
	struct famfs_file *file;
	struct famfs_error err;
	int fd = open("source", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	(void)state;
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	make_image(300 * MIB);
	vol = open_volume(true);
	file = create(vol, "f", size);
	assert_error(famfs_file_copy(file, fd, on_progress, &progress, &err), -ECANCELED, &err,
		     "canceled");
	assert_in_range(progress.bytes, 1, size / 2);
	progress = (struct progress){ 0 };
	assert_ok(famfs_file_copy(file, fd, on_progress, &progress, &err), &err);
	assert_true(progress.bytes == size);
	famfs_file_close(file);
	famfs_close(vol);
	close(fd);
}

static void bad_source(void **state)
{
	struct famfs_volume *vol = new_volume();
	struct famfs_file *file = create(vol, "f", 100);
	struct famfs_error err;

	(void)state;
	assert_error(famfs_file_copy(file, -1, NULL, NULL, &err), -EBADF, &err, "cannot read");
	famfs_file_close(file);
	famfs_close(vol);
}

static void ranges(void **state)
{
	struct famfs_volume *vol = new_volume();
	struct famfs_file *file = create(vol, "f", 5000);
	char bytes[5001] = { 0 };
	struct famfs_error err;

	(void)state;
	assert_ok(famfs_file_write(file, 4999, bytes, 1, &err), &err);
	assert_ok(famfs_file_write(file, 5000, bytes, 0, &err), &err);
	assert_error(famfs_file_write(file, 4999, bytes, 2, &err), -EINVAL, &err,
		     "2 bytes at offset 4999 are not all in 'f' of 5000 bytes");
	assert_error(famfs_file_write(file, UINT64_MAX, bytes, 1, &err), -EINVAL, &err, "f");
	assert_error(famfs_file_write(file, 1, bytes, SIZE_MAX, &err), -EINVAL, &err, "f");
	assert_error(famfs_file_read(file, 0, bytes, 5001, &err), -EINVAL, &err, "f");
	assert_error(famfs_file_zero(file, 5001, 0, &err), -EINVAL, &err, "f");
	assert_ok(famfs_file_publish(file, &err), &err);
	famfs_close(vol);
}

static void in_place(void **state)
{
	struct famfs_volume *vol = new_volume(), *reader;
	struct famfs_file *file, *seen;
	struct famfs_error err;
	char bytes[16];

	(void)state;
	assert_ok(add_file(vol, "f", 5000, 1, &err), &err);
	reader = open_volume(false);
	assert_ok(famfs_file_open(vol, "f", &file, &err), &err);
	assert_ok(famfs_file_open(reader, "f", &seen, &err), &err);
	assert_true(famfs_file_size(file) == 5000);
	assert_ok(famfs_file_write(file, 77, "changed", 7, &err), &err);
	assert_ok(famfs_file_read(seen, 77, bytes, 7, &err), &err);
	assert_memory_equal(bytes, "changed", 7);
	assert_ok(famfs_file_zero(file, 78, 3, &err), &err);
	assert_ok(famfs_file_read(seen, 77, bytes, 7, &err), &err);
	assert_memory_equal(bytes, "c\0\0\0ged", 7);
	assert_error(famfs_file_write(seen, 0, "x", 1, &err), -EBADF, &err, "reading only");
	/* A published file has nothing to publish. */
	assert_ok(famfs_file_publish(file, &err), &err);
	famfs_file_close(seen);
	famfs_close(reader);
	famfs_close(vol);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("a copy has the bytes of its source, and zeros for its holes", copies),
		TEST("a difference is reported with its offset", differences),
		TEST("an update writes only the bytes that differ", updates),
		TEST("a source that became shorter is noticed", short_source),
		TEST("a callback stops a copy and a comparison", canceled),
		TEST("a callback stops a copy within a hole of its source", canceled_in_hole),
		TEST("a source that cannot be read is an error", bad_source),
		TEST("nothing outside the file is read or written", ranges),
		TEST("a published file is written in place", in_place),
	};

	return run_group(tests);
}
