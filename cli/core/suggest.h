/* SPDX-License-Identifier: Apache-2.0 */
/* "Did you mean": which of the words offered a mistyped one is nearest to. */
#ifndef CLI_CORE_SUGGEST_H
#define CLI_CORE_SUGGEST_H

struct suggestion {
	const char *typed;
	const char *best; /* NULL: none is near enough */
	unsigned distance;
};

#define SUGGESTION(word)                                                                           \
	(struct suggestion)                                                                        \
	{                                                                                          \
		.typed = (word)                                                                    \
	}

void suggestion_offer(struct suggestion *suggestion, const char *word);

#endif
