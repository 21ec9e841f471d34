/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cleanup.h"
#include "famfs.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct shell {
	FILE *out;
	va_list args;
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

/* A quote ends the quotes, stands for itself, and begins them again. */
static void put_plain(FILE *out, const char *word)
{
	put(out, "'");
	for (const char *quote; (quote = strchr(word, '\'')); word = quote + 1) {
		(void)fwrite(word, 1, (size_t)(quote - word), out);
		put(out, "'\\''");
	}
	put(out, word);
	put(out, "'");
}

/*
 * A shell that does not know $'...' reads a dollar and a word in single quotes. So no quote may
 * stand inside, escaped or not: such a shell would end the word there, and run the rest.
 */
static void put_escaped(FILE *out, const char *word)
{
	put(out, "$'");
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
	cleanup_free char *path = NULL;

	/* No program is to take a name for an option. */
	if (*word == '-' && asprintf(&path, "./%s", word) >= 0)
		word = path;
	if (is_printable(word))
		put_plain(out, word);
	else
		put_escaped(out, word);
}

/* `format` is behind a percent sign; returns what follows the conversion. */
static const char *put_conversion(struct shell *shell, const char *format)
{
	const size_t length64 = strlen(PRIu64);
	char number[24] = "%";

	if (*format == 's') {
		put_word(shell->out, va_arg(shell->args, const char *));
		return format + 1;
	}
	if (*format == 'u')
		snprintf(number, sizeof(number), "%u", va_arg(shell->args, unsigned int));
	else if (strncmp(format, PRIu64, length64) == 0)
		snprintf(number, sizeof(number), "%" PRIu64, va_arg(shell->args, uint64_t));
	else
		assert(*format == '%');
	put(shell->out, number);
	return format + (*format == 'u' || *format == '%' ? 1 : length64);
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
	for (const char *next; *format; format = next) {
		next = strchrnul(format, '%');
		(void)fwrite(format, 1, (size_t)(next - format), shell.out);
		if (*next)
			next = put_conversion(&shell, next + 1);
	}
	va_end(shell.args);
	failed = ferror(shell.out);
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
