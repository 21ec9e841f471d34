/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the word that is nearest to a mistyped one, for "did you mean". */
#ifndef CLI_CORE_SUGGEST_H
#define CLI_CORE_SUGGEST_H

struct suggestion {
	const char *typed;
	const char *best; /* NULL: no word is near enough */
	unsigned distance;
};

#define SUGGESTION(word)                                                                           \
	(struct suggestion)                                                                        \
	{                                                                                          \
		.typed = (word)                                                                    \
	}

void suggestion_offer(struct suggestion *suggestion, const char *word);

#endif
