/* SPDX-License-Identifier: Apache-2.0 */
#include "base/crc.h"

#include <libdeflate.h>

/* libdeflate's rather than zlib's, which would take the whole time that a replay may. */
uint32_t crc32_of(const void *data, size_t length)
{
	return libdeflate_crc32(0, data, length);
}
