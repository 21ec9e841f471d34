/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libfuse takes a request's length on trust: arguments, names and the bytes of a WRITE are read
 * where they should be, whether the message reaches that far or not. Here it is made to.
 */
#ifndef SERVER_MESSAGE_H
#define SERVER_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

/* Looks at a message of `size` bytes, at least a header, in a buffer of `room`. What is cut short
 * reads on as zeros, which ends names. False when that cannot be had, when the header gives
 * another size, or when a WRITE has fewer bytes than it says: libfuse must not see it. */
bool message_make_safe(void *message, size_t size, size_t room);

#endif
