/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The storage of a famfs: an image file, a mapped DAX device, the .meta files of a mount, or a
 * test's memory. The layers above need not know which.
 *
 * Reads and writes are loads and stores, subject to this host's caches: device_invalidate() makes
 * data of other hosts visible to this one, device_flush() and device_fence() make data of this host
 * visible to others. An image is cached in the kernel's page cache, which all processes share, and
 * whose pages reach the disk in any order: only device_barrier() orders them. Every range is
 * checked against the size. Several threads may call these functions on different ranges.
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
	/* Functions with a result return 0 or -errno. Ranges are inside the device. */
	int (*read)(struct device *dev, uint64_t offset, void *buf, size_t length);
	/* Aligned 8-byte writes are single stores. */
	int (*write)(struct device *dev, uint64_t offset, const void *buf, size_t length);
	int (*zero)(struct device *dev, uint64_t offset, uint64_t length);
	/* Like write, or with `buf` NULL like zero; the next fence completes the write-back.
	 * NULL: write or zero, then flush, does the same. */
	int (*store)(struct device *dev, uint64_t offset, const void *buf, size_t length);
	/* NULL if the memory is coherent. */
	void (*flush)(struct device *dev, uint64_t offset, uint64_t length);
	void (*fence)(struct device *dev);
	void (*invalidate)(struct device *dev, uint64_t offset, uint64_t length);
	/* Opens a file of the mount that gives access to the device. NULL: there is no mount. */
	int (*open_file)(struct device *dev, const char *path, bool write);
	/* Called by device_barrier() after the fence; NULL if the fence is enough. */
	int (*barrier)(struct device *dev);
	/* Like device_reload_size() and device_resize(). NULL if the size is fixed. */
	int (*reload_size)(struct device *dev);
	int (*resize)(struct device *dev, uint64_t size);
	/* Like device_lock() and device_lock_find(). NULL if the device has no locks. */
	int (*lock)(struct device *dev, enum device_lock type, uint64_t offset, uint64_t length,
		    bool wait);
	int (*lock_find)(struct device *dev, uint64_t offset, uint64_t length, uint64_t *start,
			 uint64_t *end);
	void (*close)(struct device *dev); /* frees dev; device_close() frees fd and path */
};

struct device {
	const struct device_ops *ops;
	char *path;     /* absolute, owned */
	uint64_t size;  /* actual size in bytes; 0: unknown (.meta files) */
	uint64_t align; /* offsets and lengths of mappings are multiples of it; 0: no mapping */
	bool writable;
	bool served; /* a server reads its bytes, so -EIO is the answer of that server */
	int fd;      /* for locks, and for the data of an image; -1: locks are not needed */
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
	DEVICE_WRITE,     /* -EACCES or -EROFS if the file may not be written */
	DEVICE_WRITE_MAY, /* open for writing if that is allowed, else for reading */
};

/* Opens an image file or a DAX device. Errors: -ENOTSUP for any other file; those of
 * daxinfo_check_mappable(); -EBUSY if another process has been switching the mode of the device for
 * ten seconds, and -EINTR if this thread handled a signal in that time; -ESTALE if the path leads
 * to another device by now; -EPERM for writing to a node outside the kernel's devtmpfs; those of
 * open(2) and mmap(2). */
int device_open(const char *path, enum device_access access, struct device **out,
		struct famfs_error *err);

/* The same for an image that the caller has created at `path` and opened for reading and writing as
 * `fd`. Takes ownership of `fd`, also on failure. */
int device_adopt(const char *path, int fd, struct device **out, struct famfs_error *err);

/*
 * Opens a mounted famfs through its .meta files: for callers that may not open the device, and for
 * a device in famfs mode, whose node cannot be mapped.
 *
 * If the kernel maps the files of the mount, superblock and log are mapped, and file data is read
 * and written through the file of the whole device, if the caller may open it. That file is never
 * mapped, since a page that is mapped through two files crashes the host. The kernel writes data
 * back when it is written through that file; a read may return old data of other hosts, as there is
 * no address to invalidate. If the kernel does not map files, only metadata can be read.
 *
 * DEVICE_WRITE needs a device in famfs mode, else returns -EOPNOTSUPP. It also opens the node for
 * its locks, with the errors of device_open().
 */
