/* SPDX-License-Identifier: Apache-2.0 */
#include "pagecache.h"

#include "device/mapped.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct powercut *cache;
static int barriers_left = -1; /* barriers before the one that is skipped */

/* ---- injected errors --------------------------------------------------------------------------
 */

static enum trouble trouble;
static int calls_left = -1;
static bool refuse_mappings;

void pagecache_refuse_mappings(bool refuse)
{
	refuse_mappings = refuse;
}

void pagecache_trouble(enum trouble what, int after)
{
	trouble = what;
	calls_left = after;
}

int pagecache_trouble_in(void)
{
	return calls_left;
}

int trouble_errno(enum trouble what)
{
	static const int codes[] = { EIO, ENOSPC, 0, 0, EHWPOISON };

	return codes[what];
}

/* True when this call fails, with errno set; `length`, of calls that have one, may become shorter.
 */
static bool fails(size_t *length)
{
	if (calls_left < 0 || calls_left-- > 0)
		return false;
	if (trouble == TROUBLE_SHORT) {
		if (length && *length > 1)
			*length /= 2;
		return false;
	}
	errno = trouble == TROUBLE_EINTR ? EINTR : trouble_errno(trouble);
	return true;
}

static bool fails_uninterrupted(void)
{
	return trouble != TROUBLE_EINTR && fails(NULL);
}

/* ---- system calls ---------------------------------------------------------------------------- */

ssize_t __real_pread64(int fd, void *buf, size_t length, off_t offset);
ssize_t __wrap_pread64(int fd, void *buf, size_t length, off_t offset);
ssize_t __real_pwrite64(int fd, const void *buf, size_t length, off_t offset);
ssize_t __wrap_pwrite64(int fd, const void *buf, size_t length, off_t offset);
int __real_fallocate64(int fd, int mode, off_t offset, off_t length);
int __wrap_fallocate64(int fd, int mode, off_t offset, off_t length);
int __real_ftruncate64(int fd, off_t length);
int __wrap_ftruncate64(int fd, off_t length);
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);
int __real_fsync(int fd);
int __wrap_fsync(int fd);

ssize_t __wrap_pread64(int fd, void *buf, size_t length, off_t offset)
{
	return fails(&length) ? -1 : __real_pread64(fd, buf, length, offset);
}

ssize_t __wrap_pwrite64(int fd, const void *buf, size_t length, off_t offset)
{
	ssize_t n = fails(&length) ? -1 : __real_pwrite64(fd, buf, length, offset);

	if (n > 0 && cache)
		powercut_store(cache, (uint64_t)offset, buf, (size_t)n);
	return n;
}

int __wrap_fallocate64(int fd, int mode, off_t offset, off_t length)
{
	int ret = fails(NULL) ? -1 : __real_fallocate64(fd, mode, offset, length);

	if (ret == 0 && cache)
		powercut_store(cache, (uint64_t)offset, NULL, (uint64_t)length);
	return ret;
}

int __wrap_ftruncate64(int fd, off_t length)
{
	return fails(NULL) ? -1 : __real_ftruncate64(fd, length);
}

int __wrap_fdatasync(int fd)
{
	if (fails(NULL))
		return -1;
	if (cache && barriers_left-- != 0)
		powercut_settle(cache);
	return cache ? 0 : __real_fdatasync(fd);
}

/* The library calls fsync() only for folders. */
int __wrap_fsync(int fd)
{
	return fails_uninterrupted() ? -1 : __real_fsync(fd);
}

/* ---- mappings -------------------------------------------------------------------------------- */

#define MAPPINGS 8

static struct {
	const char *at;
	size_t length;
	uint64_t offset;
} mappings[MAPPINGS];

void *__real_mmap64(void *at, size_t length, int prot, int flags, int fd, off_t offset);
void *__wrap_mmap64(void *at, size_t length, int prot, int flags, int fd, off_t offset);
int __real_mapped_copy(void *to, const void *from, size_t length);
int __wrap_mapped_copy(void *to, const void *from, size_t length);

static void note_mapping(const void *at, size_t length, uint64_t offset)
{
	static size_t next;

	/* An address that is used again is another mapping. */
	for (size_t i = 0; i < MAPPINGS; i++)
		if (mappings[i].at == at)
			mappings[i].at = NULL;
	mappings[next].at = at;
	mappings[next].length = length;
	mappings[next].offset = offset;
	next = (next + 1) % MAPPINGS;
}

void *__wrap_mmap64(void *at, size_t length, int prot, int flags, int fd, off_t offset)
{
	void *p;

	if (fd < 0)
		return __real_mmap64(at, length, prot, flags, fd, offset);
	errno = ENODEV;
	p = refuse_mappings || fails_uninterrupted()
		    ? MAP_FAILED
		    : __real_mmap64(at, length, prot, flags, fd, offset);
	if (p != MAP_FAILED && (flags & MAP_SHARED))
		note_mapping(p, length, (uint64_t)offset);
	return p;
}

/* Every store through a mapping; a page that is not available is a memory error. */
int __wrap_mapped_copy(void *to, const void *from, size_t length)
{
	int ret = fails_uninterrupted() ? -EIO : __real_mapped_copy(to, from, length);
	const char *p = to;

	for (size_t i = 0; ret == 0 && cache && i < MAPPINGS; i++)
		if (mappings[i].at && p >= mappings[i].at &&
		    p < mappings[i].at + mappings[i].length)
			powercut_store(cache, mappings[i].offset + (uint64_t)(p - mappings[i].at),
				       from, length);
	return ret;
}

/* ---- the image ------------------------------------------------------------------------------- */

void pagecache_start(struct powercut *cut, const struct memory *mem)
{
	static const char zeros[4096];
	FILE *f = fopen(IMAGE, "we");

	assert_non_null(f);
	fclose(f);
	image_resize(mem->size);
	for (uint64_t at = 0; at < mem->size; at += sizeof(zeros))
		if (memcmp(mem->base + at, zeros, sizeof(zeros)) != 0)
			image_put(at, mem->base + at, sizeof(zeros));
	cache = cut;
	barriers_left = -1;
}

void pagecache_stop(void)
{
	cache = NULL;
	calls_left = -1;
	unlink(IMAGE);
}

void pagecache_skip_barrier(int number)
{
	barriers_left = number;
}
