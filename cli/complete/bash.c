/* SPDX-License-Identifier: Apache-2.0 */
#include "complete/bash.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct scan {
	struct bash_line *out;
	const char *wordbreaks;
	char *word; /* being read, without quotes */
	size_t length;
	bool any; /* a word has begun; it may be empty, in quotes */
};

static void put(struct scan *scan, char c)
{
	scan->word[scan->length++] = c;
	scan->any = true;
}

static bool end_word(struct scan *scan)
{
	char **grown = reallocarray(scan->out->words, (size_t)scan->out->count + 2, sizeof(*grown));
	char *copy;

	scan->word[scan->length] = '\0';
	copy = strdup(scan->word);
	if (grown)
		scan->out->words = grown;
	if (!grown || !copy) {
		free(copy);
		return false;
	}
	grown[scan->out->count++] = copy;
	grown[scan->out->count] = NULL;
	scan->length = 0;
	scan->any = false;
	return true;
}

static bool read_plain(struct scan *scan, const char **p)
{
	struct bash_line *out = scan->out;
	char c = **p;

	if (c == ' ' || c == '\t' || c == '\n') {
		if (scan->any && !end_word(scan))
			return false;
		out->keep = 0;
		out->tilde = false;
	} else if (c == '\'' || c == '"') {
		out->quote = c;
		scan->any = true;
		out->keep = scan->length;
	} else if (c == '\\' && (*p)[1]) {
		put(scan, *++*p);
	} else if (c != '\\') {
		out->tilde = out->tilde || (c == '~' && scan->length == 0);
		put(scan, c);
		if (strchr(scan->wordbreaks, c))
			out->keep = scan->length;
	}
	return true;
}

static void read_quoted(struct scan *scan, const char **p)
{
	struct bash_line *out = scan->out;
	char c = **p;

	if (c == out->quote) {
		out->quote = 0;
		out->keep = scan->length;
	} else if (c == '\\' && out->quote == '"' && (*p)[1] && strchr("$`\"\\", (*p)[1])) {
		put(scan, *++*p);
	} else {
		put(scan, c);
	}
}

bool bash_split(const char *line, const char *wordbreaks, struct bash_line *out)
{
	struct scan scan = { .out = out, .wordbreaks = wordbreaks };
	bool good = true;

	memset(out, 0, sizeof(*out));
	scan.word = malloc(strlen(line) + 1);
	if (!scan.word)
		return false;
	for (const char *p = line; *p && good; p++) {
		if (out->quote)
			read_quoted(&scan, &p);
		else
			good = read_plain(&scan, &p);
	}
	good = good && end_word(&scan);
	free(scan.word);
	return good;
}

void bash_free(struct bash_line *line)
{
	for (int i = 0; i < line->count; i++)
		free(line->words[i]);
	free(line->words);
}

static bool needs_backslash(const struct bash_line *line, char c)
{
	if (line->quote == '"')
		return strchr("$`\"\\", c) != NULL;
	return line->quote == 0 && (unsigned char)c < 0x80 && !isalnum((unsigned char)c) &&
	       !strchr("_./+,@%^=:-", c);
}

char *bash_quote(const struct bash_line *line, const char *candidate)
{
	const char *p = candidate + line->keep;
	char *quoted = malloc(4 * strlen(p) + 1), *out = quoted;

	if (!quoted)
		return NULL;
	if (line->tilde && line->keep == 0 && *p == '~')
		*out++ = *p++;
	for (; *p; p++) {
		if (line->quote == '\'' && *p == '\'') {
			out = stpcpy(out, "'\\''");
			continue;
		}
		if (needs_backslash(line, *p))
			*out++ = '\\';
		*out++ = *p;
	}
	*out = '\0';
	return quoted;
}
