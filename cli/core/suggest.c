/* SPDX-License-Identifier: Apache-2.0 */
#include "core/suggest.h"

#include <string.h>

#define MOST_LENGTH   24
#define MOST_DISTANCE 2

/* Levenshtein's distance: how many letters were added, dropped or mistaken. */
static unsigned edit_distance(const char *a, const char *b)
{
	unsigned row[MOST_LENGTH + 1];
	size_t width = strlen(b);

	if (width > MOST_LENGTH || strlen(a) > MOST_LENGTH)
		return MOST_LENGTH;
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

void guess_offer(struct guess *guess, const char *word)
{
	unsigned distance = edit_distance(guess->typed, word);

	/* Another word of the same length is no slip of the finger. */
	if (distance > MOST_DISTANCE || distance >= strlen(guess->typed))
		return;
	if (guess->best && distance >= guess->distance)
		return;
	guess->best = word;
	guess->distance = distance;
}
