/* SPDX-License-Identifier: Apache-2.0 */
/* Little-endian integers of the medium; the wrapper makes arithmetic on them a compile error. */
#ifndef BASE_LE_H
#define BASE_LE_H

#include <endian.h>
#include <stdint.h>

typedef struct {
	uint32_t raw;
} le32;

typedef struct {
	uint64_t raw;
} le64;

static inline uint32_t le32_get(le32 v)
{
	return le32toh(v.raw);
}

static inline uint64_t le64_get(le64 v)
{
	return le64toh(v.raw);
}

static inline le32 le32_make(uint32_t v)
{
	return (le32){ htole32(v) };
}

static inline le64 le64_make(uint64_t v)
{
	return (le64){ htole64(v) };
}

#endif
