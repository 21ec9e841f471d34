/* SPDX-License-Identifier: Apache-2.0 */
#include "core/suggest.h"

#include <string.h>

#define MAX_LENGTH   24
#define MAX_DISTANCE 2

/* The Levenshtein distance: the number of letters added, dropped or replaced. */
static unsigned edit_distance(const char *a, const char *b)
{
	unsigned row[MAX_LENGTH + 1];
	size_t width = strlen(b);

	if (width > MAX_LENGTH || strlen(a) > MAX_LENGTH)
		return MAX_LENGTH;
	for (unsigned j = 0; j <= width; j++)
		row[j] = j;

	for (unsigned i = 1; a[i - 1]; i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= width; j++) {
			unsigned best = diagonal + (a[i - 1] != b[j - 1]);

			if (best > row[j] + 1)
				best = row[j] + 1;
			if (best > row[j - 1] + 1)
				best = row[j - 1] + 1;
			diagonal = row[j];
			row[j] = best;
		}
	}
	return row[width];
}

void suggestion_offer(struct suggestion *suggestion, const char *word)
{
	unsigned distance = edit_distance(suggestion->typed, word);

	/* A word of the same length with other letters is not a typing error. */
	if (distance > MAX_DISTANCE || distance >= strlen(suggestion->typed))
		return;
	if (suggestion->best && distance >= suggestion->distance)
		return;
	suggestion->best = word;
	suggestion->distance = distance;
}
