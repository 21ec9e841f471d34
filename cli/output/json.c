/* SPDX-License-Identifier: Apache-2.0 */
#include "output/json.h"
#include "core/cleanup.h"
#include "output/text.h"

#include <json-c/json.h>

/* json-c does not escape DEL and the controls of Latin-1, which a terminal obeys. */
static void put_escaped(FILE *file, const char *json)
{
	for (const unsigned char *p = (const unsigned char *)json; *p; p++) {
		if (p[0] == 0x7f)
			fputs("\\u007f", file);
		else if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)
			fprintf(file, "\\u%04x", *++p);
		else
			putc(*p, file);
	}
}

void json_put_string(FILE *file, const char *text)
{
	cleanup_free char *utf8 = text_to_utf8(text);
	struct json_object *string = json_object_new_string(utf8 ? utf8 : "");

	put_escaped(file, json_object_to_json_string_ext(
				  string, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(string);
}
