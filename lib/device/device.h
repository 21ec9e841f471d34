/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the bytes of a famfs lie: an image file, a mapped DAX device, the .meta files of a mount,
 * or a test's memory. Nothing above knows which.
 *
 * Reads and writes are loads and stores, subject to this host's caches: what another host wrote is
 * seen after device_invalidate(), what this one wrote is seen elsewhere after device_flush() and
 * device_fence(). An image's cache is the kernel's page cache, which all processes share, and whose
 * pages reach the disk in any order: only device_barrier() orders them. Every range is checked
 * against the size. Functions are safe to call from several threads, as long as the ranges differ.
 */
#ifndef DEVICE_DEVICE_H
#define DEVICE_DEVICE_H

#include "famfs.h"

#include <sys/types.h>

struct device;

enum device_lock {
	DEVICE_UNLOCK,
	DEVICE_SHARED,
	DEVICE_EXCLUSIVE,
};

struct device_ops {
	const char *kind; /* "an image file", ... for messages */
	bool dax;         /* a kernel with famfs can map it */
	/* All return 0 or -errno. Ranges are inside the device. */
	int (*read)(struct device *dev, uint64_t offset, void *buf, size_t length);
	/* Aligned 8-byte writes are single stores. */
	int (*write)(struct device *dev, uint64_t offset, const void *buf, size_t length);
	int (*zero)(struct device *dev, uint64_t offset, uint64_t length);
	/* Like write, or with `buf` NULL like zero, so that the next fence has it written back.
	 * NULL: that is what they do with a flush. */
	int (*store)(struct device *dev, uint64_t offset, const void *buf, size_t length);
	/* NULL where memory is coherent. */
	void (*flush)(struct device *dev, uint64_t offset, uint64_t length);
	void (*fence)(struct device *dev);
	void (*invalidate)(struct device *dev, uint64_t offset, uint64_t length);
	/* Opens a file of the mount that the bytes are reached through. NULL: there is none. */
	int (*open_file)(struct device *dev, const char *path, bool write);
	/* Called by device_barrier() after the fence; NULL if the fence is enough. */
	int (*barrier)(struct device *dev);
	/* Like device_reload_size() and device_resize(). NULL where the size is fixed. */
	int (*reload_size)(struct device *dev);
	int (*resize)(struct device *dev, uint64_t size);
	/* Like device_lock() and device_lock_find(). NULL where nothing can be locked. */
	int (*lock)(struct device *dev, enum device_lock type, uint64_t offset, uint64_t length,
		    bool wait);
	int (*lock_find)(struct device *dev, uint64_t offset, uint64_t length, uint64_t *start,
			 uint64_t *end);
	void (*close)(struct device *dev); /* frees dev, but not what device_close() does */
};

struct device {
	const struct device_ops *ops;
	char *path;     /* absolute, owned */
	uint64_t size;  /* bytes really there; 0 when unknown (.meta files) */
	uint64_t align; /* offsets and lengths of mappings are multiples of it; 0: no mapping */
	bool writable;
	bool served; /* its bytes are read by a server, so that -EIO is what that says */
	int fd;      /* carries the locks, and of an image the data; -1: locks are not needed */
	famfs_cancel_fn cancelled; /* ends a wait for a lock; may be NULL */
	void *cancel_arg;
};

/* Whether a kernel with famfs can map the device: it is no image file. */
static inline bool device_is_dax(const struct device *dev)
{
	return dev->ops->dax;
}

enum device_access {
	DEVICE_READ,
	DEVICE_WRITE,     /* -EACCES, -EROFS when the file may not be written */
	DEVICE_WRITE_MAY, /* for writing if that is allowed, else for reading */
};

/* Opens an image file or a DAX device. -ENOTSUP for what is neither; what daxinfo_check_mappable()
 * says of a DAX device; -EBUSY while its mode is being switched, after a wait of ten seconds, and
 * -EINTR when this thread handled a signal in that time; -ESTALE when the path led to another
 * device meanwhile; -EPERM for writing to a node that is not the kernel's; other -errno of
 * open(2) and mmap(2). */
int device_open(const char *path, enum device_access access, struct device **out,
		struct famfs_error *err);

/* The same of an image, open for reading and writing as `fd`, which the caller has made at `path`.
 * Takes over `fd`, also on failure. */
int device_adopt(const char *path, int fd, struct device **out, struct famfs_error *err);

