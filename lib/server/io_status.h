/* SPDX-License-Identifier: Apache-2.0 */
/* The text of .meta/.io: the fmap profile of the mount and the reason for it, "off: ...". */
#ifndef SERVER_IO_STATUS_H
#define SERVER_IO_STATUS_H

#include "server/profile.h"

/* INIT sets it, then the first request for a map that shows another profile, or the first open when
 * no request came. */
#define IO_STATUS_MAX_CHANGES 3

/* Zero-initialised. */
struct io_status {
	/* A request may be reading one text while the next is made: no text is written twice. */
	char texts[IO_STATUS_MAX_CHANGES][256];
	unsigned int used;   /* of the texts */
	const char *current; /* set atomically; NULL before INIT */
};

/* Returns the new text. From any thread. */
const char *io_status_set(struct io_status *status, const struct fmap_profile *profile,
			  const char *why);

/* The current text; "" before INIT. The text stays valid and unchanged when the status changes. */
const char *io_status_text(const struct io_status *status);

#endif
