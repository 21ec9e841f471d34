/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The famfs messages by byte offset, as the patch series define them. They are defined a second
 * time here, independent of lib/, so that a mistake there is not repeated here. Definitions that
 * all of FUSE shares come from the kernel's own header.
 */
#ifndef FUSEKERNEL_WIRE_H
#define FUSEKERNEL_WIRE_H

#include <linux/fuse.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)

#define PMD_SIZE MIB(2)

enum {
	PAGE = 4096,
	IN_HEADER = 40,
	OUT_HEADER = 16,

	/* header of a map */
	FMAP_HEADER = 32,
	FMAP_FILE_TYPE = 0, /* u8 */
	FMAP_RESERVED = 1,  /* u8 */
	FMAP_VERSION = 2,   /* u16 */
	FMAP_EXT_TYPE = 4,  /* u32 */
	FMAP_NEXTENTS = 8,  /* u32 */
	FMAP_SIZE = 12,     /* u32 */
	FMAP_FILE_SIZE = 16,
	FMAP_RESERVED1 = 24,

	/* simple extent, and strip */
	EXT_SIZE = 24,
	EXT_DEVINDEX = 0, /* u32 */
	EXT_RESERVED = 4, /* u32 */
	EXT_OFFSET = 8,
	EXT_LENGTH = 16,

	/* interleaved extent, before its strips */
	IEXT_SIZE = 24,
	IEXT_NSTRIPS = 0,    /* u32 */
	IEXT_CHUNK_SIZE = 4, /* u32 */
	IEXT_NBYTES = 8,
	IEXT_RESERVED = 16,

	/* reply to GET_DAXDEV */
	DAXDEV_OUT = 280,
	DAXDEV_INDEX = 0,    /* u16 */
	DAXDEV_RESERVED = 2, /* up to the name */
	DAXDEV_NAME = 24,
	DAXDEV_NAME_SIZE = 256,

	TYPE_SIMPLE = 0,
	TYPE_INTERLEAVED = 1,

	FILE_REGULAR = 0,
	FILE_SUPERBLOCK = 1,
	FILE_LOG = 2,
};

/* The table of the kernel, in the generations that have one of 64 devices. */
#define MAX_DAXDEVS 64

/* Flags of INIT that are newer than the header, or that our server never sets. */
#define INIT_EXT           (UINT64_C(1) << 30)
#define INIT_WRITEBACK     (UINT64_C(1) << 16)
#define INIT_MAP_ALIGNMENT (UINT64_C(1) << 26)
#define INIT_SUBMOUNTS     (UINT64_C(1) << 27)

/* Set in `unique` of a request that is sent again. */
#define UNIQUE_RESEND (UINT64_C(1) << 63)
/* Set in `unique` of an interrupt; others are even. */
#define UNIQUE_INTERRUPT UINT64_C(1)

#define OP_COPY_FILE_RANGE_64 53u /* since minor 45 */

static inline uint16_t get16(const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static inline uint32_t get32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static inline uint64_t get64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static inline void put16(uint8_t *at, uint16_t value)
{
	memcpy(at, &value, sizeof(value));
}

static inline void put32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
}

static inline void put64(uint8_t *at, uint64_t value)
{
	memcpy(at, &value, sizeof(value));
}

#endif
