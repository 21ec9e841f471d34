/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory in the place of a device, and time that passes only when somebody sleeps.
 *
 * A test that links memdev.c gets its own device_open(): what the library opens is then the memory
 * that is plugged in, whatever the path. Linked with --wrap for device_open, clock_gettime and
 * nanosleep, so that the library has no hook for it.
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
	struct locks *locks; /* of the host whose plain devices are on it */
	/* Of a fork: where it comes from, and which of its pages are not the same. */
	const struct memory *origin;
	unsigned char *changed;
	uint32_t *pages;
	size_t npages;
	size_t room;
};

struct memory *memory_new(uint64_t size);

/* A copy of its own, made page by page as it is written to. The origin must not change meanwhile,
 * but for what the fork has changed in the same way. */
struct memory *memory_fork(const struct memory *mem);

/* With NULL: zeros. */
void memory_write(struct memory *mem, uint64_t offset, const void *buf, uint64_t length);

/* Takes back what was written to a fork. */
void memory_reset(struct memory *fork);
void memory_free(struct memory *mem);

/* Old data all over the data area: a line in each page, and around each allocation unit's borders.
 */
void memory_litter(struct memory *mem);

/* What a device offset is part of, with a log of the least length. */
enum region {
	REGION_SUPER,
	REGION_COUNTERS, /* the log header */
	REGION_ENTRIES,
	REGION_DATA,
	REGIONS
};

enum region region_of(uint64_t offset);

/* What the next device_open() gives. NULL: none, so that it fails. */
typedef struct device *(*device_maker)(void *arg);
void plug(device_maker make, void *arg);
void plug_memory(struct memory *mem);

/* A device on memory that every store reaches at once. */
struct device *plain_device(struct memory *mem);

/* After so many more operations on plain devices, one read, write or zeroing fails with -EIO.
 * Negative: none. Tells how many operations are left. */
void plain_fail_after(int operations);
int plain_fails_in(void);

/* Fills in what every device of a test has in common. The locks are those of its host. */
void init_device(struct lockable *dev, const struct device_ops *ops, uint64_t size,
		 struct locks *locks);

/* Makes new memory an empty famfs of MASTER_UUID. */
void memory_format(struct memory *mem);

/* New memory with the directories a, b and c, which is plugged in. */
struct memory *memory_with_dirs(uint64_t size);

/* What is plugged in, under a name that exists. */
#define MEMORY_NAME "/dev/null"

struct famfs_target memory_target(void);

/* Opens what is plugged in, as the host that MASTER_UUID or CLIENT_UUID says now is. */
int open_plugged(bool write, struct famfs_volume **out, struct famfs_error *err);

/* Nanoseconds since the test began, as the library sees it. */
uint64_t time_passed(void);
void let_time_pass(uint64_t ns);

/* Called whenever the library sleeps, after the time has passed. */
void on_sleep(void (*wake)(void *arg), void *arg);

/* ---- what a file system should hold ------------------------------------------------------- */

#define PLAN_MAX 64

/* One entry of a log to come: a directory, or a file whose bytes follow from its place. */
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

/* NULL when the volume holds exactly the first famfs_info.log_entries of the plan, each whole, with
 * its contents, and nothing but their space is taken; else what is wrong. With `slack`, also that
 * what follows the end of each file is zero in memory. */
const char *plan_fault(struct famfs_volume *vol, const struct plan *plan);
/* The same for one entry. */
const char *plan_entry_fault(struct famfs_volume *vol, const struct plan *plan, size_t index);
const char *plan_slack_fault(struct famfs_volume *vol, const struct plan *plan,
			     const struct memory *mem);

#endif