int device_open_metafiles(const char *mountpoint, const char *name, enum device_access access,
			  struct device **out, struct famfs_error *err);

/*
 * The same for the server of the mount. device_open_famfs_mode() opens only the node of a device in
 * famfs mode, for its locks. device_attach_superblock() and device_attach_log() open the files that
 * the bytes are read through; `dir` is the mount's .meta folder. Only one thread may read, attach
 * and detach. Errors of device_open_famfs_mode(): those of device_open(), and -EOPNOTSUPP if the
 * device is in another mode. The other two return 0 or -errno.
 */
int device_open_famfs_mode(const char *path, enum device_access access, struct device **out,
			   struct famfs_error *err);
int device_attach_superblock(struct device *dev, int dir);
int device_attach_log(struct device *dev, int dir);
void device_detach(struct device *dev);

void device_close(struct device *dev);

/*
 * Adds the remedy for a memory error to *err, which is set already, if a memory error may have
 * caused `code`; returns `code`. A kernel with famfs returns -EHWPOISON once, and then -EIO for
 * every file of the mount; an access to a mapping of the device returns -EIO. For an image, and if
 * `dev` is NULL, -EIO has other causes too and gets no remedy.
 */
int device_explain(const struct device *dev, int code, struct famfs_error *err);

/* Sets the error "WHAT 'DEVICE': REASON" and calls device_explain(). Returns `code`. */
int device_failed(const struct device *dev, int code, const char *what, struct famfs_error *err);

static inline void cleanup_device_(struct device **dev)
{
	device_close(*dev);
}

#define cleanup_device __attribute__((cleanup(cleanup_device_)))

/* -EFAULT for a range outside the device: a bug of the caller, or a damaged fmap. */
int device_read(struct device *dev, uint64_t offset, void *buf, size_t length);
int device_write(struct device *dev, uint64_t offset, const void *buf, size_t length);

/* Stores bulk data or, with `buf` NULL, zeros. The next device_fence() completes the write-back
 * without device_flush(). */
int device_store(struct device *dev, uint64_t offset, const void *buf, uint64_t length);

void device_flush(struct device *dev, uint64_t offset, uint64_t length);
void device_fence(struct device *dev);

/*
 * Orders earlier stores, which must have been flushed, before later ones on the medium. Once this
 * returns 0, the earlier ones survive a crash of the host. On DAX a fence, on an image an
 * fdatasync(2), which takes milliseconds. After an error (-errno), the stores since the last
 * barrier may be lost in part.
 */
int device_barrier(struct device *dev);

/* Images: reads the size again, which may have changed between open and lock. 0 or -errno. */
int device_reload_size(struct device *dev);

/* Images: truncates or extends the file. 0, -EOPNOTSUPP for another device, or -errno. */
int device_resize(struct device *dev, uint64_t size);

void device_invalidate(struct device *dev, uint64_t offset, uint64_t length);

/*
 * Locks on byte ranges of the device node or image: open-file-description locks, which die with the
 * descriptor. The owner is the device handle, however many threads use it. A device without a
 * descriptor has nothing to lock: every call succeeds, and no conflict is found.
 *
 * Every process that may read an image or node may lock it, and keep it locked: so waits have a
 * time limit.
 */
#define DEVICE_LOCK_PATIENCE_S 10

/* Returns 0, -EAGAIN if another owner holds the lock and `wait` is false, -ETIMEDOUT if it still
 * does after DEVICE_LOCK_PATIENCE_S seconds, -EINTR if this thread handled a signal meanwhile,
 * -ECANCELED if dev->cancelled() returned true, -EBADF for an exclusive lock on a device that is
 * open for reading only. */
int device_lock(struct device *dev, enum device_lock type, uint64_t offset, uint64_t length,
		bool wait);

/* Returns 1 if another owner's lock conflicts with an exclusive lock on the range, and one such
 * lock in [*start, *end); 0 if there is none, or -errno. */
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
