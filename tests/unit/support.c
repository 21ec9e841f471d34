/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include "base/crc.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char directory[PATH_MAX];

int enter_directory(void **state)
{
	const char *base = getenv("TMPDIR");

	(void)state;
	snprintf(directory, sizeof(directory), "%s/famfs-unit.XXXXXX", base ? base : "/tmp");
	be_master();
	return mkdtemp(directory) && chdir(directory) == 0 ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

int leave_directory(void **state)
{
	(void)state;
	return chdir("/") == 0 ? nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS) : -1;
}

void blame(struct first_fault *fault, const char *format, ...)
{
	va_list ap;

	if (fault->text[0])
		return;
	va_start(ap, format);
	vsnprintf(fault->text, sizeof(fault->text), format, ap);
	va_end(ap);
}

void assert_text_(const char *haystack, const char *needle, const char *file, int line)
{
	if (strstr(haystack, needle))
		return;
	print_error("# '%s' does not say '%s'\n", haystack, needle);
	_fail(file, line);
}

/* splitmix64 */
uint64_t rng_next(struct rng *rng)
{
	uint64_t z = (rng->state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

uint64_t rng_below(struct rng *rng, uint64_t bound)
{
	return rng_next(rng) % bound;
}

void be_master(void)
{
	setenv("FAMFS_SYSTEM_UUID", MASTER_UUID, 1);
}

void be_client(void)
{
	setenv("FAMFS_SYSTEM_UUID", CLIENT_UUID, 1);
}

void make_image(uint64_t size)
{
	const struct famfs_mkfs_params params = { .size = size,
						  .force = true,
						  .force_foreign = true };
	struct famfs_error err;

	be_master();
	unlink(IMAGE);
	assert_ok(famfs_mkfs(IMAGE, &params, NULL, &err), &err);
}

struct famfs_target image_target(void)
{
	static char name[] = IMAGE;

	return (struct famfs_target){ .device = name };
}

int format_image(struct famfs_mkfs_params params, struct famfs_mkfs_result *result,
		 struct famfs_error *err)
{
	return famfs_mkfs(IMAGE, &params, result, err);
}

void put_image(const char *bytes, size_t length, uint64_t size)
{
	FILE *f = fopen(IMAGE, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, length, f), length);
	fclose(f);
	image_resize(size);
}

struct famfs_volume *open_volume(bool write)
{
	const struct famfs_volume_params params = { .write = write };
	const struct famfs_target target = image_target();
	struct famfs_volume *vol = NULL;
	struct famfs_error err;

	assert_ok(famfs_open(&target, &params, &vol, &err), &err);
	return vol;
}

void make_large_log(uint64_t count)
{
	const struct famfs_mkfs_params params = { .size = GIB, .log_length = 256 * MIB };
	struct famfs_volume *vol;
	struct famfs_error err;
	char path[32];

	be_master();
	unlink(IMAGE);
	assert_ok(famfs_mkfs(IMAGE, &params, NULL, &err), &err);
	vol = open_volume(true);
	for (uint64_t i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "n%d", (int)i);
		assert_ok(add_dir(vol, path, &err), &err);
	}
	famfs_close(vol);
	counters_put(LARGE_LOG, LARGE_LOG);
}

uint64_t resident(void)
{
	unsigned long all, here;
	FILE *f = fopen("/proc/self/statm", "r");

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%lu %lu", &all, &here), 2);
	fclose(f);
	return (uint64_t)here * (uint64_t)sysconf(_SC_PAGESIZE);
}

static int open_raw(void)
{
	int fd = open(IMAGE, O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

void image_get(uint64_t offset, void *buf, size_t length)
{
	int fd = open_raw();

	assert_int_equal(pread(fd, buf, length, (off_t)offset), length);
	close(fd);
}

void image_put(uint64_t offset, const void *buf, size_t length)
{
	int fd = open_raw();

	assert_int_equal(pwrite(fd, buf, length, (off_t)offset), length);
	close(fd);
}

void image_resize(uint64_t size)
{
	assert_int_equal(truncate(IMAGE, (off_t)size), 0);
}

void entry_get(uint64_t index, struct omf_entry *raw)
{
	image_get(omf_entry_offset(index), raw, sizeof(*raw));
}

void entry_put(uint64_t index, const struct omf_entry *raw)
{
	image_put(omf_entry_offset(index), raw, sizeof(*raw));
}

void entry_seal(struct omf_entry *raw)
{
	raw->crc = le64_make(crc32_of(raw, OMF_ENTRY_CRC_BYTES));
}

void entry_change(uint64_t index, void (*change)(struct omf_entry *raw), bool seal)
{
	struct omf_entry raw;

	entry_get(index, &raw);
	change(&raw);
	if (seal)
		entry_seal(&raw);
	entry_put(index, &raw);
}

void counters_get(uint64_t *next_seqnum, uint64_t *next_index)
{
	struct omf_log_header raw;

	image_get(OMF_LOG_OFFSET, &raw, sizeof(raw));
	*next_seqnum = le64_get(raw.next_seqnum);
	*next_index = le64_get(raw.next_index);
}

void counters_put(uint64_t next_seqnum, uint64_t next_index)
{
	const le64 counters[] = { le64_make(next_seqnum), le64_make(next_index) };

	image_put(OMF_LOG_OFFSET + offsetof(struct omf_log_header, next_seqnum), counters,
		  sizeof(counters));
}

void fill_bytes(void *buf, size_t length, uint32_t seed)
{
	struct famfs_random random;

	famfs_random_init(&random, seed);
	famfs_random_fill(&random, buf, length);
}

int add_file(struct famfs_volume *vol, const char *path, uint64_t size, uint32_t seed,
	     struct famfs_error *err)
{
	const struct famfs_create_params params = { .size = size, .mode = 0644, .no_zero = true };
	struct famfs_file *file;
	void *bytes = malloc(size);
	int ret = famfs_create(vol, path, &params, &file, err);

	fill_bytes(bytes, size, seed);
	if (ret == 0) {
		ret = famfs_file_write(file, 0, bytes, size, err);
		if (ret == 0)
			ret = famfs_file_publish(file, err);
		else
			famfs_file_close(file);
	}
	free(bytes);
	return ret;
}

int add_unfilled(struct famfs_volume *vol, const char *path, uint64_t size, struct famfs_error *err)
{
	const struct famfs_create_params params = { .size = size, .mode = 0644, .no_zero = true };

	return famfs_create_unfilled(vol, path, &params, err);
}

int add_dir(struct famfs_volume *vol, const char *path, struct famfs_error *err)
{
	const struct famfs_mkdir_params params = { .mode = 0755 };

	return famfs_mkdir(vol, path, &params, err);
}

static const char *content_fault(struct famfs_file *file, uint64_t size, uint32_t seed)
{
	unsigned char *want = malloc(size), *got = malloc(size);
	const char *fault = NULL;
	struct famfs_error err;

	fill_bytes(want, size, seed);
	if (famfs_file_size(file) != size)
		fault = "has another size";
	else if (famfs_file_read(file, 0, got, size, &err) < 0)
		fault = "cannot be read";
	else if (memcmp(want, got, size) != 0)
		fault = "has other contents";
	free(want);
	free(got);
	return fault;
}

const char *file_fault(struct famfs_volume *vol, const char *path, uint64_t size, uint32_t seed)
{
	struct famfs_file *file;
	struct famfs_error err;
	const char *fault;

	if (famfs_file_open(vol, path, &file, &err) < 0)
		return "is not there";
	fault = content_fault(file, size, seed);
	famfs_file_close(file);
	return fault;
}
