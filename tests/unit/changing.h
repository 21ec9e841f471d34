/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A famfs in memory that another host changes once: between a check and the moment when the append
 * lock is granted, or while the user is asked.
 */
#ifndef UNIT_CHANGING_H
#define UNIT_CHANGING_H

#include "memdev.h"

#define METADATA (OMF_LOG_OFFSET + 8192)

struct medium {
	struct memory *mem;
	void (*change)(struct medium *m); /* the change that another host makes */
	struct omf_entry good;            /* entry 1 before the change */
	unsigned char after[METADATA];    /* the whole memory right after the change */
	int changes;
	char message[200]; /* code of the first problem that a check reported */
};

/* A change, and the error that the library reports for it. */
struct attempt {
	void (*change)(struct medium *m);
	int code;
	const char *text;
};

/* Makes a famfs with the directories a, b, c, and plugs it in. */
void medium_start(struct medium *m);
void medium_end(struct medium *m);

struct omf_super *medium_super(struct medium *m);
struct omf_log_header *medium_header(struct medium *m);
struct omf_entry *medium_entry(struct medium *m, uint64_t index);
void medium_set_counters(struct medium *m, uint64_t next_seqnum, uint64_t next_index);

/* For locks_hook(), with a struct medium: makes its change at the first call. */
void medium_change(void *arg);

/* Whether the change was made and nothing was stored since. */
void assert_medium_untouched(const struct medium *m);

/* Changes by another host. */
void medium_format(struct medium *m);
void medium_take_over(struct medium *m);
void medium_damage_super(struct medium *m);
void medium_damage_counters(struct medium *m);

#endif
