/* SPDX-License-Identifier: Apache-2.0 */
#include "map/map.h"

#include "core/cleanup.h"
#include "famfs.h"
#include "output/text.h"

#include <string.h>

static const char *entity(char c)
{
	switch (c) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\'': return "&#39;";
	}
	return NULL;
}

/* UTF-8 allows U+FFFE and U+FFFF, XML does not. */
static bool is_not_xml(const char *s, size_t length)
{
	return length == 3 &&
	       (memcmp(s, "\xef\xbf\xbe", 3) == 0 || memcmp(s, "\xef\xbf\xbf", 3) == 0);
}

void xml_put(FILE *file, const char *text, size_t most)
{
	/* Controls and bytes that are not UTF-8 are written as \ooo. */
	cleanup_free char *escaped = text_escape(text);
	size_t count = 0;

	for (const char *s = escaped ? escaped : ""; *s;) {
		size_t length = famfs_utf8_length(s);
		const char *name = entity(*s);

		if (most && ++count == most && s[length]) {
			fputs("\xe2\x80\xa6", file);
			return;
		}
		if (name)
			fputs(name, file);
		else if (is_not_xml(s, length))
			fputs("\xef\xbf\xbd", file);
		else
			fwrite(s, 1, length, file);
		s += length;
	}
}
