/* SPDX-License-Identifier: Apache-2.0 */
#include "cp/cp.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

bool cp_exclude_add(struct cp_options *options, const char *value)
{
	struct cp_pattern pattern = { .anchored = value[0] == '/' }, *grown;
	size_t length;

	pattern.text = strdup(value + pattern.anchored);
	if (!pattern.text)
		return false;
	length = strlen(pattern.text);
	pattern.directory = length > 1 && pattern.text[length - 1] == '/';
	if (pattern.directory)
		pattern.text[length - 1] = '\0';

	grown = reallocarray(options->excludes, options->nexcludes + 1, sizeof(*grown));
	if (!grown) {
		free(pattern.text);
		return false;
	}
	options->excludes = grown;
	options->excludes[options->nexcludes++] = pattern;
	return true;
}

void cp_exclude_free(struct cp_options *options)
{
	for (size_t i = 0; i < options->nexcludes; i++)
		free(options->excludes[i].text);
	free(options->excludes);
}

/* No flags: as in tar, '*' also matches '/' and a leading '.'. */
static bool matches(const char *pattern, const char *text)
{
	return fnmatch(pattern, text, 0) == 0;
}

bool cp_excluded(const struct cp_options *options, const char *path, bool directory)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	for (size_t i = 0; i < options->nexcludes; i++) {
		const struct cp_pattern *pattern = &options->excludes[i];

		if (pattern->directory && !directory)
			continue;
		if (matches(pattern->text, path) ||
		    (!pattern->anchored && matches(pattern->text, name)))
			return true;
	}
	return false;
}
