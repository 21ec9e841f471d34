/* SPDX-License-Identifier: Apache-2.0 */
#include "complete/complete.h"
#include "core/cleanup.h"

#include <stdio.h>
#include <string.h>

void complete_offer(const struct completion *c, const char *value, const char *end,
		    const char *meaning)
{
	cleanup_free char *candidate = NULL;

	if (asprintf(&candidate, "%s%s%s", c->base, value, end) < 0)
		candidate = NULL;
	if (candidate && strncmp(candidate, c->word, strlen(c->word)) == 0)
		c->offer(c->arg, candidate, meaning);
}
