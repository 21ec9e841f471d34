/* SPDX-License-Identifier: Apache-2.0 */
#include "famfs.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Returns the text after the number, or NULL. strtoull() alone would accept blanks and signs. */
static const char *parse_digits(const char *text, uint64_t *value)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	char *end;

	if (hex ? !isxdigit((unsigned char)text[2]) : !isdigit((unsigned char)text[0]))
		return NULL;
	errno = 0;
	*value = strtoull(text, &end, hex ? 16 : 10);
	return errno ? NULL : end;
}

bool famfs_parse_size(const char *text, uint64_t *bytes)
{
	static const char letters[] = "KMGTP";
	uint64_t value, unit = 1024;
	const char *suffix = parse_digits(text, &value), *letter;

	if (suffix && *suffix) {
		letter = strchr(letters, toupper((unsigned char)*suffix));
		if (!letter)
			return false;
		suffix++;
		if (strcmp(suffix, "B") == 0)
			unit = 1000;
		else if (*suffix && strcmp(suffix, "iB") != 0)
			return false;
		for (const char *p = letters; p <= letter; p++)
			if (__builtin_mul_overflow(value, unit, &value))
				return false;
	}
	if (suffix)
		*bytes = value;
	return suffix != NULL;
}
