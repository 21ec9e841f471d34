/* SPDX-License-Identifier: Apache-2.0 */
#include "device/mapping.h"

#include "base/error.h"
#include "base/guard.h"
#include "base/persist.h"
#include "device/backend.h"
#include "device/modelock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct famfs_mapping {
	unsigned char *addr;
	uint64_t mapped; /* bytes from addr on */
	void *reserved;  /* the range around addr, larger than it for alignment */
	uint64_t reserved_length;
	uint64_t size;                 /* of the file */
	struct opened_node node;       /* its descriptor carries the lock on byte 0 */
	const struct persist *persist; /* NULL if the memory is coherent */
};

uint64_t famfs_mapping_limit(void)
{
	FILE *f = fopen("/proc/sys/vm/max_map_count", "re");
	uint64_t most = 0;

	if (!f)
		return 0;
	if (fscanf(f, "%" SCNu64, &most) != 1)
		most = 0;
	fclose(f);
	return most;
}

/* Counts the process's mappings; *most is their limit. */
static int count_maps(uint64_t *have, uint64_t *most)
{
	FILE *f;
	int c;

	*most = famfs_mapping_limit();
	if (!*most)
		return -EIO;
	f = fopen("/proc/self/maps", "re");
	if (!f)
		return -errno;
	for (*have = 0; (c = getc_unlocked(f)) != EOF;)
		*have += c == '\n';
	fclose(f);
	return 0;
}

/* Checks the limit before mapping anything: a failure in the middle would have to undo the first
 * mappings, and would leave none to the rest of the process. */
static int check_count(const struct map_request *request, struct famfs_error *err)
{
	uint64_t have = 0, most = 0, count = request->count;
	int ret = count_maps(&have, &most);

	if (ret < 0)
		return error_errno(err, ret, "cannot see how many mappings the process may have");
	/* One more for the reserved address range. */
	if (count + 1 <= most && have <= most - count - 1)
		return 0;
	error_set(err, -E2BIG,
		  "'%s' takes %" PRIu64 " mappings: the process has %" PRIu64
		  " of at most %" PRIu64,
		  request->name, count, have, most);
	error_remedy_number(err, FAMFS_REMEDY_RAISE_MAP_COUNT, have + count + 1024);
	return -E2BIG;
}

static int open_again(struct famfs_mapping *mapping, const struct device *dev, bool write,
		      struct famfs_error *err)
{
	struct opened_node *node = &mapping->node;
	struct stat was;
	int ret = device_open_node(dev->path, dev->path, write ? DEVICE_WRITE : DEVICE_READ, node,
				   err);

	if (ret < 0)
		return ret;
	if (fstat(dev->fd, &was) < 0)
		return error_errno(err, -errno, "cannot stat '%s'", dev->path);
	if (was.st_dev != node->st.st_dev || was.st_ino != node->st.st_ino)
		return error_set(err, -ESTALE, "'%s' is another file now", dev->path);
	return 0;
}

static int lock(const struct famfs_mapping *mapping, const struct device *dev,
		struct famfs_error *err)
{
	int ret = fd_lock(mapping->node.fd, DEVICE_SHARED, 0, 1);

	if (ret == -EAGAIN)
		return error_set(err, -EBUSY, "'%s' is being formatted or repaired", dev->path);
	return ret < 0 ? error_errno(err, ret, "cannot lock '%s'", dev->path) : 0;
}

