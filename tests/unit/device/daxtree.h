/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tree that looks like sysfs and /run, with one DAX device, for the tests of its mode. write()
 * plays the drivers of Linux 7.3; /proc is the real one. Linked with --wrap for write, nanosleep,
 * opendir and statx.
 */
#ifndef UNIT_DAXTREE_H
#define UNIT_DAXTREE_H

#include "support.h"

#include "device/daxmode.h"

#define DEVICE  "sys/devices/platform/dax0.0"
#define DRIVERS "sys/bus/dax/drivers/"
#define CLAIM   "run/famfsctl/dax0.0"
#define LOCK    CLAIM ".lock"

/* The number is that of a terminal of our own, a device that can be opened and that only the test
 * has open. The node is a file; mappings of it show which processes use it. */
extern struct dax_node node;
extern char terminal[64];

/* State that start() resets. */
extern struct daxtree {
	const char *unseen;         /* the folder in /proc that cannot be opened */
	unsigned int scans;         /* number of scans of /proc so far */
	unsigned int unlocked;      /* steps at which another process could open the node */
	unsigned int claimed;       /* scans of /proc while the record is locked */
	unsigned int newcomer_scan; /* the scan before which another user appears; 0: none does */
	int newcomer;               /* its descriptor; -1 before */
	bool listed;                /* fsdev_dax has the device's name */
	const char *broken[4];      /* files to which writes fail */
	unsigned int writes;        /* writes so far */
	unsigned int last_write;    /* the write after which the process is killed; 0: never */
	struct {
		const char *file; /* a mapping of this file counts as one of a device with that
				     number */
		dev_t number;
	} other;
} tree;

void start(void);

/* "": no driver has the device. */
void bind_to(const char *driver);
bool bound_to(const char *driver);

/* Whether another process of ours could open the node now. */
bool is_unlocked(void);

#endif
