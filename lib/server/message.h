/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libfuse trusts the length of a request: it reads arguments, names and the bytes of a WRITE from
 * their places, even beyond the end of the message. This makes such reads safe.
 */
#ifndef SERVER_MESSAGE_H
#define SERVER_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

/* Checks a message of `size` bytes, at least a header, in a buffer of `room` bytes, and adds
 * zeros behind it, which end names that are cut short. Returns false if there is no room for the
 * zeros, if the header has another size, or if a WRITE has fewer bytes than it says: libfuse must
 * not see such a message. */
bool message_make_safe(void *message, size_t size, size_t room);

#endif
