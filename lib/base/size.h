/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_SIZE_H
#define BASE_SIZE_H

#include <stdbool.h>
#include <stdint.h>

/* Reads a number of bytes, as --size of famfsctl takes it: decimal, or hexadecimal after 0x; then
 * K, M, G, T or P, which may be small and stand alone or before iB for powers of 1024, before B for
 * powers of 1000. Nothing may stand before or after. False: it is none, or above UINT64_MAX. */
bool size_parse(const char *text, uint64_t *bytes);

#endif