/* Reserves a range of addresses, aligned for the device and for huge pages. */
static int reserve(struct famfs_mapping *mapping, uint64_t align)
{
	uint64_t slack = align > FAMFS_ALLOC_UNIT ? align : FAMFS_ALLOC_UNIT;
	void *p = mmap(NULL, mapping->mapped + slack, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return -errno;
	mapping->reserved = p;
	mapping->reserved_length = mapping->mapped + slack;
	mapping->addr = (unsigned char *)(((uintptr_t)p + slack - 1) & ~(slack - 1));
	return 0;
}

static int map_pieces(const struct famfs_mapping *mapping, const struct map_request *request)
{
	int prot = request->write ? PROT_READ | PROT_WRITE : PROT_READ;
	unsigned char *at = mapping->addr;

	for (size_t i = 0; i < request->count; i++) {
		const struct map_piece *piece = &request->pieces[i];

		if (mmap(at, piece->length, prot, MAP_SHARED | MAP_FIXED, mapping->node.fd,
			 (off_t)piece->offset) == MAP_FAILED)
			return -errno;
		at += piece->length;
	}
	return 0;
}

static int map(struct famfs_mapping *mapping, const struct device *dev,
	       const struct map_request *request, struct famfs_error *err)
{
	int ret = open_again(mapping, dev, request->write, err);

	if (ret == 0)
		ret = lock(mapping, dev, err);
	if (ret < 0)
		return ret;
	for (size_t i = 0; i < request->count; i++)
		mapping->mapped += request->pieces[i].length;
	ret = reserve(mapping, dev->align);
	if (ret == 0)
		ret = map_pieces(mapping, request);
	return ret < 0 ? error_errno(err, ret, "cannot map '%s'", dev->path) : 0;
}

static struct famfs_mapping *create(const struct map_request *request)
{
	struct famfs_mapping *mapping = calloc(1, sizeof(*mapping));

	if (!mapping)
		return NULL;
	mapping->node.fd = mapping->node.modelock = -1;
	mapping->size = request->size;
	return mapping;
}

int device_map(const struct device *dev, const struct map_request *request,
	       struct famfs_mapping **out, struct famfs_error *err)
{
	struct famfs_mapping *mapping;
	int ret = check_count(request, err);

	if (ret < 0)
		return ret;
	mapping = create(request);
	if (!mapping)
		return error_set(err, -ENOMEM, "out of memory");
	if (dev->ops->flush)
		mapping->persist = persist_for_cpu();
	ret = map(mapping, dev, request, err);
	if (ret < 0) {
		famfs_unmap(mapping);
		return ret;
	}
	*out = mapping;
	return 0;
}

/* The address is aligned to 2 MiB, so that the kernel can map huge pages. The mapping ends with the
 * file's last page: an access after it would fault. */
static int map_file(struct famfs_mapping *mapping, int file, const struct map_request *request)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	int prot = request->write ? PROT_READ | PROT_WRITE : PROT_READ;
	int ret;

	mapping->mapped = (request->size + page - 1) / page * page;
	ret = reserve(mapping, page);
	/* An empty file has nothing to map. */
	if (ret == 0 && request->size &&
	    mmap(mapping->addr, mapping->mapped, prot, MAP_SHARED | MAP_FIXED, file, 0) ==
		    MAP_FAILED)
		ret = -errno;
	return ret;
}

/* If the user may not open the node, or a container has no node, the lock of the mount's server
 * protects the mapping. */
static int lock_if_allowed(struct famfs_mapping *mapping, const struct device *dev,
			   struct famfs_error *err)
{
	struct famfs_error why = { 0 };
	int ret = device_open_node(dev->path, dev->path, DEVICE_READ, &mapping->node, &why);

	if (ret == -EACCES || ret == -EPERM || ret == -ENOENT || ret == -ENOTSUP)
		return 0;
	if (ret < 0 && err)
		*err = why;
	return ret < 0 ? ret : lock(mapping, dev, err);
}

int device_map_file(const struct device *dev, int file, const struct map_request *request,
		    struct famfs_mapping **out, struct famfs_error *err)
{
	struct famfs_mapping *mapping = create(request);
	int ret;

	if (!mapping)
		return error_set(err, -ENOMEM, "out of memory");
	mapping->persist = persist_for_cpu();
	ret = lock_if_allowed(mapping, dev, err);
	if (ret == 0) {
		ret = map_file(mapping, file, request);
		if (ret < 0)
			device_explain(dev, error_errno(err, ret, "cannot map '%s'", request->name),
				       err);
	}
	if (ret < 0) {
		famfs_unmap(mapping);
		return ret;
	}
	*out = mapping;
	return 0;
}

void famfs_unmap(struct famfs_mapping *mapping)
{
	if (!mapping)
		return;
	if (mapping->reserved)
		munmap(mapping->reserved, mapping->reserved_length);
	opened_node_close(&mapping->node);
	free(mapping);
}

void *famfs_mapping_addr(const struct famfs_mapping *mapping)
{
	return mapping->addr;
}

uint64_t famfs_mapping_size(const struct famfs_mapping *mapping)
{
	return mapping->size;
}

static bool outside(const struct famfs_mapping *mapping, uint64_t offset, uint64_t length)
{
	return offset > mapping->mapped || length > mapping->mapped - offset;
}

/* -EIO for bad memory, after famfs_guard_memory_errors(). */
static int operate(const struct famfs_mapping *mapping, uint64_t offset, uint64_t length,
		   void (*operation)(const void *addr, size_t length))
{
	struct guard guard;

	if (!guard_enter(&guard)) {
		guard_leave(&guard);
		return -EIO;
	}
	operation(mapping->addr + offset, length);
	guard_leave(&guard);
	return 0;
}

int famfs_flush(const struct famfs_mapping *mapping, uint64_t offset, uint64_t length)
{
	const struct persist *persist = mapping->persist;
	int ret = outside(mapping, offset, length) ? -EINVAL : 0;

	if (ret == 0 && persist) {
		ret = operate(mapping, offset, length, persist->flush);
		persist->fence();
	}
	return ret;
}

int famfs_invalidate(const struct famfs_mapping *mapping, uint64_t offset, uint64_t length)
{
	const struct persist *persist = mapping->persist;
	int ret = outside(mapping, offset, length) ? -EINVAL : 0;

	return ret == 0 && persist ? operate(mapping, offset, length, persist->invalidate) : ret;
}
