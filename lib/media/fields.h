/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fields of the structures. Each list is in the order of the checks: a field depends only on
 * those before it. A row has the member, the name in the format's description, the kind, the check
 * (checks.h), and the text that is shown for a valid value, or a function of describe.h that writes
 * it.
 *
 * decode.c expands the lists to code and stops at the first fault. fields.c expands them to tables
 * and shows every field, in the order of the offsets.
 */
#ifndef MEDIA_FIELDS_H
#define MEDIA_FIELDS_H

#include "famfs_inspect.h"

#include "media/format.h"

/* clang-format off */
/* The offset of the CRC depends on the version. */
#define SUPER_FIELDS(F)                                                                            \
	F(magic, "ts_magic", HEX, super_magic, "a famfs superblock", NULL)                         \
	F(version, "ts_version", NUMBER, super_version, "version of the superblock", NULL)     \
	F(crc, "ts_crc", HEX, super_crc, "", describe_crc)                                         \
	F(major, "ts_omf_ver_major", NUMBER, major, "media format, major", NULL)                   \
	F(log_offset, "ts_log_offset", HEX, log_offset, "2 MiB, where the log always is", NULL)    \
	F(alloc_unit, "ts_alloc_unit", NUMBER, alloc_unit, "", describe_alloc_unit)                \
	F(log_length, "ts_log_len", NUMBER, log_length, "", describe_log_length)                   \
	F(minor, "ts_omf_ver_minor", NUMBER, any, "", describe_minor)                              \
	F(uuid, "ts_uuid", UUID, any, "of the file system", NULL)                                  \
	F(dev_uuid, "ts_dev_uuid", UUID, any, "of the device", NULL)                               \
	F(system_uuid, "ts_system_uuid", UUID, any, "of the host that is the master", NULL)

/* Outside the CRC: readers accept the file system in spite of a fault here. */
#define SUPER_LOOSE_FIELDS(F)                                                                      \
	F(device_size, "dd_size", NUMBER, recorded_size, "", describe_device_size)                 \
	F(flags, "ts_sb_flags", HEX, any, "", describe_super_flags)                                \
	F(padding, "padding", UNUSED, any, "", describe_unused)                                    \
	F(daxdev_uuid, "dd_uuid", UUID, any, "no writer sets it; outside the CRC", NULL)           \
	F(daxdev_name, "dd_daxdev", TEXT, any, "what mkfs was given; outside the CRC", NULL)

#define HEADER_FIELDS(F)                                                                           \
	F(magic, "famfs_log_magic", HEX, header_magic, "a famfs log", NULL)                        \
	F(crc, "famfs_log_crc", HEX, header_crc, "", describe_crc)                                 \
	F(length, "famfs_log_len", NUMBER, header_length, "", describe_log_length)                 \
	F(last_index, "famfs_log_last_index", NUMBER, last_index,                                  \
	  "number of the last entry that fits", NULL)

/* They change with each append, and are outside the CRC. */
#define COUNTER_FIELDS(F)                                                                          \
	F(next_index, "famfs_log_next_index", NUMBER, next_index, "", describe_next_index)         \
	F(next_seqnum, "famfs_log_next_seqnum", NUMBER, next_seqnum, "", describe_next_seqnum)

/* An entry that fails one of the first two was torn, or never written. */
#define ENTRY_FIELDS(F)                                                                            \
	F(crc, "famfs_log_entry_crc", HEX, entry_crc, "", describe_crc)                            \
	F(seqnum, "famfs_log_entry_seqnum", NUMBER, seqnum, "equal to the number of the entry",    \
	  NULL)                                                                                    \
	F(type, "famfs_log_entry_type", NUMBER, type, "", describe_type)                           \
	F(padding, "padding", UNUSED, any, "", describe_unused)

#define MAP_FIELDS(F)                                                                              \
	F(file.map_type, "fmap_ext_type", NUMBER, map_type, "", describe_map_type)                 \
	F(file.count, "fmap_nextents", NUMBER, count, "", describe_count)

#define INTERLEAVE_FIELDS(F)                                                                       \
	F(file.interleave.nstrips, "ie_nstrips", NUMBER, nstrips, "strips", NULL)                  \
	F(file.interleave.chunk_size, "ie_chunk_size", NUMBER, chunk_size, "", describe_mib)

#define EXTENT_FIELDS(F)                                                                           \
	F(daxdev, "se_devindex", NUMBER, daxdev, "", describe_daxdev)                              \
	F(offset, "se_offset", HEX, extent_offset, "", describe_offset)                            \
	F(length, "se_len", NUMBER, extent_length, "", describe_mib)

/* Checked after the map and the extents: if only the path or mode is damaged, the space is
 * known. */
#define FILE_FIELDS(F)                                                                             \
	F(file.size, "fm_size", NUMBER, file_size, "", describe_file_size)                         \
	F(file.path, "fm_relpath", TEXT, path, "", describe_path)                                  \
	F(file.mode, "fm_mode", OCTAL, mode, "permission bits", NULL)                              \
	F(file.flags, "fm_flags", HEX, any, "", describe_file_flags)                               \
	F(file.uid, "fm_uid", NUMBER, any, "", NULL)                                               \
	F(file.gid, "fm_gid", NUMBER, any, "", NULL)                                               \
	F(file.padding1, "padding", UNUSED, any, "", describe_unused)                              \
	F(file.padding2, "padding", UNUSED, any, "", describe_unused)

#define MKDIR_FIELDS(F)                                                                            \
	F(mkdir.path, "md_relpath", TEXT, path, "", describe_path)                                 \
	F(mkdir.mode, "md_mode", OCTAL, mode, "permission bits", NULL)                             \
	F(mkdir.uid, "md_uid", NUMBER, any, "", NULL)                                              \
	F(mkdir.gid, "md_gid", NUMBER, any, "", NULL)

#define DAXDEV_FIELDS(F)                                                                           \
	F(daxdev.index, "dd_index", NUMBER, added_index, "its number in extents", NULL)            \
	F(daxdev.size, "dd_size", NUMBER, added_size, "bytes of the device", NULL)                 \
	F(daxdev.uuid, "dd_uuid", UUID, any, "", NULL)
/* clang-format on */

/*
 * Fills in the CRCs of raw->bytes, a copy, and the fault that a reader finds in it, with
 * raw->device_size and raw->log_length. The caller sets the rest of *raw.
 */
void raw_check(struct famfs_raw *raw);

/* Fills in the contents of an entry, whether or not they are valid. The caller sets entry->raw. */
void raw_decode_entry(struct famfs_log_entry *entry);

#endif
