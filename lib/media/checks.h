/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of the format, each once: the valid values of a field, and the fault and the text for
 * others. fields.h names the check of each field. decode.c runs the checks in the order of
 * fields.h, in which each field depends only on fields that were checked before; fields.c runs the
 * same checks for every field that it shows.
 *
 * They are inline because a replay runs about ten of them for each entry.
 */
#ifndef MEDIA_CHECKS_H
#define MEDIA_CHECKS_H

#include "media/path.h"
#include "media/record.h"

#include <errno.h>
#include <inttypes.h>

/* The values that a check needs beside that of its field. */
struct checked {
	uint64_t crc;         /* computed */
	uint64_t entry;       /* number of the log entry */
	uint64_t device_size; /* 0: unknown */
	uint64_t recorded;    /* size in the superblock */
	uint64_t log_length;  /* the length that the log header must have */
	uint32_t minor;       /* of the media format */
	uint64_t next_index;
	uint32_t map_type;
	const struct famfs_fmap *fmap; /* NULL: it is not valid */
	const struct path_reading *path;
	const char *read_as; /* the path, normalised */
	const struct omf_extent *extent;
	const struct record_limits *limits;
};

/* Stores the code and the text of a fault in *why, and returns `fault`. `why` may be NULL. */
__attribute__((cold, format(printf, 4, 5))) enum famfs_fault fault_set(struct fault_text *why,
								       enum famfs_fault fault,
								       int code, const char *format,
								       ...);

#define CHECK(name)                                                                                \
	static inline enum famfs_fault check_##name(const struct checked *c, uint64_t value,       \
						    struct fault_text *why)

/* Every value is valid. */
CHECK(any)
{
	(void)c, (void)value, (void)why;
	return FAMFS_FAULT_NONE;
}

static inline enum famfs_fault check_crc_of(const struct checked *c, uint64_t value,
					    enum famfs_fault fault, const char *what,
					    struct fault_text *why)
{
	if (__builtin_expect(value == c->crc, 1))
		return FAMFS_FAULT_NONE;
	return fault_set(why, fault, -EUCLEAN, "%sCRC is %#" PRIx64 ", expected %#" PRIx64, what,
			 value, c->crc);
}

/* ---- the superblock ---- */

CHECK(super_magic)
{
	(void)c;
	if (value == OMF_SUPER_MAGIC)
		return FAMFS_FAULT_NONE;
	return fault_set(why, FAMFS_FAULT_MAGIC, -EMEDIUMTYPE,
			 "no famfs superblock, its magic is not %#" PRIx64, OMF_SUPER_MAGIC);
}

CHECK(super_version)
{
	(void)c;
	if (value == OMF_SUPER_VERSION)
		return FAMFS_FAULT_NONE;
	return fault_set(why, FAMFS_FAULT_SUPERBLOCK, -ENOTSUP,
			 "superblock version is %" PRIu64 ", this program knows %d", value,
			 OMF_SUPER_VERSION);
}

CHECK(super_crc)
{
	return check_crc_of(c, value, FAMFS_FAULT_SUPERBLOCK, "superblock ", why);
}

CHECK(major)
{
	if (value == OMF_MAJOR)
		return FAMFS_FAULT_NONE;
	return fault_set(why, FAMFS_FAULT_SUPERBLOCK, -ENOTSUP,
			 "media format is %" PRIu64 ".%u, this program knows %d.x", value, c->minor,
			 OMF_MAJOR);
}

CHECK(log_offset)
{
	(void)c;
	if (value == OMF_LOG_OFFSET)
		return FAMFS_FAULT_NONE;
	return fault_set(why, FAMFS_FAULT_SUPERBLOCK, -EUCLEAN,
			 "log offset is %#" PRIx64 ", expected %#" PRIx64, value, OMF_LOG_OFFSET);
}

