/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory in place of a device, and a clock that advances only when a test or the library sleeps.
 *
 * A test that links memdev.c gets its own device_open(): the library then opens the memory that is
 * plugged in, whatever the path. Linked with --wrap for device_open, clock_gettime and nanosleep,
 * so that the library needs no hook for it.
 */
#ifndef UNIT_MEMDEV_H
#define UNIT_MEMDEV_H

#include "memlock.h"
#include "support.h"

#include "device/device.h"

#define LINE ((uint64_t)OMF_CACHE_LINE)

/* Bytes that outlive the devices on them. */
struct memory {
	unsigned char *base;
	uint64_t size;
	int fd;
	struct locks *locks; /* of the host that opens plain devices on this memory */
	/* For a fork: its origin, and the pages that differ from it. */
	const struct memory *origin;
	unsigned char *changed;
	uint32_t *pages;
	size_t npages;
	size_t room;
};

struct memory *memory_new(uint64_t size);

/* A copy-on-write copy. The origin must not change meanwhile, except for changes that the fork has
 * made in the same way. */
struct memory *memory_fork(const struct memory *mem);

/* Stores zeros if the buffer is NULL. */
void memory_write(struct memory *mem, uint64_t offset, const void *buf, uint64_t length);

/* Undoes all writes to a fork. */
void memory_reset(struct memory *fork);
void memory_free(struct memory *mem);

/* Fills the data area with old data: a line in each page, and at the borders of each allocation
 * unit. */
void memory_litter(struct memory *mem);

/* The part of the medium to which a device offset belongs, for a log of the smallest length. */
enum region {
	REGION_SUPER,
	REGION_COUNTERS, /* the log header */
	REGION_ENTRIES,
	REGION_DATA,
	REGIONS
};

enum region region_of(uint64_t offset);

/* The device that the next device_open() returns. NULL: it fails. */
typedef struct device *(*device_maker)(void *arg);
void plug(device_maker make, void *arg);
void plug_memory(struct memory *mem);

/* A device on memory; every store reaches the memory at once. */
struct device *plain_device(struct memory *mem);

/* After this many more operations on plain devices, one read, write or zeroing fails with -EIO.
 * Negative: none fails. Returns how many operations are left. */
void plain_fail_after(int operations);
int plain_fails_in(void);

/* Sets the members that every test device has in common. The locks are those of its host. */
void init_device(struct lockable *dev, const struct device_ops *ops, uint64_t size,
		 struct locks *locks);

/* Formats new memory as an empty famfs of MASTER_UUID. */
void memory_format(struct memory *mem);

/* New memory with the directories a, b and c; plugged in. */
struct memory *memory_with_dirs(uint64_t size);

/* A target for the device that is plugged in, under a name that exists. */
#define MEMORY_NAME "/dev/null"

struct famfs_target memory_target(void);

/* Opens the device that is plugged in, as the current host: MASTER_UUID or CLIENT_UUID. */
int open_plugged(bool write, struct famfs_volume **out, struct famfs_error *err);

/* Nanoseconds since the test began, on the library's clock. */
uint64_t time_passed(void);
void let_time_pass(uint64_t ns);

/* Called whenever the library sleeps, after the clock has advanced. */
void on_sleep(void (*wake)(void *arg), void *arg);

/* ---- expected contents of a file system ----------------------------------------------------- */

#define PLAN_MAX 64

/* One entry of a future log: a directory, or a file whose bytes follow from its place. */
struct plan_entry {
	const char *path;
	uint64_t size; /* 0: a directory */
	uint32_t nstrips;
	bool unfilled;
};

struct plan {
	const struct plan_entry *entries;
	size_t count;
};

/* Adds entry `index` of the plan. */
int plan_add(struct famfs_volume *vol, const struct plan *plan, size_t index,
	     struct famfs_error *err);

/* NULL when the volume holds exactly the first famfs_info.log_entries entries of the plan, each
 * complete and with its contents, and no other space is in use; otherwise a description of the
 * difference. */
const char *plan_fault(struct famfs_volume *vol, const struct plan *plan);
/* The same for one entry. */
const char *plan_entry_fault(struct famfs_volume *vol, const struct plan *plan, size_t index);
/* The same for the space after the end of each file, which is zero in memory. */
const char *plan_slack_fault(struct famfs_volume *vol, const struct plan *plan,
			     const struct memory *mem);

#endif
