/* SPDX-License-Identifier: Apache-2.0 */
#include "famfs.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct shell {
	FILE *out;
	va_list args;
	bool failed; /* the format has an unknown conversion */
};

static bool is_printable(const char *word)
{
	size_t length;

	for (; *word; word += length) {
		length = famfs_utf8_printable(word);
		if (!length)
			return false;
	}
	return true;
}

static void put(FILE *out, const char *text)
{
	(void)fwrite(text, 1, strlen(text), out);
}

/* A single quote is written as '\'': it ends the quotes, is escaped, and begins them again. */
static void put_plain(FILE *out, const char *prefix, const char *word)
{
	put(out, "'");
	put(out, prefix);
	for (const char *quote; (quote = strchr(word, '\'')); word = quote + 1) {
		(void)fwrite(word, 1, (size_t)(quote - word), out);
		put(out, "'\\''");
	}
	put(out, word);
	put(out, "'");
}

/*
 * A shell that does not know $'...' reads a dollar and a word in single quotes. So the text must
 * not contain a single quote, not even an escaped one: such a shell would end the word there, and
 * run the rest.
 */
static void put_escaped(FILE *out, const char *prefix, const char *word)
{
	put(out, "$'");
	put(out, prefix);
	while (*word) {
		size_t length = famfs_utf8_printable(word);
		char octal[5];

		if (length && *word != '\'' && *word != '\\') {
			(void)fwrite(word, 1, length, out);
			word += length;
		} else {
			snprintf(octal, sizeof(octal), "\\%03o", (unsigned char)*word++);
			put(out, octal);
		}
	}
	put(out, "'");
}

static void put_word(FILE *out, const char *word)
{
	/* With "./", no program reads the name as an option. */
	const char *prefix = *word == '-' ? "./" : "";

	if (is_printable(word))
		put_plain(out, prefix, word);
	else
		put_escaped(out, prefix, word);
}

/* `format` points after the percent sign; returns the text after the conversion. */
static const char *put_conversion(struct shell *shell, const char *format)
{
	const size_t length64 = strlen(PRIu64);
	char number[24];

	if (strncmp(format, PRIu64, length64) == 0) {
		snprintf(number, sizeof(number), "%" PRIu64, va_arg(shell->args, uint64_t));
		put(shell->out, number);
		return format + length64;
	}
	switch (*format) {
	case 's': put_word(shell->out, va_arg(shell->args, const char *)); break;
	case 'u':
		snprintf(number, sizeof(number), "%u", va_arg(shell->args, unsigned int));
		put(shell->out, number);
		break;
	case '%': put(shell->out, "%"); break;
	/* The type of its argument is unknown, so later arguments cannot be found. */
	default: shell->failed = true; break;
	}
	return format + 1;
}

char *famfs_shell_vformat(const char *format, va_list args)
{
	struct shell shell = { .out = NULL };
	char *text = NULL;
	size_t length;
	bool failed;

	shell.out = open_memstream(&text, &length);
	if (!shell.out)
		return NULL;
	va_copy(shell.args, args);
	for (const char *next; !shell.failed && *format; format = next) {
		next = strchrnul(format, '%');
		(void)fwrite(format, 1, (size_t)(next - format), shell.out);
		if (*next)
			next = put_conversion(&shell, next + 1);
	}
	va_end(shell.args);
	failed = shell.failed || ferror(shell.out);
	if (fclose(shell.out) == 0 && !failed)
		return text;
	free(text);
	return NULL;
}

char *famfs_shell_format(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = famfs_shell_vformat(format, args);
	va_end(args);
	return text;
}
