/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The image changes between two steps of mkfs or of a mapping, or a step fails: the image that is
 * formatted or mapped is the one that was checked, and a failure leaves nothing incomplete.
 */
#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OTHER "other.img"

/* ---- between the steps ---------------------------------------------------------------------- */

static int scan_error;        /* error of the search for processes */
static int resize_error;      /* error of changing the size of the image */
static int stat_error;        /* error of fstat on the new image */
static bool swap_in_other;    /* swap once the image is locked, while its users are searched for */
static bool swap_at_creation; /* swap once the image is made, before anything else */
static bool swap_at_resize;   /* swap when the checks are over */
static void (*before_lock)(void); /* called once, before the image is locked */

int __real_fcntl64(int fd, int cmd, void *arg);
int __wrap_fcntl64(int fd, int cmd, void *arg);
int __real_ftruncate64(int fd, off_t length);
int __wrap_ftruncate64(int fd, off_t length);
int __real_fstat64(int fd, struct stat64 *st);
int __wrap_fstat64(int fd, struct stat64 *st);
int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
DIR *__real_opendir(const char *name);
DIR *__wrap_opendir(const char *name);

int __wrap_fcntl64(int fd, int cmd, void *arg)
{
	void (*hook)(void) = before_lock;

	before_lock = NULL;
	if (hook)
		hook();
	return __real_fcntl64(fd, cmd, arg);
}

int __wrap_ftruncate64(int fd, off_t length)
{
	if (swap_at_resize)
		assert_int_equal(rename(OTHER, IMAGE), 0);
	swap_at_resize = false;
	if (!resize_error)
		return __real_ftruncate64(fd, length);
	errno = resize_error;
	return -1;
}

int __wrap_open64(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;
	int fd;

	va_start(ap, flags);
	if (flags & O_CREAT)
		mode = va_arg(ap, mode_t);
	va_end(ap);
	fd = __real_open64(path, flags, mode);
	if (swap_at_creation && flags & O_EXCL) {
		swap_at_creation = false;
		assert_int_equal(rename(OTHER, IMAGE), 0);
	}
	return fd;
}

/* Called for a file that is still empty. */
int __wrap_fstat64(int fd, struct stat64 *st)
{
	int ret = __real_fstat64(fd, st);

	if (ret < 0 || !stat_error || st->st_size)
		return ret;
	errno = stat_error;
	return -1;
}

DIR *__wrap_opendir(const char *name)
{
	if (swap_in_other)
		assert_int_equal(rename(OTHER, IMAGE), 0);
	swap_in_other = false;
	if (!scan_error || strcmp(name, "/proc") != 0)
		return __real_opendir(name);
	errno = scan_error;
	return NULL;
}

/* ---- tests ----------------------------------------------------------------------------------- */

/* A partly written file system must not pass for a complete one. */
static void cut_that_fails(void **state)
{
	const struct famfs_target target = { .device = (char *)(uintptr_t)IMAGE };
	const struct famfs_volume_params params = { 0 };
	struct famfs_volume *vol;
	struct famfs_error err;
	struct stat st;

	(void)state;
	make_image(64 * MIB);
	resize_error = ENOSPC;
	assert_error(format_image((struct famfs_mkfs_params){ .size = 32 * MIB, .force = true },
				  NULL, &err),
		     -ENOSPC, &err, "cannot resize");
	resize_error = 0;
	assert_int_equal(stat(IMAGE, &st), 0);
	assert_int_equal(st.st_size, 64 * MIB);
	assert_error(famfs_open(&target, &params, &vol, &err), -EMEDIUMTYPE, &err, IMAGE);
	/* An image that grows loses nothing. */
	make_image(64 * MIB);
	resize_error = ENOSPC;
	assert_error(format_image((struct famfs_mkfs_params){ .size = 96 * MIB, .force = true },
				  NULL, &err),
		     -ENOSPC, &err, "cannot resize");
	resize_error = 0;
	assert_ok(famfs_open(&target, &params, &vol, &err), &err);
	famfs_close(vol);
}

/* The file that was checked is the one that is locked and written, even if another took its name.
 */
static void another_file(void **state)
{
	struct famfs_error err;

	(void)state;
	make_image(64 * MIB);
	assert_int_equal(rename(IMAGE, OTHER), 0);
	make_image(64 * MIB);
	swap_in_other = true;
	assert_error(format_image((struct famfs_mkfs_params){ .force = true }, NULL, &err), -ESTALE,
		     &err, "is another file now");
	assert_false(swap_in_other);
}

/* The file that was made is kept open: nothing that gets its name is formatted, be it empty. */
static void another_file_when_made(void **state)
{
	static const char zeros[4096];
	char bytes[sizeof(zeros)];
	struct famfs_error err;
	struct stat st;

	(void)state;
	for (uint64_t size = 0; size <= 64 * MIB; size += 64 * MIB) {
		put_image("", 0, size);
		assert_int_equal(rename(IMAGE, OTHER), 0);
		swap_at_creation = true;
		assert_error(
			format_image((struct famfs_mkfs_params){ .size = 64 * MIB }, NULL, &err),
			-ESTALE, &err, "is another file now");
		assert_false(swap_at_creation);
		assert_int_equal(stat(IMAGE, &st), 0);
		assert_int_equal(st.st_size, size);
		if (size) {
			image_get(0, bytes, sizeof(bytes));
			assert_memory_equal(bytes, zeros, sizeof(bytes));
		}
	}
}

