/* SPDX-License-Identifier: Apache-2.0 */
/* The operations of an open device: common checks, then the backend's function. */
#include "device/backend.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

void opened_node_close(struct opened_node *node)
{
	if (node->fd >= 0)
		close(node->fd);
	/* Last: from now on the driver may be removed. */
	if (node->modelock >= 0)
		close(node->modelock);
	node->fd = node->modelock = -1;
}

void device_close(struct device *dev)
{
	if (!dev)
		return;
	if (dev->fd >= 0)
		close(dev->fd);
	free(dev->path);
	dev->ops->close(dev);
}

static bool outside(const struct device *dev, uint64_t offset, uint64_t length)
{
	return dev->size && (offset > dev->size || length > dev->size - offset);
}

int device_read(struct device *dev, uint64_t offset, void *buf, size_t length)
{
	if (outside(dev, offset, length))
		return -EFAULT;
	return dev->ops->read(dev, offset, buf, length);
}

int device_write(struct device *dev, uint64_t offset, const void *buf, size_t length)
{
	if (outside(dev, offset, length))
		return -EFAULT;
	return dev->writable ? dev->ops->write(dev, offset, buf, length) : -EBADF;
}

int device_store(struct device *dev, uint64_t offset, const void *buf, uint64_t length)
{
	int ret;

	if (outside(dev, offset, length))
		return -EFAULT;
	if (!dev->writable)
		return -EBADF;
	if (dev->ops->store)
		return dev->ops->store(dev, offset, buf, length);
	ret = buf ? dev->ops->write(dev, offset, buf, length) : dev->ops->zero(dev, offset, length);
	device_flush(dev, offset, length);
	return ret;
}

void device_flush(struct device *dev, uint64_t offset, uint64_t length)
{
	if (dev->ops->flush)
		dev->ops->flush(dev, offset, length);
}

void device_fence(struct device *dev)
{
	if (dev->ops->fence)
		dev->ops->fence(dev);
}

int device_barrier(struct device *dev)
{
	device_fence(dev);
	return dev->ops->barrier ? dev->ops->barrier(dev) : 0;
}

int device_reload_size(struct device *dev)
{
	return dev->ops->reload_size ? dev->ops->reload_size(dev) : 0;
}

int device_resize(struct device *dev, uint64_t size)
{
	return dev->ops->resize ? dev->ops->resize(dev, size) : -EOPNOTSUPP;
}

void device_invalidate(struct device *dev, uint64_t offset, uint64_t length)
{
	if (dev->ops->invalidate)
		dev->ops->invalidate(dev, offset, length);
}

int device_lock(struct device *dev, enum device_lock type, uint64_t offset, uint64_t length,
		bool wait)
{
	return dev->ops->lock ? dev->ops->lock(dev, type, offset, length, wait) : 0;
}

int device_lock_find(struct device *dev, uint64_t offset, uint64_t length, uint64_t *start,
		     uint64_t *end)
{
	return dev->ops->lock_find ? dev->ops->lock_find(dev, offset, length, start, end) : 0;
}
