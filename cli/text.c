/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t text_utf8_length(const char *s)
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

bool text_is_utf8(const char *s)
{
	while (*s) {
		size_t length = text_utf8_length(s);

		if (!length)
			return false;
		s += length;
	}
	return true;
}

/* U+0080 to U+009F are controls as well: many terminals obey them even when encoded in UTF-8. */
static bool is_control(const char *s, size_t length)
{
	const unsigned char *b = (const unsigned char *)s;

	if (length == 1)
		return b[0] < 0x20 || b[0] == 0x7f;
	return length == 2 && b[0] == 0xc2 && b[1] < 0xa0;
}

bool text_has_control(const char *s)
{
	while (*s) {
		size_t length = text_utf8_length(s);

		if (length && is_control(s, length))
			return true;
		s += length ? length : 1;
	}
	return false;
}

char *text_escape(const char *s)
{
	char *escaped = malloc(4 * strlen(s) + 1), *out = escaped;

	if (!escaped)
		return NULL;
	while (*s) {
		size_t length = text_utf8_length(s);

		if (length && !is_control(s, length)) {
			out = mempcpy(out, s, length);
			s += length;
			continue;
		}
		for (size_t i = 0; i < (length ? length : 1); i++)
			out += sprintf(out, "\\%03o", (unsigned char)*s++);
	}
	*out = '\0';
	return escaped;
}

char *text_to_utf8(const char *s)
{
	static const char replacement[] = "\xef\xbf\xbd";
	char *copy = malloc(3 * strlen(s) + 1), *out = copy;

	if (!copy)
		return NULL;
	while (*s) {
		size_t length = text_utf8_length(s);

		if (length)
			out = mempcpy(out, s, length);
		else
			out = mempcpy(out, replacement, 3);
		s += length ? length : 1;
	}
	*out = '\0';
	return copy;
}

const char *text_size(char *buf, uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	uint64_t scale = 1024;
	unsigned unit = 0;

	if (bytes < 1024) {
		snprintf(buf, TEXT_SIZE_LENGTH, "%" PRIu64 " bytes", bytes);
		return buf;
	}
	/* What would be rounded to 1024.0 is 1.0 of the next unit. */
	for (; unit < 5 && bytes >= scale * 1024 - scale / 20; scale *= 1024)
		unit++;
	if (bytes % scale == 0)
		snprintf(buf, TEXT_SIZE_LENGTH, "%" PRIu64 " %s", bytes / scale, units[unit]);
	else
		snprintf(buf, TEXT_SIZE_LENGTH, "%.1f %s", (double)bytes / (double)scale,
			 units[unit]);
	return buf;
}

const char *text_offset(char *buf, uint64_t offset)
{
	static const char *const units[] = { "MiB", "GiB", "TiB", "PiB" };
	uint64_t unit = UINT64_C(1) << 20;
	size_t length, i = 0;

	if (!offset)
		return "0";
	while (i < 3 && offset >> 10 >= unit) {
		unit <<= 10;
		i++;
	}
	length = (size_t)snprintf(buf, TEXT_SIZE_LENGTH, "%.4f", (double)offset / (double)unit);
	while (buf[length - 1] == '0')
		length--;
	if (buf[length - 1] == '.')
		length--;
	snprintf(buf + length, TEXT_SIZE_LENGTH - length, " %s", units[i]);
	return buf;
}