CHECK(alloc_unit)
{
	(void)c;
	/* Files are allocated in units of 2 MiB in both cases. */
	if (value == OMF_ALLOC_UNIT || value == OMF_ALLOC_UNIT_SMALL)
		return FAMFS_FAULT_NONE;
	return fault_set(why, FAMFS_FAULT_SUPERBLOCK, -EUCLEAN,
			 "allocation unit is %" PRIu64 ", expected 2 MiB or 4 KiB", value);
}

CHECK(log_length)
{
	/* The recorded size is outside the CRC, so prefer the real one. */
	uint64_t size = c->device_size ? c->device_size : c->recorded;

	if (!omf_is_power_of_two(value, OMF_LOG_LENGTH_MIN))
		return fault_set(why, FAMFS_FAULT_SUPERBLOCK, -EUCLEAN,
				 "log length %" PRIu64 " is not a power of two from 8 MiB", value);
	if (size < OMF_LOG_OFFSET || value > size - OMF_LOG_OFFSET)
		return fault_set(why, FAMFS_FAULT_SUPERBLOCK, -EUCLEAN,
				 "log of %" PRIu64 " bytes does not fit the device of %" PRIu64
				 " bytes",
				 value, size);
	if (value > OMF_LOG_LENGTH_MAX)
		return fault_set(why, FAMFS_FAULT_SUPERBLOCK, -ENOTSUP,
				 "log of %" PRIu64 " bytes is larger than %" PRIu64
				 ", the most that this program handles",
				 value, OMF_LOG_LENGTH_MAX);
	return FAMFS_FAULT_NONE;
}

CHECK(recorded_size)
{
	if (!c->device_size || value == c->device_size)
		return FAMFS_FAULT_NONE;
	return fault_set(why, FAMFS_FAULT_CAPACITY, -EUCLEAN,
			 "superblock records %" PRIu64 " bytes, the device has %" PRIu64, value,
			 c->device_size);
}

/* ---- the log header ---- */

CHECK(header_magic)
{
	(void)c;
	if (value == OMF_LOG_MAGIC)
		return FAMFS_FAULT_NONE;
	return fault_set(why, FAMFS_FAULT_HEADER, -EUCLEAN,
			 "log header magic is %#" PRIx64 ", expected %#" PRIx64, value,
			 OMF_LOG_MAGIC);
}

CHECK(header_crc)
{
	return check_crc_of(c, value, FAMFS_FAULT_HEADER, "log header ", why);
}

CHECK(header_length)
{
	if (value == c->log_length)
		return FAMFS_FAULT_NONE;
	return fault_set(why, FAMFS_FAULT_HEADER, -EUCLEAN,
			 "log header says %" PRIu64 " bytes, expected %" PRIu64, value,
			 c->log_length);
}

CHECK(last_index)
{
	uint64_t last = omf_log_capacity(c->log_length) - 1;

	if (value == last)
		return FAMFS_FAULT_NONE;
	return fault_set(why, FAMFS_FAULT_HEADER, -EUCLEAN,
			 "last log index is %" PRIu64 ", expected %" PRIu64, value, last);
}

CHECK(next_index)
{
	uint64_t capacity = omf_log_capacity(c->log_length);

	if (value <= capacity)
		return FAMFS_FAULT_NONE;
	return fault_set(why, FAMFS_FAULT_HEADER, -EUCLEAN,
			 "next index is %" PRIu64 ", the log has %" PRIu64 " entries", value,
			 capacity);
}

/* An interrupted publish leaves it ahead of the index. */
CHECK(next_seqnum)
{
	if (value - c->next_index <= OMF_MAX_PUBLISH)
		return FAMFS_FAULT_NONE;
	return fault_set(why, FAMFS_FAULT_HEADER, -EUCLEAN,
			 "next sequence number is %" PRIu64 ", next index is %" PRIu64, value,
			 c->next_index);
}

/* ---- log entries ---- */

CHECK(entry_crc)
{
	return check_crc_of(c, value, FAMFS_FAULT_CRC, "", why);
}

