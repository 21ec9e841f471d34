/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operations of /dev/fuse that a socket does not have. preload.c and channel.c implement them with
 * messages of their own on the same socket, in order with the replies: a long reply in parts, the
 * ioctl that hands over a device, and the one that clones the connection. No FUSE reply is as long
 * as the magic, which stands where its length would.
 *
 * The environment of the server: FUSEKERNEL_FD is the connection, FUSEKERNEL_CONTROL the socket on
 * which ioctls are answered with an errno; FUSEKERNEL_PUSH is set if other descriptors of
 * /dev/fuse have the ioctl as well; FUSEKERNEL_MISDIRECT makes every reply go to the
 * connection itself, even if the request came from a clone; FUSEKERNEL_PAGE is the page size of
 * the simulated processor.
 */
#ifndef FUSEKERNEL_SIDECHANNEL_H
#define FUSEKERNEL_SIDECHANNEL_H

#include <stdint.h>

#define SIDE_MAGIC  0xfa3f5eedu
#define SIDE_PART   65536u /* bytes of a part, and the longest reply that is sent in one piece */
#define SIDE_DAXDEV 0x4010e504u

enum side_kind {
	SIDE_REPLY_PART = 1,
	SIDE_IOCTL = 2, /* with the device's descriptor attached */
	SIDE_CLONE = 3, /* with the kernel's end of the clone attached */
};

struct side_header {
	uint32_t magic;
	uint32_t kind;
	uint64_t id;     /* id of the reply to which the part belongs */
	uint64_t total;  /* length of that reply */
	uint64_t offset; /* offset of the part */
};

struct side_ioctl {
	struct side_header header;
	uint32_t flags;
	uint32_t padding;
	uint64_t index;
};

#endif
