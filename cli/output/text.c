/* SPDX-License-Identifier: Apache-2.0 */
#include "output/text.h"

#include "famfs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool text_has_control(const char *s)
{
	while (*s) {
		size_t length = famfs_utf8_length(s);

		if (length && !famfs_utf8_printable(s))
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
		size_t length = famfs_utf8_printable(s);

		if (length) {
			out = mempcpy(out, s, length);
			s += length;
		} else {
			out += sprintf(out, "\\%03o", (unsigned char)*s++);
		}
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
		size_t length = famfs_utf8_length(s);

		if (length)
			out = mempcpy(out, s, length);
		else
			out = mempcpy(out, replacement, 3);
		s += length ? length : 1;
	}
	*out = '\0';
	return copy;
}

const char *text_entries(char *buf, uint64_t first, uint64_t last)
{
	if (first == FAMFS_NO_ENTRY)
		snprintf(buf, TEXT_ENTRIES_LENGTH, "metadata");
	else if (first == last)
		snprintf(buf, TEXT_ENTRIES_LENGTH, "entry %" PRIu64, first);
	else
		snprintf(buf, TEXT_ENTRIES_LENGTH, "entries %" PRIu64 " to %" PRIu64, first, last);
	return buf;
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
	/* Print 1.0 of the next unit, not 1024.0. */
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
