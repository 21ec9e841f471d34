/* SPDX-License-Identifier: Apache-2.0 */
#include "memdev.h"

#include "base/error.h"
#include "media/superblock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <uuid.h>

/* ---- time ---------------------------------------------------------------------------------- */

#define CLOCK_START UINT64_C(1000000000)

static uint64_t clock_ns = CLOCK_START;
static void (*sleep_hook)(void *arg);
static void *sleep_arg;

uint64_t time_passed(void)
{
	return clock_ns - CLOCK_START;
}

void let_time_pass(uint64_t ns)
{
	clock_ns += ns;
}

void on_sleep(void (*wake)(void *arg), void *arg)
{
	sleep_hook = wake;
	sleep_arg = arg;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *ts);
int __wrap_nanosleep(const struct timespec *request, struct timespec *left);

int __wrap_clock_gettime(clockid_t clock, struct timespec *ts)
{
	(void)clock;
	ts->tv_sec = (time_t)(clock_ns / 1000000000);
	ts->tv_nsec = (long)(clock_ns % 1000000000);
	return 0;
}

int __wrap_nanosleep(const struct timespec *request, struct timespec *left)
{
	(void)left;
	clock_ns += (uint64_t)request->tv_sec * 1000000000 + (uint64_t)request->tv_nsec;
	if (sleep_hook)
		sleep_hook(sleep_arg);
	return 0;
}

/* ---- memory -------------------------------------------------------------------------------- */

static struct memory *map(int fd, uint64_t size, int flags)
{
	struct memory *mem = calloc(1, sizeof(*mem));

	assert_non_null(mem);
	mem->base = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);
	assert_true(mem->base != MAP_FAILED);
	mem->size = size;
	mem->fd = fd;
	mem->locks = locks_new();
	return mem;
}

struct memory *memory_new(uint64_t size)
{
	int fd = memfd_create("memory", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	return map(fd, size, MAP_SHARED);
}

#define PAGE 4096u

struct memory *memory_fork(const struct memory *mem)
{
	int fd = dup(mem->fd);
	struct memory *fork;

