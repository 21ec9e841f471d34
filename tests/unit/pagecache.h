/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page cache between an image and its disk, and system calls that fail.
 *
 * What the library stores in IMAGE, by system calls and through mappings, goes to a memory that
 * loses power as well (powercut.h), which holds what the disk does: lines reach it at any time and
 * in any order, and fdatasync() waits for all of them. A crash of the host is a power cut. Linked
 * with --wrap for the calls, so that the library has no hook for it.
 */
#ifndef UNIT_PAGECACHE_H
#define UNIT_PAGECACHE_H

#include "powercut.h"

/* Writes the memory to IMAGE, and from here on has its stores in `cut`. */
void pagecache_start(struct powercut *cut, const struct memory *mem);
void pagecache_stop(void);

/* Plugs IMAGE in as the device that is opened. */
void plug_image(void);

/* A mistake: the barrier of this number, from 0 on, is not made. Negative: all are. */
void pagecache_skip_barrier(int number);

/* What happens to one call of the library that reads, writes, zeroes, resizes, maps or syncs. */
enum trouble {
	TROUBLE_EIO,
	TROUBLE_ENOSPC,
	TROUBLE_EINTR,
	TROUBLE_SHORT, /* it reads or writes less than was asked for, where it can */
	TROUBLE_POISON,
};

/* The call after so many more; negative: none. What cannot be interrupted is not counted for that.
 */
void pagecache_trouble(enum trouble trouble, int after);

/* Files cannot be mapped: -ENODEV. */
void pagecache_refuse_mappings(bool refuse);

/* Negative when the trouble has come. */
int pagecache_trouble_in(void);

/* The errno of the trouble, 0 when the library goes on after it. */
int trouble_errno(enum trouble trouble);

#endif