CHECK(seqnum)
{
	if (__builtin_expect(value == c->entry, 1))
		return FAMFS_FAULT_NONE;
	return fault_set(why, FAMFS_FAULT_SEQNUM, -EUCLEAN,
			 "sequence number is %" PRIu64 ", expected %" PRIu64, value, c->entry);
}

CHECK(type)
{
	(void)c;
	if (value == OMF_FILE || value == OMF_MKDIR || value == OMF_ADD_DAXDEV ||
	    value == OMF_INVALID)
		return FAMFS_FAULT_NONE;
	return fault_set(why, FAMFS_FAULT_TYPE, -EUCLEAN, "unknown entry type %" PRIu64, value);
}

CHECK(mode)
{
	(void)c;
	if ((value & ~(uint64_t)OMF_MODE_BITS) == 0)
		return FAMFS_FAULT_NONE;
	return fault_set(why, FAMFS_FAULT_MODE, -EUCLEAN,
			 "mode %#" PRIo64 " has more than permission bits", value);
}

CHECK(path)
{
	(void)value;
	if (!c->path->fault)
		return FAMFS_FAULT_NONE;
	return fault_set(why, FAMFS_FAULT_PATH, -EUCLEAN, "path %s", c->path->fault);
}

CHECK(map_type)
{
	(void)c;
	if (value == OMF_SIMPLE || value == OMF_INTERLEAVE)
		return FAMFS_FAULT_NONE;
	return fault_set(why, FAMFS_FAULT_MAP, -EUCLEAN, "unknown map type %" PRIu64, value);
}

CHECK(count)
{
	if (c->map_type == OMF_INTERLEAVE && value != 1)
		return fault_set(why, FAMFS_FAULT_MAP, -EUCLEAN,
				 "%" PRIu64 " interleaved extents, 1 is possible", value);
	if (value < 1 || value > OMF_MAX_EXTENTS)
		return fault_set(why, FAMFS_FAULT_MAP, -EUCLEAN,
				 "%" PRIu64 " extents, 1 to %d are possible", value,
				 OMF_MAX_EXTENTS);
	return FAMFS_FAULT_NONE;
}

CHECK(nstrips)
{
	(void)c;
	if (value >= 1 && value <= OMF_MAX_EXTENTS)
		return FAMFS_FAULT_NONE;
	return fault_set(why, FAMFS_FAULT_MAP, -EUCLEAN, "%" PRIu64 " strips, 1 to %d are possible",
			 value, OMF_MAX_EXTENTS);
}

CHECK(chunk_size)
{
	(void)c;
	if (!omf_is_power_of_two(value, OMF_ALLOC_UNIT))
		return fault_set(why, FAMFS_FAULT_MAP, -EUCLEAN,
				 "chunk size %" PRIu64 " is not a power of two from 2 MiB", value);
	/* Limits a stripe, at most 16 chunks, to 64 bits. */
	if (value > OMF_DEVICE_MAX)
		return fault_set(why, FAMFS_FAULT_MAP, -EUCLEAN,
				 "chunk size %" PRIu64 " is larger than any device", value);
	return FAMFS_FAULT_NONE;
}

CHECK(daxdev)
{
	if (value < c->limits->ndaxdevs)
		return FAMFS_FAULT_NONE;
	if (value >= OMF_MAX_DAXDEVS)
		return fault_set(why, FAMFS_FAULT_DAXDEV, -EUCLEAN,
				 "device index %" PRIu64 ", the limit is %d", value,
				 OMF_MAX_DAXDEVS - 1);
	return fault_set(why, FAMFS_FAULT_DAXDEV, -EUCLEAN,
			 "device index %" PRIu64 " is unknown, there are %u devices", value,
			 c->limits->ndaxdevs);
}

