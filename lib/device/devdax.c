/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A DAX device in devdax mode, mapped as a whole with MAP_SHARED, since the node has no read, write
 * or fsync. Pages are mapped at their first access, so the device may be larger than memory.
 *
 * Every access may raise SIGBUS: a poisoned page, or a driver that was unbound. After
 * famfs_guard_memory_errors(), it returns -EIO instead.
 */
#include "device/backend.h"

#include "base/error.h"
#include "base/persist.h"
#include "device/daxinfo.h"
#include "device/mapped.h"
#include "device/mountinfo.h"
#include "device/usage.h"
#include "shared/cleanup.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

struct devdax {
	struct device dev;
	const struct persist *persist;
	unsigned char *base; /* NULL until the device is mapped */
	int modelock;        /* -1: none */
};

static struct devdax *to_devdax(struct device *dev)
{
	return (struct devdax *)dev;
}

static int devdax_read(struct device *dev, uint64_t offset, void *buf, size_t length)
{
	return mapped_copy(buf, to_devdax(dev)->base + offset, length);
}

static int devdax_write(struct device *dev, uint64_t offset, const void *buf, size_t length)
{
	return mapped_copy(to_devdax(dev)->base + offset, buf, length);
}

static int devdax_store(struct device *dev, uint64_t offset, const void *buf, size_t length)
{
	const struct devdax *dax = to_devdax(dev);

	return mapped_store(dax->persist, dax->base + offset, buf, length);
}

static void devdax_flush(struct device *dev, uint64_t offset, uint64_t length)
{
	const struct devdax *dax = to_devdax(dev);

	mapped_operate(dax->persist->flush, dax->base + offset, length);
}

static void devdax_invalidate(struct device *dev, uint64_t offset, uint64_t length)
{
	const struct devdax *dax = to_devdax(dev);

	mapped_operate(dax->persist->invalidate, dax->base + offset, length);
}

static void devdax_fence(struct device *dev)
{
	to_devdax(dev)->persist->fence();
}

static void devdax_close(struct device *dev)
{
	struct devdax *dax = to_devdax(dev);

	if (dax->base)
		munmap(dax->base, dev->size);
	/* Last: from now on the driver may be removed. */
	if (dax->modelock >= 0)
		close(dax->modelock);
	free(dax);
}

static const struct device_ops devdax_ops = {
	.kind = "a DAX device",
	.dax = true,
	.read = devdax_read,
	.write = devdax_write,
	.store = devdax_store,
	.flush = devdax_flush,
	.fence = devdax_fence,
	.invalidate = devdax_invalidate,
	.lock = device_fd_lock,
	.lock_find = device_fd_lock_find,
	.close = devdax_close,
};

struct node_search {
	dev_t dev;
	bool found;
};

static int visit_mount(void *arg, const struct mount_entry *entry)
{
	struct node_search *search = arg;

	search->found = entry->dev == search->dev && strcmp(entry->fstype, "devtmpfs") == 0;
	return search->found;
}

/* A lock on a node that a container made does not conflict with a lock on the kernel's node, so two
 * processes could append at once and damage the log. */
int device_check_node(const char *path, const struct stat *st, struct famfs_error *err)
{
	struct node_search search = { .dev = st->st_dev };
	int ret = mountinfo_walk(visit_mount, &search);

	if (ret < 0)
		return error_errno(err, ret, "cannot read the mount table");
	if (search.found)
		return 0;
	error_refuse(
		err, -EPERM,
		"'%s' is not the kernel's node of the device: locks on it are not seen by others",
		path);
	error_remedy(err, FAMFS_REMEDY_BIND_NODE, NULL);
	return -EPERM;
}

static int map_all(struct devdax *dax, struct famfs_error *err)
{
	struct device *dev = &dax->dev;
	int prot = dev->writable ? PROT_READ | PROT_WRITE : PROT_READ;
	void *base = mmap(NULL, dev->size, prot, MAP_SHARED, dev->fd, 0);

	if (base == MAP_FAILED)
		return error_errno(err, -errno, "cannot map '%s'", dev->path);
	dax->base = base;
	/* Keeps the memory of all hosts out of a core dump. */
	(void)madvise(base, dev->size, MADV_DONTDUMP);
	return 0;
}

/* The remedy is not to switch the mode, which would crash the host while the device is mounted. */
static int refuse_mounted(const char *path, struct famfs_error *err)
{
	struct usage_text user;

	if (device_mounts(path, &user) <= 0)
		return 0;
	error_refuse(err, -EOPNOTSUPP, "'%s' is %s, in famfs mode, in which it cannot be mapped",
		     path, user.text);
	usage_remedy(&user, err);
	return -EOPNOTSUPP;
}

static int open_dax(struct devdax *dax, const struct stat *st, bool must_write,
		    struct famfs_error *err)
{
	struct device *dev = &dax->dev;
	struct famfs_dax_info info;
	int ret = daxinfo_read("", st->st_rdev, &info);

	if (ret < 0)
		return error_errno(err, ret, "cannot read what sysfs says of '%s'", dev->path);
	ret = info.mode == FAMFS_DAX_FAMFS ? refuse_mounted(dev->path, err) : 0;
	if (ret == 0)
		ret = daxinfo_check_mappable(&info, dev->path, err);
	if (ret < 0)
		return ret;
	ret = dev->writable ? device_check_node(dev->path, st, must_write ? err : NULL) : 0;
	if (ret < 0 && must_write)
		return ret;
	if (ret < 0)
		dev->writable = false;
	dev->size = info.size / info.align * info.align;
	dev->align = info.align;
	return map_all(dax, err);
}

int devdax_open(const char *path, struct opened_node *node, enum device_access access,
		struct device **out, struct famfs_error *err)
{
	struct devdax *dax = calloc(1, sizeof(*dax));
	cleanup_device struct device *dev = NULL;
	int ret;

	if (!dax) {
		opened_node_close(node);
		return error_set(err, -ENOMEM, "out of memory");
	}
	dev = &dax->dev;
	dev->ops = &devdax_ops;
	dev->fd = steal_fd(&node->fd);
	dev->writable = node->writable;
	dax->modelock = steal_fd(&node->modelock);
	dev->path = strdup(path);
	dax->persist = persist_for_cpu();
	if (!dev->path)
		return error_set(err, -ENOMEM, "out of memory");
	ret = open_dax(dax, &node->st, access == DEVICE_WRITE, err);
	if (ret < 0)
		return ret;
	*out = steal_ptr(&dev);
	return 0;
}
