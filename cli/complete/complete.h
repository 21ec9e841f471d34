/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Completion of a command line; docs/HACKING.md describes the protocol. Words arrive without the
 * quotes of the shell, the last one is at the cursor, and a candidate replaces that whole word.
 */
#ifndef CLI_COMPLETE_COMPLETE_H
#define CLI_COMPLETE_COMPLETE_H

#include "core/command.h"

struct completion {
	const char *word; /* at the cursor */
	const char *base; /* its part before the value: "--size=", or the earlier words of a list */
	/* Receives a candidate, a whole word; `meaning` may be NULL. A candidate that ends in one
	 * of "=/:," is incomplete. */
	void (*offer)(void *arg, const char *candidate, const char *meaning);
	void *arg;
};

/* words[0] is the program, under any of its names. */
void complete(const char *const *words, int count,
	      void (*offer)(void *, const char *, const char *), void *arg);

/* Offers base + value if the word at the cursor is a prefix of it. `end` is added if the value is
 * incomplete, or "". */
void complete_offer(const struct completion *c, const char *value, const char *end,
		    const char *meaning);

/* Offers all values of this kind. `words` is as in struct option_value; a word "name=" takes the
 * values that `cmd` has for that name. */
void complete_value(const struct completion *c, const struct command *cmd,
		    const struct option_value *value);

/* Offers the listed commands. */
void complete_commands(const struct completion *c);

/* Offers names in a directory of this host, from readdir(3) alone, or in a famfs, from its log. */
void complete_files(const struct completion *c, bool directories);

/* Offers names inside "DEVICE:/..."; returns false when the word is not of that form. */
bool complete_inside(const struct completion *c);

#endif
