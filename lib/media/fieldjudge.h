/* SPDX-License-Identifier: Apache-2.0 */
/* What the value of a field means, and whether it can be: for media/layout.c only. */
#ifndef MEDIA_FIELDJUDGE_H
#define MEDIA_FIELDJUDGE_H

#include "famfs_inspect.h"

/* Sets field->verdict and field->meaning; the rest of the field is set. */
typedef void (*field_judge)(const struct famfs_raw *raw, struct famfs_raw_field *field);

/* The little-endian number of 4 or 8 bytes at `at`; of other sizes 0. */
uint64_t field_value(const struct famfs_raw *raw, size_t at, size_t size);

/* The superblock */
void judge_super_magic(const struct famfs_raw *raw, struct famfs_raw_field *field);
void judge_super_version(const struct famfs_raw *raw, struct famfs_raw_field *field);
void judge_log_offset(const struct famfs_raw *raw, struct famfs_raw_field *field);
void judge_log_length(const struct famfs_raw *raw, struct famfs_raw_field *field);
void judge_alloc_unit(const struct famfs_raw *raw, struct famfs_raw_field *field);
void judge_major(const struct famfs_raw *raw, struct famfs_raw_field *field);
void judge_minor(const struct famfs_raw *raw, struct famfs_raw_field *field);
void judge_uuid(const struct famfs_raw *raw, struct famfs_raw_field *field);
void judge_dev_uuid(const struct famfs_raw *raw, struct famfs_raw_field *field);
void judge_system_uuid(const struct famfs_raw *raw, struct famfs_raw_field *field);
void judge_super_flags(const struct famfs_raw *raw, struct famfs_raw_field *field);
void judge_device_size(const struct famfs_raw *raw, struct famfs_raw_field *field);
void judge_never_written(const struct famfs_raw *raw, struct famfs_raw_field *field);
void judge_device_name(const struct famfs_raw *raw, struct famfs_raw_field *field);

/* The log header */
void judge_log_magic(const struct famfs_raw *raw, struct famfs_raw_field *field);
void judge_header_length(const struct famfs_raw *raw, struct famfs_raw_field *field);
void judge_last_index(const struct famfs_raw *raw, struct famfs_raw_field *field);
void judge_next_seqnum(const struct famfs_raw *raw, struct famfs_raw_field *field);
void judge_next_index(const struct famfs_raw *raw, struct famfs_raw_field *field);

/* Entries */
void judge_seqnum(const struct famfs_raw *raw, struct famfs_raw_field *field);
void judge_type(const struct famfs_raw *raw, struct famfs_raw_field *field);
void judge_file_size(const struct famfs_raw *raw, struct famfs_raw_field *field);
void judge_file_flags(const struct famfs_raw *raw, struct famfs_raw_field *field);
void judge_mode(const struct famfs_raw *raw, struct famfs_raw_field *field);
void judge_path(const struct famfs_raw *raw, struct famfs_raw_field *field);
void judge_map_type(const struct famfs_raw *raw, struct famfs_raw_field *field);
void judge_count(const struct famfs_raw *raw, struct famfs_raw_field *field);
void judge_nstrips(const struct famfs_raw *raw, struct famfs_raw_field *field);
void judge_chunk_size(const struct famfs_raw *raw, struct famfs_raw_field *field);
void judge_devindex(const struct famfs_raw *raw, struct famfs_raw_field *field);
void judge_extent_offset(const struct famfs_raw *raw, struct famfs_raw_field *field);
void judge_extent_length(const struct famfs_raw *raw, struct famfs_raw_field *field);
void judge_added_size(const struct famfs_raw *raw, struct famfs_raw_field *field);
void judge_added_index(const struct famfs_raw *raw, struct famfs_raw_field *field);

/* All of them */
void judge_crc(const struct famfs_raw *raw, struct famfs_raw_field *field);
void judge_unused(const struct famfs_raw *raw, struct famfs_raw_field *field);

#endif
