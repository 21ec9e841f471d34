/* SPDX-License-Identifier: Apache-2.0 */
#include "server/message.h"

#include <linux/fuse.h>
#include <string.h>

/* More than the longest arguments of any request with the ends of the two names of a rename. */
#define ZEROS 256u

static bool write_sound(const struct fuse_in_header *header, size_t size)
{
	const struct fuse_write_in *in = (const void *)(header + 1);

	return size >= sizeof(*header) + sizeof(*in) &&
	       in->size <= size - sizeof(*header) - sizeof(*in);
}

bool message_make_safe(void *message, size_t size, size_t room)
{
	const struct fuse_in_header *header = message;

	if (header->len != size)
		return false;
	if (header->opcode == FUSE_WRITE)
		return write_sound(header, size);
	if (room - size < ZEROS)
		return false;
	memset((unsigned char *)message + size, 0, ZEROS);
	return true;
}
