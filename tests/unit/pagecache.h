/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The page cache between an image and its disk, and system calls that fail.
 *
 * Stores of the library to IMAGE, by system calls and through mappings, also go to a memory that
 * loses power (powercut.h) and stands for the disk: lines reach it at any time and in any order,
 * and fdatasync() waits for all of them. A crash of the host is a power cut. Linked with --wrap for
 * the calls, so that the library needs no hook for it.
 */
#ifndef UNIT_PAGECACHE_H
#define UNIT_PAGECACHE_H

#include "powercut.h"

/* Writes the memory to IMAGE, and from then on passes stores to it on to `cut`. */
void pagecache_start(struct powercut *cut, const struct memory *mem);
void pagecache_stop(void);

/* Plugs IMAGE in as the device that is opened. */
void plug_image(void);

/* A mistake: the barrier with this number, from 0 on, is left out. Negative: none is. */
void pagecache_skip_barrier(int number);

/* The trouble for one call of the library that reads, writes, zeroes, resizes, maps or syncs. */
enum trouble {
	TROUBLE_EIO,
	TROUBLE_ENOSPC,
	TROUBLE_EINTR,
	TROUBLE_SHORT, /* it transfers fewer bytes than were asked for, where it can */
	TROUBLE_POISON,
};

/* The call after this many more has the trouble; negative: none. A call that cannot be interrupted
 * does not count for an interruption. */
void pagecache_trouble(enum trouble trouble, int after);

/* Files cannot be mapped: -ENODEV. */
void pagecache_refuse_mappings(bool refuse);

/* Negative when the trouble has happened. */
int pagecache_trouble_in(void);

/* The errno of the trouble; 0 when the library continues after it. */
int trouble_errno(enum trouble trouble);

#endif
