/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A famfs in memory that another host changes once: between a check and the moment when the append
 * lock is granted, or while the user is asked.
 */
#ifndef UNIT_CHANGING_H
#define UNIT_CHANGING_H

#include "memdev.h"

#define METADATA (OMF_LOG_OFFSET + 8192)

struct changing {
	struct memory *mem;
	void (*change)(struct changing *m); /* the change that another host makes */
	struct omf_entry good;              /* entry 1 before the change */
	unsigned char after[METADATA];      /* the metadata right after the change */
	int changes;
	char message[200]; /* of the first problem that a check reported */
};

/* A change, and the error that the library reports for it. */
struct attempt {
	void (*change)(struct changing *m);
	int code;
	const char *text;
};

/* Makes a famfs with the directories a, b, c, and plugs it in. */
void changing_start(struct changing *m);
void changing_end(struct changing *m);

struct omf_super *changing_super(struct changing *m);
struct omf_log_header *changing_header(struct changing *m);
struct omf_entry *changing_entry(struct changing *m, uint64_t index);
void changing_set_counters(struct changing *m, uint64_t next_seqnum, uint64_t next_index);

/* For locks_hook(), with a struct changing: makes its change at the first call. */
void changing_act(void *arg);

/* Asserts that the change was made and nothing was stored since. */
void assert_medium_untouched(const struct changing *m);

/* Changes by another host. */
void changing_format(struct changing *m);
void changing_take_over(struct changing *m);
void changing_damage_super(struct changing *m);
void changing_damage_counters(struct changing *m);

#endif
