/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A famfs in memory that another host changes once: between a look at it and the moment that the
 * append lock is granted, or while the user is asked.
 */
#ifndef UNIT_CHANGING_H
#define UNIT_CHANGING_H

#include "memdev.h"

#define METADATA (OMF_LOG_OFFSET + 8192)

struct medium {
	struct memory *mem;
	void (*change)(struct medium *m); /* what another host does */
	struct omf_entry good;            /* entry 1, as it was */
	unsigned char after[METADATA];    /* all of it, when that was done */
	int changes;
	char message[200]; /* of the first problem that a check reported */
};

/* A change, and the error that the library makes of it. */
struct attempt {
	void (*change)(struct medium *m);
	int code;
	const char *text;
};

/* Makes a famfs of the directories a, b, c, and plugs it in. */
void medium_start(struct medium *m);
void medium_end(struct medium *m);

struct omf_super *medium_super(struct medium *m);
struct omf_log_header *medium_header(struct medium *m);
struct omf_entry *medium_entry(struct medium *m, uint64_t index);
void medium_set_counters(struct medium *m, uint64_t next_seqnum, uint64_t next_index);

/* For locks_hook(), with a struct medium: calls its change, the first time. */
void medium_change(void *arg);

/* The change was made, and nothing was stored since. */
void assert_medium_untouched(const struct medium *m);

/* Changes that another host makes. */
void medium_format(struct medium *m);
void medium_take_over(struct medium *m);
void medium_damage_super(struct medium *m);
void medium_damage_counters(struct medium *m);

#endif