/*
 * A mounted famfs through its .meta files: for callers that may not open the device, and the only
 * way to a device in famfs mode, whose node cannot be mapped.
 *
 * Where the kernel maps files, superblock and log are mapped, and file data is read and written
 * through the file of the whole device, if the caller may open it: never mapped, since a page that
 * is mapped through two files ends the host. The kernel writes back what is written there; what
 * another host wrote may be read late, as there is no address to invalidate. Elsewhere there is
 * metadata only. With DEVICE_WRITE, for a device in famfs mode: the node is opened too, for locks,
 * with the errors of device_open(), and -EOPNOTSUPP when the device is in another mode.
 */
int device_open_metafiles(const char *mountpoint, const char *name, enum device_access access,
			  struct device **out, struct famfs_error *err);

/*
 * The same for the server of the mount. At first there is the node alone, of a device in famfs
 * mode, to be locked; its bytes, for reading, come with the files: `dir` is the mount's .meta
 * folder. Reading is for one thread, which also attaches and detaches. The errors of device_open(),
 * and -EOPNOTSUPP when the device is in another mode; for the others -errno.
 */
int device_open_famfs_mode(const char *path, enum device_access access, struct device **out,
			   struct famfs_error *err);
int device_attach_superblock(struct device *dev, int dir);
int device_attach_log(struct device *dev, int dir);
void device_detach(struct device *dev);

void device_close(struct device *dev);

/*
 * Adds the remedy for a memory error to an error that is set already, if `code` may come from one,
 * and returns `code`. A kernel with famfs answers -EHWPOISON once, and -EIO from then on, for every
 * file of the mount; a page that is mapped from the device itself is -EIO. `dev` NULL: any file,
 * whose -EIO has other causes as well, as has that of an image.
 */
int device_explain(const struct device *dev, int code, struct famfs_error *err);

/* Sets the error "WHAT 'DEVICE': REASON", and explains it. Returns `code`. */
int device_failed(const struct device *dev, int code, const char *what, struct famfs_error *err);

static inline void cleanup_device_(struct device **dev)
{
	device_close(*dev);
}

#define cleanup_device __attribute__((cleanup(cleanup_device_)))

/* -EFAULT for a range outside the device: a bug above, or a damaged map. */
int device_read(struct device *dev, uint64_t offset, void *buf, size_t length);
int device_write(struct device *dev, uint64_t offset, const void *buf, size_t length);

/* Bulk data and, with `buf` NULL, zeros: written back by the next device_fence(), with no
 * device_flush() before it. */
int device_store(struct device *dev, uint64_t offset, const void *buf, uint64_t length);

void device_flush(struct device *dev, uint64_t offset, uint64_t length);
void device_fence(struct device *dev);

/*
 * What was stored before (and flushed) is on the medium before anything that is stored later, and
 * survives a crash of the host once this returns 0. On DAX a fence, on an image an fdatasync(2),
 * which takes milliseconds. -errno: what was stored since the last barrier may be lost in part.
 */
int device_barrier(struct device *dev);

/* Images: reads the size again, which may have changed between open and lock. -errno. */
int device_reload_size(struct device *dev);

/* Images: cuts the file or extends it. -EOPNOTSUPP for anything else, -errno. */
int device_resize(struct device *dev, uint64_t size);

void device_invalidate(struct device *dev, uint64_t offset, uint64_t length);

/*
 * Locks on byte ranges of the device node or image: open-file-description locks, which die with the
 * descriptor. The owner is the device handle, however many threads use it. A device without a
 * descriptor has nothing to lock: every call succeeds, and no conflict is found.
 *
 * Every process that may read an image or node may lock it, and keep it locked: so waits end.
 */
#define DEVICE_LOCK_PATIENCE_S 10

/* 0, -EAGAIN when another holds it and `wait` is false, -ETIMEDOUT when it still does after
 * DEVICE_LOCK_PATIENCE_S seconds, -EINTR when this thread handled a signal meanwhile, -ECANCELED
 * when dev->cancelled() said so, -EBADF for an exclusive lock on a device that is open for reading.
 */
int device_lock(struct device *dev, enum device_lock type, uint64_t offset, uint64_t length,
		bool wait);

/* Whether another owner's lock stands in the way of an exclusive lock on the range; if so,
 * [*start, *end) is one such lock. Negative: -errno. */
int device_lock_find(struct device *dev, uint64_t offset, uint64_t length, uint64_t *start,
		     uint64_t *end);

/* The same without the start of that lock. */
static inline int device_lock_conflict(struct device *dev, uint64_t offset, uint64_t length,
				       uint64_t *end)
{
	uint64_t start;

	return device_lock_find(dev, offset, length, &start, end);
}

#endif
