/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line as bash passes it: words are quoted as typed, and bash replaces only the part
 * after the last of its word breaks, which include ':' and '='.
 */
#ifndef CLI_COMPLETE_BASH_H
#define CLI_COMPLETE_BASH_H

#include <stdbool.h>
#include <stddef.h>

struct bash_line {
	char **words; /* without quotes; the last is the one at the cursor. Ends with NULL */
	int count;
	char quote;  /* open at the cursor: ', " or 0 */
	size_t keep; /* length of the last word that bash keeps; it replaces the rest */
	bool tilde;  /* the last word begins with one that bash will expand */
};

/* Splits the line up to the cursor. False without memory. Free in any case. */
bool bash_split(const char *line, const char *wordbreaks, struct bash_line *out);
void bash_free(struct bash_line *line);

/* Returns the text that bash inserts for a candidate that begins with the last word. The caller
 * frees it. */
char *bash_quote(const struct bash_line *line, const char *candidate);

#endif