	assert_true(fd >= 0);
	fork = map(fd, mem->size, MAP_PRIVATE);
	fork->origin = mem;
	fork->changed = calloc(mem->size / PAGE, 1);
	assert_non_null(fork->changed);
	return fork;
}

static void note_change(struct memory *fork, uint64_t page)
{
	if (fork->changed[page])
		return;
	fork->changed[page] = 1;
	if (fork->npages == fork->room) {
		fork->room = fork->room ? 2 * fork->room : 64;
		fork->pages = realloc(fork->pages, fork->room * sizeof(*fork->pages));
		assert_non_null(fork->pages);
	}
	fork->pages[fork->npages++] = (uint32_t)page;
}

void memory_write(struct memory *mem, uint64_t offset, const void *buf, uint64_t length)
{
	for (uint64_t page = offset / PAGE; mem->origin && page * PAGE < offset + length; page++)
		note_change(mem, page);
	if (buf)
		memcpy(mem->base + offset, buf, length);
	else
		memset(mem->base + offset, 0, length);
}

void memory_reset(struct memory *fork)
{
	for (size_t i = 0; i < fork->npages; i++) {
		uint64_t at = (uint64_t)fork->pages[i] * PAGE;

		memcpy(fork->base + at, fork->origin->base + at, PAGE);
		fork->changed[fork->pages[i]] = 0;
	}
	fork->npages = 0;
}

void memory_free(struct memory *mem)
{
	munmap(mem->base, mem->size);
	close(mem->fd);
	locks_free(mem->locks);
	free(mem->changed);
	free(mem->pages);
	free(mem);
}

static void litter_unit(unsigned char *unit, uint32_t seed)
{
	fill_bytes(unit, 4096, seed);
	for (uint64_t at = AU / 4; at < AU; at += AU / 4)
		fill_bytes(unit + at + 3 * LINE, LINE, seed + (uint32_t)at);
	fill_bytes(unit + AU - 2 * LINE, 2 * LINE, seed + 1);
}

void memory_litter(struct memory *mem)
{
	uint64_t data = OMF_LOG_OFFSET + OMF_LOG_LENGTH_MIN;

	for (uint64_t at = data; at + AU <= mem->size; at += AU)
		if (at < 64 * MIB || at % GIB < 64 * MIB)
			litter_unit(mem->base + at, (uint32_t)(at / AU));
}

enum region region_of(uint64_t offset)
{
	if (offset < OMF_LOG_OFFSET)
		return REGION_SUPER;
	if (offset < omf_entry_offset(0))
		return REGION_COUNTERS;
	return offset < OMF_LOG_OFFSET + OMF_LOG_LENGTH_MIN ? REGION_ENTRIES : REGION_DATA;
}

/* ---- devices ------------------------------------------------------------------------------- */

static device_maker maker;
static void *maker_arg;

void plug(device_maker make, void *arg)
{
	maker = make;
	maker_arg = arg;
}

int __wrap_device_open(const char *path, enum device_access access, struct device **out,
		       struct famfs_error *err);

int __wrap_device_open(const char *path, enum device_access access, struct device **out,
		       struct famfs_error *err)
{
	if (!maker)
		return error_set(err, -ENOENT, "nothing is plugged in for '%s'", path);
	*out = maker(maker_arg);
	(*out)->writable = access != DEVICE_READ;
	return 0;
}

void init_device(struct lockable *dev, const struct device_ops *ops, uint64_t size,
		 struct locks *locks)
{
	dev->dev.ops = ops;
	dev->dev.path = strdup(MEMORY_NAME);
	dev->dev.size = size;
	dev->dev.writable = true;
	dev->dev.fd = -1;
	dev->locks = locks;
}

struct plain {
	struct lockable lockable;
	struct memory *mem;
};

static int operations_left = -1;

void plain_fail_after(int operations)
{
	operations_left = operations;
}

int plain_fails_in(void)
{
	return operations_left;
}

static bool fails(void)
{
	return operations_left >= 0 && operations_left-- == 0;
}

static int plain_read(struct device *dev, uint64_t offset, void *buf, size_t length)
{
	if (fails())
		return -EIO;
	memcpy(buf, ((struct plain *)dev)->mem->base + offset, length);
	lockable_read(dev, offset, buf, length);
	return 0;
}

static int plain_write(struct device *dev, uint64_t offset, const void *buf, size_t length)
{
	if (fails())
		return -EIO;
	lockable_store(dev);
	memory_write(((struct plain *)dev)->mem, offset, buf, length);
	return 0;
}

static int plain_zero(struct device *dev, uint64_t offset, uint64_t length)
{
	if (fails())
		return -EIO;
	lockable_store(dev);
	memory_write(((struct plain *)dev)->mem, offset, NULL, length);
	return 0;
}

static void plain_close(struct device *dev)
{
	lockable_close(dev);
	free(dev);
}

static const struct device_ops plain_ops = {
	.kind = "memory",
	.read = plain_read,
	.write = plain_write,
	.zero = plain_zero,
	.lock = lockable_lock,
	.lock_find = lockable_find,
	.close = plain_close,
};

struct device *plain_device(struct memory *mem)
{
	struct plain *plain = calloc(1, sizeof(*plain));

	assert_non_null(plain);
	init_device(&plain->lockable, &plain_ops, mem->size, mem->locks);
	plain->mem = mem;
	return &plain->lockable.dev;
}

static struct device *make_plain(void *arg)
{
	return plain_device(arg);
}

void plug_memory(struct memory *mem)
{
	plug(make_plain, mem);
}

void memory_format(struct memory *mem)
{
	struct superblock sb = { .version = OMF_SUPER_VERSION,
				 .log_length = OMF_LOG_LENGTH_MIN,
				 .alloc_unit = AU,
				 .major = OMF_MAJOR,
				 .minor = OMF_MINOR,
				 .uuid = { 0xf0, 1, 2, 3 },
				 .dev_uuid = { 0xde, 1, 2, 3 },
				 .recorded_size = mem->size };

	be_master();
	assert_int_equal(uuid_parse(MASTER_UUID, sb.system_uuid), 0);
	superblock_encode((void *)mem->base, &sb);
	log_header_encode((void *)(mem->base + OMF_LOG_OFFSET), sb.log_length);
}

struct famfs_target memory_target(void)
{
	static char name[] = MEMORY_NAME;

	return (struct famfs_target){ .device = name };
}

int open_plugged(bool write, struct famfs_volume **out, struct famfs_error *err)
{
	const struct famfs_volume_params params = { .write = write };
	const struct famfs_target target = memory_target();

	return famfs_open(&target, &params, out, err);
}

struct memory *memory_with_dirs(uint64_t size)
{
	struct memory *mem = memory_new(size);
	struct famfs_volume *vol;
	struct famfs_error err;

	memory_format(mem);
	plug_memory(mem);
	assert_ok(open_plugged(true, &vol, &err), &err);
	assert_ok(add_dir(vol, "a", &err), &err);
	assert_ok(add_dir(vol, "b", &err), &err);
	assert_ok(add_dir(vol, "c", &err), &err);
	famfs_close(vol);
	return mem;
}
