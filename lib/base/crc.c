/* SPDX-License-Identifier: Apache-2.0 */
#include "base/crc.h"

#include <libdeflate.h>

/* libdeflate, since the CRC of zlib alone would take as long as a whole replay may take. */
uint32_t crc32_of(const void *data, size_t length)
{
	return libdeflate_crc32(0, data, length);
}
