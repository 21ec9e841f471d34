/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Searches the running kernel for signs of famfs. Some places are expensive to read, such as BTF
 * with its megabytes and the symbols with their hundred thousand lines, so each place is read when
 * a fact from it is first requested.
 *
 * The names are those of the patches in docs/PROTOCOL.md.
 */
#ifndef SERVER_KERNEL_DETECT_H
#define SERVER_KERNEL_DETECT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>

/* The ioctl that hands a device to a push kernel, on any descriptor of the connection. */
struct kernel_daxdev {
	int32_t fd;
	uint32_t flags; /* 0 */
	uint64_t index;
};

_Static_assert(sizeof(struct kernel_daxdev) == 16, "DAXDEV_OPEN argument");

#define KERNEL_DAXDEV_OPEN _IOW(229, 4, struct kernel_daxdev)

/* The sources of facts, the cheap ones first. */
enum kernel_part {
	KERNEL_IOCTL = 1 << 0,
	KERNEL_CONFIG = 1 << 1,
	KERNEL_BTF = 1 << 2,
	KERNEL_SYMBOLS = 1 << 3,
	KERNEL_ALL = (1 << 4) - 1,
};

enum kernel_fact {
	FACT_DAXDEV_OPEN,
	FACT_CONFIG,
	FACT_FUSE_OPCODE, /* without it BTF says nothing about FUSE */
	FACT_FAMFS_IOMAP,
	FACT_GET_FMAP,
	FACT_GET_DAXDEV,
	FACT_DAXDEV_INDEX,
	FACT_DAX_FMAP_OPS, /* these two: the BPF prototype */
	FACT_FUSE_DAX_FMAP_OPS,
	FACT_IOMAP_BEGIN, /* fuse-iomap */
	FACT_FILE_INIT_DAX,
	FACT_TEARDOWN,
	FACT_FUSE_GET_FMAP,
	FACT_FUSE_MMAP,
	FACT_PUSH_OPEN,
	KERNEL_FACTS,
};

/* Zero-initialised but for the root. */
struct kernel_detection {
	const char *root;      /* prefixed to each path: "" except in tests */
	uint64_t page;         /* bytes; 0: that of the running kernel */
	unsigned int asked;    /* places that were read or tried */
	unsigned int readable; /* places among them that could be read */
	uint32_t found;        /* a bit for each fact */
	uint32_t op_fmap;      /* of enum fuse_opcode in BTF; 0: missing */
	uint32_t op_daxdev;
};

/*
 * Reads the given places, except those that were read before. A place that cannot be read has no
 * facts. Reads files and opens /dev/fuse, so the calling thread must not be cancelled.
 */
void kernel_gather(struct kernel_detection *detection, unsigned int parts);

/* Whether the kernel shows the fact. Reads its place, unless it was read before. */
bool kernel_has(struct kernel_detection *detection, enum kernel_fact fact);

enum kernel_part kernel_fact_part(enum kernel_fact fact);
const char *kernel_fact_name(enum kernel_fact fact);

#endif
