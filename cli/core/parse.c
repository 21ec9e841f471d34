/* SPDX-License-Identifier: Apache-2.0 */
#include "core/parse.h"

#include <ctype.h>
#include <grp.h>
#include <pwd.h>
#include <stddef.h>
#include <string.h>
#include <uuid/uuid.h>

/* The value of a digit; 16 for any other character. */
static unsigned digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	return c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10 : 16;
}

/* Reads digits of `base` up to the first other character, which is returned; NULL: none, or too
 * large. strtoull() would take blanks and signs. */
static const char *parse_digits(const char *s, unsigned base, uint64_t max, uint64_t *out)
{
	const char *p = s;
	uint64_t value = 0;

	for (; digit_value(*p) < base; p++) {
		if (__builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, digit_value(*p), &value) || value > max)
			return NULL;
	}
	*out = value;
	return p == s ? NULL : p;
}

/* A leading 0 does not mean octal. */
bool parse_number(const char *s, uint64_t max, uint64_t *out)
{
	bool hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
	uint64_t value;
	const char *end = parse_digits(hex ? s + 2 : s, hex ? 16 : 10, max, &value);

	if (!end || *end)
		return false;
	*out = value;
	return true;
}

bool parse_mode(const char *s, uint32_t *out)
{
	uint64_t value;
	const char *end = parse_digits(s, 8, 07777, &value);

	if (!end || *end)
		return false;
	*out = (uint32_t)value;
	return true;
}

/* The highest id means "no change" to the kernel and cannot own anything. */
static bool parse_id(const char *s, uint32_t *out)
{
	uint64_t value;

	if (!parse_number(s, UINT32_MAX - 1, &value))
		return false;
	*out = (uint32_t)value;
	return true;
}

bool parse_user(const char *s, uint32_t *out)
{
	const struct passwd *user;

	if (isdigit((unsigned char)*s))
		return parse_id(s, out);
	user = *s ? getpwnam(s) : NULL;
	if (user)
		*out = user->pw_uid;
	return user != NULL;
}

bool parse_group(const char *s, uint32_t *out)
{
	const struct group *group;

	if (isdigit((unsigned char)*s))
		return parse_id(s, out);
	group = *s ? getgrnam(s) : NULL;
	if (group)
		*out = group->gr_gid;
	return group != NULL;
}

bool parse_uuid(const char *s, uint8_t out[16])
{
	uuid_t uuid;

	if (uuid_parse(s, uuid) < 0 || uuid_is_null(uuid))
		return false;
	uuid_copy(out, uuid);
	return true;
}
