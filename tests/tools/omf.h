/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The on-media format, OMF 2.2, a second time: offsets and a CRC with which the tests read media
 * and damage them. Shares no code with lib/, so that a mistake there is not repeated here.
 */
#ifndef TOOLS_OMF_H
#define TOOLS_OMF_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
	OMF_UNIT = 0x200000,

	OMF_SUPER_SIZE = 200,
	OMF_SUPER_CRC = 96, /* over the bytes before it */

	OMF_HEADER_AT = OMF_UNIT,
	OMF_HEADER_SIZE = 48,
	OMF_HEADER_CRC = 24,
	OMF_HEADER_SEQNUM = 32,
	OMF_HEADER_INDEX = 40,

	OMF_ENTRY_AT = OMF_HEADER_AT + OMF_HEADER_SIZE,
	OMF_ENTRY_SIZE = 544,
	OMF_ENTRY_CRC = 536,
	OMF_PATH_SIZE = 80,

	OMF_TYPE_FILE = 0,
	OMF_TYPE_MKDIR = 1,
	OMF_MAX_EXTENTS = 16,
};

#define OMF_SUPER_MAGIC  0x87b282ffull
#define OMF_HEADER_MAGIC 0xbadcafef00dull

static inline uint64_t omf_get(const uint8_t *at, size_t width)
{
	uint64_t value = 0;

	for (size_t i = 0; i < width; i++)
		value |= (uint64_t)at[i] << (8 * i);
	return value;
}

static inline void omf_put(uint8_t *at, size_t width, uint64_t value)
{
	for (size_t i = 0; i < width; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

/* IEEE 802.3, a nibble at a time: simple enough to be obviously right, fast enough for 8 MiB. */
static inline uint32_t omf_crc32(const uint8_t *data, size_t length)
{
	static const uint32_t table[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
		0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	uint32_t crc = ~0u;

	for (size_t i = 0; i < length; i++) {
		crc ^= data[i];
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}

static inline uint64_t omf_entry_offset(uint64_t index)
{
	return OMF_ENTRY_AT + index * OMF_ENTRY_SIZE;
}

static inline void omf_seal_super(uint8_t *super)
{
	omf_put(super + OMF_SUPER_CRC, 8, omf_crc32(super, OMF_SUPER_CRC));
}

static inline void omf_seal_header(uint8_t *header)
{
	omf_put(header + OMF_HEADER_CRC, 8, omf_crc32(header, OMF_HEADER_CRC));
}

static inline void omf_seal_entry(uint8_t *entry)
{
	omf_put(entry + OMF_ENTRY_CRC, 8, omf_crc32(entry, OMF_ENTRY_CRC));
}

#endif
