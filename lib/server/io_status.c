/* SPDX-License-Identifier: Apache-2.0 */
#include "server/io_status.h"

#include <stdio.h>

const char *io_status_set(struct io_status *status, const struct fmap_profile *profile,
			  const char *why)
{
	char *text = status->texts[__atomic_fetch_add(&status->used, 1, __ATOMIC_RELAXED)];

	snprintf(text, sizeof(status->texts[0]), "%s: %s", profile->name, why);
	__atomic_store_n(&status->current, text, __ATOMIC_RELEASE);
	return text;
}

const char *io_status_text(const struct io_status *status)
{
	const char *text = __atomic_load_n(&status->current, __ATOMIC_ACQUIRE);

	return text ? text : "";
}
