/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that explain valid values in a dump. */
#ifndef MEDIA_DESCRIBE_H
#define MEDIA_DESCRIBE_H

#include "famfs_inspect.h"

#include "media/checks.h"

/* Sets field->meaning, and field->verdict if it differs from that of the check. */
typedef void (*field_describe)(const struct famfs_raw *raw, const struct checked *c,
			       struct famfs_raw_field *field);

#define DESCRIBE(name)                                                                             \
	void describe_##name(const struct famfs_raw *raw, const struct checked *c,                 \
			     struct famfs_raw_field *field)

DESCRIBE(crc);
DESCRIBE(unused);
DESCRIBE(mib);
DESCRIBE(alloc_unit);
DESCRIBE(log_length);
DESCRIBE(minor);
DESCRIBE(device_size);
DESCRIBE(super_flags);
DESCRIBE(next_index);
DESCRIBE(next_seqnum);
DESCRIBE(type);
DESCRIBE(map_type);
DESCRIBE(count);
DESCRIBE(daxdev);
DESCRIBE(offset);
DESCRIBE(file_size);
DESCRIBE(path);
DESCRIBE(file_flags);

#endif
