/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The structures of the format as lists of fields, each with what its value means and whether it
 * can be. For people who look at a medium: readers decode with superblock.h and record.h. No I/O.
 */
#ifndef MEDIA_LAYOUT_H
#define MEDIA_LAYOUT_H

#include "famfs_inspect.h"

#include "media/format.h"

/*
 * Judges raw->bytes, a copy, by itself and by raw->device_size and raw->log_length, and fills in
 * the CRCs, the fault and its message. The rest of *raw is set.
 */
void layout_judge(struct famfs_raw *raw);

/* Decodes what there is in an entry; entry->raw is set. */
void layout_decode_entry(struct famfs_log_entry *entry);

/* "file", "mkdir", ... "unknown". Static storage. */
const char *layout_type_name(uint32_t type);

#endif
