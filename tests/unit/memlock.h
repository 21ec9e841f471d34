/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Byte-range locks of the memories in memdev.h. Like open-file-description locks, they belong to a
 * handle and end with it. The processes of one host share one set of locks; two hosts have two
 * sets, unless they reach the memory through one file.
 */
#ifndef UNIT_MEMLOCK_H
#define UNIT_MEMLOCK_H

#include "support.h"

#include "device/device.h"

/* Mistakes that a test has to notice. */
enum lock_mistake {
	LOCKS_WORK,
	LOCKS_IGNORED,  /* granted although another owner holds it */
	LOCKS_DENIED,   /* an append lock fails with -EIO */
	LOCKED_LATE,    /* the append lock is taken before the first store, not before the checks */
	UNLOCKED_EARLY, /* the append lock is dropped before the first store */
	CHECKED_TOO_LATE, /* between append lock and first store, the superblock reads as it did
			     before the lock: as if it were judged after that store */
};

struct locks;

struct locks *locks_new(void);
void locks_free(struct locks *locks);
void locks_mistake(struct locks *locks, enum lock_mistake mistake);

/* Called before each try for the append lock: other hosts and processes act here. */
void locks_hook(struct locks *locks, void (*hook)(void *arg), void *arg);

/* Called while a lock is waited for; a wait that would never end returns -EDEADLK. */
void locks_on_wait(void (*wait)(void *arg), void *arg);

/* Every test device starts with these; its operations call them. */
struct lockable {
	struct device dev;
	struct locks *locks;
	bool to_lock;             /* LOCKED_LATE: the append lock was asked for */
	bool no_store;            /* since the append lock was taken */
	unsigned char super[256]; /* the superblock as it was last read without that lock */
};

int lockable_lock(struct device *dev, enum device_lock type, uint64_t offset, uint64_t length,
		  bool wait);
int lockable_find(struct device *dev, uint64_t offset, uint64_t length, uint64_t *start,
		  uint64_t *end);
void lockable_read(struct device *dev, uint64_t offset, void *buf, size_t length);
void lockable_store(struct device *dev);
void lockable_close(struct device *dev);

#endif
