/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A copy onto a mapped device, beside the plainest one that there is: a loop of pread and
 * non-temporal stores. The device is an image that is mapped as a whole, and written as a DAX
 * device is: machines without such memory have this figure too.
 *
 *   bench-copymap ROUNDS SOURCE IMAGE PATH
 *
 * PATH is a file of the image that is one extent, as long as SOURCE. Speed beside the faster of two
 * block sizes, higher is better: mapped_copy; mapped_loop: bytes a second of that loop
 */
#include "bench.h"

#include "base/persist.h"
#include "device/device.h"
#include "fs/volume.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

#define SMALL_BLOCK ((size_t)256 << 10)
#define LARGE_BLOCK ((size_t)1 << 20)

static struct famfs_error err;
static const struct persist *persist;
static unsigned char *base;
static unsigned char *block;

static int mapped_read(struct device *dev, uint64_t offset, void *buf, size_t length)
{
	(void)dev;
	memcpy(buf, base + offset, length);
	return 0;
}

static int mapped_write(struct device *dev, uint64_t offset, const void *buf, size_t length)
{
	(void)dev;
	memcpy(base + offset, buf, length);
	return 0;
}

static int mapped_store(struct device *dev, uint64_t offset, const void *buf, size_t length)
{
	(void)dev;
	persist_store(persist, base + offset, buf, length);
	return 0;
}

static void mapped_flush(struct device *dev, uint64_t offset, uint64_t length)
{
	(void)dev;
	persist->flush(base + offset, length);
}

static void mapped_invalidate(struct device *dev, uint64_t offset, uint64_t length)
{
	(void)dev;
	persist->invalidate(base + offset, length);
}

static void mapped_fence(struct device *dev)
{
	(void)dev;
	persist->fence();
}

static void mapped_close(struct device *dev)
{
	munmap(base, dev->size);
	free(dev);
}

static const struct device_ops mapped_ops = {
	.kind = "a mapped image",
	.read = mapped_read,
	.write = mapped_write,
	.store = mapped_store,
	.flush = mapped_flush,
	.fence = mapped_fence,
	.invalidate = mapped_invalidate,
	.close = mapped_close,
};

static int open_or_die(const char *path, int flags, uint64_t *size)
{
	int fd = open(path, flags | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		die("cannot open '%s': %s", path, strerror(errno));
	*size = (uint64_t)st.st_size;
	return fd;
}

static struct device *map_image(const char *path)
{
	struct device *dev = xcalloc(1, sizeof(*dev));

	dev->ops = &mapped_ops;
	dev->fd = open_or_die(path, O_RDWR, &dev->size);
	dev->writable = true;
	dev->path = strdup(path);
	base = mmap(NULL, dev->size, PROT_READ | PROT_WRITE, MAP_SHARED, dev->fd, 0);
	if (base == MAP_FAILED)
		die("cannot map '%s': %s", path, strerror(errno));
	return dev;
}

#if defined(__x86_64__)

static void stream(unsigned char *to, const unsigned char *from, size_t length)
{
	for (size_t i = 0; i < length; i += sizeof(__m128i))
		_mm_stream_si128((__m128i *)(void *)(to + i),
				 _mm_load_si128((const __m128i *)(const void *)(from + i)));
}

#else

/* The alternative: a copy that is written back. */
static void stream(unsigned char *to, const unsigned char *from, size_t length)
{
	memcpy(to, from, length);
	persist->flush(to, length);
}

#endif

/* Seconds. */
static double run_loop(int source, uint64_t length, uint64_t offset, size_t size)
{
	double begin = now();

	for (uint64_t at = 0; at < length; at += size) {
		if (pread(source, block, size, (off_t)at) != (ssize_t)size)
			die("cannot read the source");
		stream(base + offset + at, block, size);
		persist->fence();
	}
	return now() - begin;
}

static double run_copy(struct famfs_volume *vol, const char *path, int source)
{
	struct famfs_file *file;
	double begin = now();

	if (famfs_file_open(vol, path, &file, &err) < 0 ||
	    famfs_file_copy(file, source, NULL, NULL, &err) < 0)
		die("%s", err.message);
	famfs_file_close(file);
	return now() - begin;
}

/* The results of a loop in each round, and the copy next to it. */
struct beside {
	struct series speed;
	struct series ratio;
};

static void note(struct beside *beside, uint64_t length, double loop, double copy)
{
	series_add(&beside->speed, (double)length / loop);
	series_add(&beside->ratio, loop / copy);
}

static void measure(uint64_t rounds, struct famfs_volume *vol, const char *path, int source,
		    uint64_t length)
{
	struct beside small = { 0 }, large = { 0 }, *fast;
	struct famfs_fmap fmap;

	if (famfs_fmap(vol, path, &fmap, &err) < 0)
		die("%s", err.message);
	if (fmap.nextents != 1 || fmap.size != length || length % LARGE_BLOCK)
		die("'%s' is not one extent of the source's length", path);
	/* The first round touches all memory, and does not count. */
	for (uint64_t i = 0; i <= rounds; i++) {
		double first = run_loop(source, length, fmap.extents[0].offset, SMALL_BLOCK);
		double copy = run_copy(vol, path, source);
		double last = run_loop(source, length, fmap.extents[0].offset, LARGE_BLOCK);

		if (i == 0)
			continue;
		note(&small, length, first, copy);
		note(&large, length, last, copy);
	}
	fast = series_median(&small.speed) > series_median(&large.speed) ? &small : &large;
	series_report(&fast->ratio, "mapped_copy");
	series_report(&fast->speed, "mapped_loop");
}

int main(int argc, char *argv[])
{
	struct volume_params params = { .access = DEVICE_WRITE };
	struct famfs_volume *vol;
	uint64_t length;
	int source;

	if (argc != 5)
		die("see the head of copymap.c");
	persist = persist_for_cpu();
	source = open_or_die(argv[2], O_RDONLY, &length);
	if (volume_open(map_image(argv[3]), &params, &vol, &err) < 0)
		die("%s", err.message);
	if (posix_memalign((void **)&block, 4096, LARGE_BLOCK) != 0)
		die("out of memory");
	measure(number(argv[1], 1000), vol, argv[4], source, length);
	volume_close(vol);
	free(block);
	close(source);
	return 0;
}
