/* SPDX-License-Identifier: Apache-2.0 */
#include "base/crc.h"

#include <libdeflate.h>

/* libdeflate is several times faster than zlib, and the CRC dominates the time of a replay. */
uint32_t crc32_of(const void *data, size_t length)
{
	return libdeflate_crc32(0, data, length);
}
