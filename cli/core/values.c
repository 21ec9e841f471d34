/* SPDX-License-Identifier: Apache-2.0 */
#include "core/values.h"
#include "core/cleanup.h"
#include "core/parse.h"
#include "core/report.h"
#include "core/suggest.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* "a, b or c" */
static char *list_words(const struct word *words)
{
	size_t length = 1;
	char *list, *end;

	for (const struct word *w = words; w->name; w++)
		length += strlen(w->name) + strlen(" or ");
	list = malloc(length);
	if (!list)
		return NULL;
	end = list;
	*end = '\0';
	for (const struct word *w = words; w->name; w++) {
		const char *before = w == words ? "" : w[1].name ? ", " : " or ";

		end = stpcpy(stpcpy(end, before), w->name);
	}
	return list;
}

int option_word(const char *name, const char *value, const struct word *words, unsigned *index)
{
	struct suggestion suggestion = SUGGESTION(value);
	cleanup_free char *list = NULL;

	for (unsigned i = 0; words[i].name; i++) {
		if (strcmp(words[i].name, value) == 0) {
			*index = i;
			return EXIT_DONE;
		}
		suggestion_offer(&suggestion, words[i].name);
	}
	list = list_words(words);
	if (!list)
		return report_no_memory();
	report_as(REPORT_USAGE, 0, "--%s expects %s, got '%s'", name, list, value);
	if (suggestion.best)
		report_hint("did you mean %s?", suggestion.best);
	else
		report_see_help();
	return EXIT_USAGE;
}

int option_string(char **place, const char *value)
{
	free(*place);
	*place = strdup(value);
	return *place ? EXIT_DONE : report_no_memory();
}

int option_size(const char *name, const char *value, uint64_t *out)
{
	if (famfs_parse_size(value, out) && *out > 0)
		return EXIT_DONE;
	return report_usage("--%s expects a size such as 64M, got '%s'", name, value);
}

int option_power_of_two(const char *name, const char *value, uint64_t min, const char *least,
			uint64_t *out)
{
	int ret = option_size(name, value, out);

	if (ret == EXIT_DONE && (*out < min || (*out & (*out - 1))))
		return report_usage("--%s expects a power of two from %s on, got '%s'", name, least,
				    value);
	return ret;
}

int option_number(const char *name, const char *value, uint64_t min, uint64_t max, uint64_t *out)
{
	if (parse_number(value, max, out) && *out >= min)
		return EXIT_DONE;
	return report_usage("--%s expects a number from %" PRIu64 " to %" PRIu64 ", got '%s'", name,
			    min, max, value);
}

int option_seed(const char *name, const char *value, uint32_t *out)
{
	uint64_t seed;
	int ret = option_number(name, value, 0, UINT32_MAX, &seed);

	if (ret == EXIT_DONE)
		*out = (uint32_t)seed;
	return ret;
}

int option_mode(const char *name, const char *value, uint32_t *out)
{
	if (parse_mode(value, out))
		return EXIT_DONE;
	return report_usage("--%s expects an octal mode such as 0644, got '%s'", name, value);
}

int option_user(const char *name, const char *value, uint32_t *out)
{
	if (parse_user(value, out))
		return EXIT_DONE;
	return report_usage("--%s expects a user's name or number, got '%s'", name, value);
}

int option_group(const char *name, const char *value, uint32_t *out)
{
	if (parse_group(value, out))
		return EXIT_DONE;
	return report_usage("--%s expects a group's name or number, got '%s'", name, value);
}

int option_uuid(const char *name, const char *value, uint8_t out[16])
{
	if (parse_uuid(value, out))
		return EXIT_DONE;
	return report_usage("--%s expects a UUID, got '%s'", name, value);
}