static inline enum famfs_fault fault_of_extent(const struct checked *c, enum famfs_fault fault,
					       const char *what, struct fault_text *why)
{
	return fault_set(why, fault, -EUCLEAN, "extent %#" PRIx64 "+%#" PRIx64 " %s",
			 le64_get(c->extent->offset), le64_get(c->extent->length), what);
}

static inline enum famfs_fault fault_beyond(const struct checked *c, uint64_t size,
					    struct fault_text *why)
{
	return fault_set(why, FAMFS_FAULT_EXTENT, -EUCLEAN,
			 "extent %#" PRIx64 "+%#" PRIx64 " ends beyond the device of %#" PRIx64
			 " bytes",
			 le64_get(c->extent->offset), le64_get(c->extent->length), size);
}

/* The size of a device with an invalid index is unknown. */
static inline uint64_t size_of_device(const struct checked *c)
{
	uint64_t daxdev = le64_get(c->extent->daxdev);

	return daxdev < c->limits->ndaxdevs ? c->limits->daxdev_sizes[daxdev] : UINT64_MAX;
}

CHECK(extent_offset)
{
	uint64_t size = size_of_device(c);

	if (value & (OMF_ALLOC_UNIT - 1))
		return fault_of_extent(c, FAMFS_FAULT_ALIGN, "is not in units of 2 MiB", why);
	if (le64_get(c->extent->daxdev) == 0 && value < c->limits->data_offset)
		return fault_of_extent(c, FAMFS_FAULT_EXTENT, "lies on the metadata", why);
	return value < size ? FAMFS_FAULT_NONE : fault_beyond(c, size, why);
}

CHECK(extent_length)
{
	uint64_t size = size_of_device(c), offset = le64_get(c->extent->offset);

	if (value & (OMF_ALLOC_UNIT - 1))
		return fault_of_extent(c, FAMFS_FAULT_ALIGN, "is not in units of 2 MiB", why);
	if (value == 0)
		return fault_of_extent(c, FAMFS_FAULT_EXTENT, "is empty", why);
	if (offset > size || value > size - offset)
		return fault_beyond(c, size, why);
	return FAMFS_FAULT_NONE;
}

/* Runs after the checks of the extents: each lies in its device, so the sum cannot overflow. */
CHECK(file_size)
{
	const struct famfs_fmap *fmap = c->fmap;
	uint64_t mapped, strip;

	if (!fmap)
		return FAMFS_FAULT_NONE;
	mapped = fmap_allocated(fmap);
	if (value > mapped)
		return fault_set(why, FAMFS_FAULT_SIZE, -EUCLEAN,
				 "size %" PRIu64 " exceeds its map of %" PRIu64, value, mapped);
	if (fmap->type == FAMFS_FMAP_SIMPLE)
		return FAMFS_FAULT_NONE;
	strip = interleave_strip_length(value, fmap->nextents, fmap->chunk_size);
	for (uint32_t i = 0; i < fmap->nextents; i++)
		if (fmap->extents[i].length < strip)
			return fault_set(why, FAMFS_FAULT_SIZE, -EUCLEAN,
					 "strip %u has %" PRIu64 " bytes, its chunks need %" PRIu64,
					 i, fmap->extents[i].length, strip);
	return FAMFS_FAULT_NONE;
}

CHECK(added_index)
{
	(void)c;
	if (value > 0 && value < OMF_MAX_DAXDEVS)
		return FAMFS_FAULT_NONE;
	return fault_set(why, FAMFS_FAULT_DAXDEV, -EUCLEAN,
			 "device index %" PRIu64 ", 1 to %d are possible", value,
			 OMF_MAX_DAXDEVS - 1);
}

CHECK(added_size)
{
	(void)c;
	if (value > 0 && value <= OMF_DEVICE_MAX)
		return FAMFS_FAULT_NONE;
	return fault_set(why, FAMFS_FAULT_DAXDEV, -EUCLEAN, "device of %" PRIu64 " bytes", value);
}

#undef CHECK

#endif
