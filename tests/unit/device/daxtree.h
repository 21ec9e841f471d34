/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tree that looks like sysfs and /run, with one DAX device, for the tests of its mode. What is
 * written to it is played by write(), as the drivers of Linux 7.3 take it; /proc is the real one.
 * Linked with --wrap for write, nanosleep, opendir and statx.
 */
#ifndef UNIT_DAXTREE_H
#define UNIT_DAXTREE_H

#include "support.h"

#include "device/daxmode.h"

#define DEVICE  "sys/devices/platform/dax0.0"
#define DRIVERS "sys/bus/dax/drivers/"
#define CLAIM   "run/famfsctl/dax0.0"
#define LOCK    CLAIM ".lock"

/* The number is that of a terminal of our own: a device which can be opened, and which no process
 * of this host but the test has open. The node is a file: who has it mapped is told by that. */
extern struct dax_node node;
extern char terminal[64];

/* What start() sets back. */
extern struct daxtree {
	const char *unseen;         /* the folder in /proc that cannot be opened */
	unsigned int scans;         /* of /proc, so far */
	unsigned int unlocked;      /* steps at which another process could open the node */
	unsigned int claimed;       /* scans of /proc under a lock of the record */
	unsigned int newcomer_scan; /* before which another user comes; 0: none does */
	int newcomer;               /* its descriptor; -1 before */
	bool listed;                /* fsdev_dax has the device's name */
	const char *broken[4];      /* files whose writes fail */
	unsigned int writes;        /* so far */
	unsigned int last_write;    /* after which the process is killed; 0: never */
	struct {
		const char *file; /* a mapping of it is one of a device with that number */
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
