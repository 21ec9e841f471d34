/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_CRC_H
#define BASE_CRC_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32 of IEEE 802.3 (reflected 0xedb88320, initial and final 0xffffffff). */
uint32_t crc32_of(const void *data, size_t length);

#endif