static void left_behind(void **state)
{
	const struct famfs_mkfs_params params = { .size = 64 * MIB };
	struct famfs_error err;
	struct stat st;
	char bytes[4];

	(void)state;
	unlink(IMAGE);
	resize_error = ENOSPC;
	assert_error(format_image(params, NULL, &err), -ENOSPC, &err,
		     "cannot resize 'test.img' to 67108864 bytes: No space left on device");
	assert_int_equal(stat(IMAGE, &st), -1);

	stat_error = EIO;
	assert_error(format_image(params, NULL, &err), -EIO, &err,
		     "cannot stat 'test.img': Input/output error");
	stat_error = 0;
	assert_int_equal(stat(IMAGE, &st), -1);

	/* A file that has got the name meanwhile belongs to another process. */
	put_image("mine", 4, 4);
	assert_int_equal(rename(IMAGE, OTHER), 0);
	swap_at_resize = true;
	assert_error(format_image(params, NULL, &err), -ENOSPC, &err, "cannot resize");
	resize_error = 0;
	assert_false(swap_at_resize);
	image_get(0, bytes, 4);
	assert_memory_equal(bytes, "mine", 4);
}

static void grow(void)
{
	image_resize(96 * MIB);
}

static void shrink(void)
{
	image_resize(32 * MIB);
}

/* The size counts that the image has when no other process can change it. */
static void resized_meanwhile(void **state)
{
	static const struct {
		void (*change)(void);
		uint64_t size;
	} cases[] = { { grow, 96 * MIB }, { shrink, 32 * MIB } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct famfs_mkfs_result result;
		struct famfs_volume *vol;
		struct famfs_info info;
		struct famfs_error err;

		put_image("", 0, 64 * MIB);
		before_lock = cases[i].change;
		assert_ok(format_image((struct famfs_mkfs_params){ .size = 0 }, &result, &err),
			  &err);
		assert_true(result.device_size == cases[i].size);
		vol = open_volume(false);
		famfs_info(vol, &info);
		assert_true(info.recorded_size == cases[i].size);
		famfs_close(vol);
	}
}

static int other_mkfs = -1;

/* Another process formats the same image, and has found it first. */
static void be_late(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 1 };

	other_mkfs = open(IMAGE, O_RDWR | O_CLOEXEC);
	assert_true(other_mkfs >= 0);
	assert_int_equal(fcntl(other_mkfs, F_OFD_SETLK, &lock), 0);
}

static void two_at_once(void **state)
{
	struct famfs_error err;
	struct stat st;

	(void)state;
	unlink(IMAGE);
	before_lock = be_late;
	assert_error(format_image((struct famfs_mkfs_params){ .size = 64 * MIB }, NULL, &err),
		     -EBUSY, &err, "is in use by process ");
	assert_int_equal(stat(IMAGE, &st), 0);
	assert_int_equal(close(other_mkfs), 0);
}

static void format_again(void)
{
	struct famfs_error err;

	assert_ok(format_image((struct famfs_mkfs_params){ .force = true }, NULL, &err), &err);
}

/* A volume that is open for reading holds no lock; a mapping does. */
static void formatted_before_a_map(void **state)
{
	const struct famfs_map_params params = { 0 };
	struct famfs_mapping *mapping = NULL;
	struct famfs_volume *vol;
	struct famfs_error err;

	(void)state;
	make_image(64 * MIB);
	vol = open_volume(true);
	assert_ok(add_file(vol, "f", 5000, 1, &err), &err);
	famfs_close(vol);
	vol = open_volume(false);
	before_lock = format_again;
	assert_error(famfs_map(vol, "f", &params, &mapping, &err), -ESTALE, &err,
		     "another file system");
	assert_null(before_lock);
	assert_null(mapping);
	famfs_close(vol);
	/* Its lock is gone, too. */
	format_again();
}

/* A device whose users cannot be determined is not an unused one. */
static void unknown_users(void **state)
{
	struct famfs_mkfs_params params = { .force = true };
	struct famfs_mkfs_result result;
	struct famfs_error err;

	(void)state;
	make_image(64 * MIB);
	scan_error = EMFILE;
	for (int dry = 0; dry < 2; dry++) {
		params.dry_run = dry;
		assert_error(format_image(params, &result, &err), -EMFILE, &err,
			     "cannot find out who uses 'test.img'");
	}
	scan_error = 0;
	famfs_close(open_volume(true));
	params.dry_run = false;
	assert_ok(format_image(params, &result, &err), &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("a file of an image that was just formatted is not mapped",
		     formatted_before_a_map),
		TEST("an image whose users are unknown is not formatted", unknown_users),
		TEST("an image that could not be truncated is no file system any more",
		     cut_that_fails),
		TEST("a file that takes the image's place meanwhile is not formatted",
		     another_file),
		TEST("a file that takes the place of the image that was just made is not formatted",
		     another_file_when_made),
		TEST("a failure removes the image that it made, and no other file", left_behind),
		TEST("an image is formatted at the size that it has once it is locked",
		     resized_meanwhile),
		TEST("an image that another mkfs is formatting is not removed", two_at_once),
	};

	return run_group(tests);
}
