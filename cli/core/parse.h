/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parsers of numbers that people type. Each accepts the whole string or refuses it: a sign, a
 * blank, an overflow, an unknown suffix or anything after the value is an error, and leaves *out
 * unchanged.
 */
#ifndef CLI_CORE_PARSE_H
#define CLI_CORE_PARSE_H

#include <stdbool.h>
#include <stdint.h>

/* Decimal digits, or hexadecimal ones after 0x; at most `max`. */
bool parse_number(const char *s, uint64_t max, uint64_t *out);

/* Octal permission bits up to 07777. */
bool parse_mode(const char *s, uint32_t *out);

/* A number or a name of the host's user or group database. */
bool parse_user(const char *s, uint32_t *out);
bool parse_group(const char *s, uint32_t *out);

/* The usual 36 characters; not the all-zero UUID. */
bool parse_uuid(const char *s, uint8_t out[16]);

#endif
