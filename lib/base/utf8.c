/* SPDX-License-Identifier: Apache-2.0 */
#include "famfs.h"

size_t famfs_utf8_length(const char *s)
{
	const unsigned char *b = (const unsigned char *)s;
	uint32_t code, least;
	size_t length;

	if (b[0] < 0x80)
		return 1;
	if ((b[0] & 0xe0) == 0xc0) {
		length = 2, least = 0x80, code = b[0] & 0x1f;
	} else if ((b[0] & 0xf0) == 0xe0) {
		length = 3, least = 0x800, code = b[0] & 0x0f;
	} else if ((b[0] & 0xf8) == 0xf0) {
		length = 4, least = 0x10000, code = b[0] & 0x07;
	} else {
		return 0;
	}

	for (size_t i = 1; i < length; i++) {
		if ((b[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (b[i] & 0x3f);
	}
	if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	return length;
}

bool famfs_is_utf8(const char *s)
{
	size_t length;

	for (; *s; s += length) {
		length = famfs_utf8_length(s);
		if (!length)
			return false;
	}
	return true;
}

/* U+0080 to U+009F are control characters as well: many terminals obey them in UTF-8, too. */
static bool is_control(const char *s, size_t length)
{
	const unsigned char *b = (const unsigned char *)s;

	if (length == 1)
		return b[0] < 0x20 || b[0] == 0x7f;
	return length == 2 && b[0] == 0xc2 && b[1] < 0xa0;
}

size_t famfs_utf8_printable(const char *s)
{
	size_t length = famfs_utf8_length(s);

	return length && !is_control(s, length) ? length : 0;
}
