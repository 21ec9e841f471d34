/* SPDX-License-Identifier: Apache-2.0 */
/* "Did you mean": which of the words offered a mistyped one is nearest to. */
#ifndef CLI_CORE_SUGGEST_H
#define CLI_CORE_SUGGEST_H

struct guess {
	const char *typed;
	const char *best; /* NULL: none is near enough */
	unsigned distance;
};

#define GUESS(word)                                                                                \
	(struct guess)                                                                             \
	{                                                                                          \
		.typed = (word)                                                                    \
	}

void guess_offer(struct guess *guess, const char *word);

#endif
