/* SPDX-License-Identifier: Apache-2.0 */
/* Structures of a medium on stdout: dump-super and dump-log. */
#ifndef CLI_DUMP_FIELDS_H
#define CLI_DUMP_FIELDS_H

#include "famfs_inspect.h"
#include "output/output.h"

#define CRC_LENGTH 24

/* "0x1a2b" for JSON, where 64 bits and more are strings. Returns buf. */
const char *raw_crc(char buf[CRC_LENGTH], uint64_t crc);

/* Members of the open object: where the structure lies, its CRCs, what is wrong with it. Nothing in
 * text. */
void raw_members(struct output *out, const struct famfs_raw *raw);

/* A line, or in JSON an object, for each field. */
void raw_print_fields(struct output *out, const struct famfs_raw *raw);

/* What is not a log entry, as the only one of "structures"; `more` ends its line of text. With
 * `bytes` also those. */
void raw_print_structure(struct output *out, const char *name, const struct famfs_raw *raw,
			 const char *more, bool bytes);

/* The bytes, as hexdump(1) shows them; in JSON a member "raw". */
void raw_print_bytes(struct output *out, const struct famfs_raw *raw);

#endif
