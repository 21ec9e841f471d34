/* SPDX-License-Identifier: Apache-2.0 */
/* Prints structures of the medium, for dump-super and dump-log. */
#ifndef CLI_DUMP_FIELDS_H
#define CLI_DUMP_FIELDS_H

#include "famfs_inspect.h"
#include "output/output.h"

/* Prints offset, CRCs and fault of a structure as members of the open object. Prints nothing in
 * text. */
void raw_members(struct output *out, const struct famfs_raw *raw);

/* Prints a line, or in JSON an object, for each field. */
void raw_print_fields(struct output *out, const struct famfs_raw *raw);

/* Prints a structure that is not a log entry, as the only element of "structures"; `more` ends its
 * line of text. With `bytes`, prints its bytes too. */
void raw_print_structure(struct output *out, const char *name, const struct famfs_raw *raw,
			 const char *more, bool bytes);

/* Prints the bytes as hexdump(1) does; in JSON as a member "raw". */
void raw_print_bytes(struct output *out, const struct famfs_raw *raw);

#endif
