/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can follow on a command line, for the shells: see docs/HACKING.md. Words come in without
 * the shell's quotes, the last is the one at the cursor; candidates stand for that whole word.
 */
#ifndef CLI_COMPLETE_COMPLETE_H
#define CLI_COMPLETE_COMPLETE_H

#include "core/command.h"

struct completion {
	const char *word; /* at the cursor */
	const char *base; /* what of it comes before the value: "--size=", or words of a list */
	/* Takes a whole word; `meaning` may be NULL. A word to go on with ends in one of "=/:,". */
	void (*offer)(void *arg, const char *candidate, const char *meaning);
	void *arg;
};

/* words[0] is the program, under any of its names. */
void complete(const char *const *words, int count,
	      void (*offer)(void *, const char *, const char *), void *arg);

/* Offers base + value if that is how the word goes on. `end` is what a value still needs, or "". */
void complete_offer(const struct completion *c, const char *value, const char *end,
		    const char *meaning);

/* All that a value of this kind can be. `words` as in struct option_value; of them "name=" takes
 * the values that `cmd` has for that name. */
void complete_value(const struct completion *c, const struct command *cmd,
		    const struct option_value *value);

/* The commands that are listed. */
void complete_commands(const struct completion *c);

/* Names in a folder of this host, from readdir(3) alone, or in a famfs from its log. */
void complete_files(const struct completion *c, bool directories);

/* Names inside "DEVICE:/..."; false when the word is not of that form. */
bool complete_inside(const struct completion *c);

#endif
