/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes the medium by the offsets of tests/tools/omf.h. */
#include "tree.h"

#include "omf.h"
#include "tap.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum {
	SUPER_UUID = 40,
	ENTRY_SEQNUM = 0,
	ENTRY_TYPE = 8,
	FILE_SIZE = 16,
	FILE_FLAGS = 24,
	FILE_MODE = 36,
	FILE_PATH = 40,
	FILE_MAP_TYPE = 120,
	FILE_COUNT = 128,
	FILE_EXTENTS = 136,
	FILE_NSTRIPS = 136,
	FILE_CHUNK = 144,
	FILE_STRIPS = 152,
	DIR_MODE = 24,
	DIR_PATH = 28,
	DEVICE_SIZE = 16,
	DEVICE_UUID = 24,
	DEVICE_INDEX = 40,
	PART_DEVICE = 0,
	PART_OFFSET = 8,
	PART_LENGTH = 16,
	PART_BYTES = 24,
	ALL_HOSTS_RW = 2,
	TYPE_ADD_DAXDEV = 3,
};

static void read_at(int image, uint64_t offset, void *buf, size_t size)
{
	if (pread(image, buf, size, (off_t)offset) != (ssize_t)size)
		bail_out("cannot read the image at %llu", (unsigned long long)offset);
}

static void write_at(int image, uint64_t offset, const void *buf, size_t size)
{
	if (pwrite(image, buf, size, (off_t)offset) != (ssize_t)size)
		bail_out("cannot write the image at %llu: %s", (unsigned long long)offset,
			 strerror(errno));
}

uint64_t log_count(int image)
{
	uint8_t raw[8];

	read_at(image, OMF_HEADER_AT + OMF_HEADER_INDEX, raw, sizeof(raw));
	return omf_get(raw, sizeof(raw));
}

void log_cut(int image, uint64_t count)
{
	uint8_t raw[16];

	omf_put(raw, 8, count);
	omf_put(raw + 8, 8, count);
	write_at(image, OMF_HEADER_AT + OMF_HEADER_SEQNUM, raw, sizeof(raw));
}

void log_other_uuid(int image)
{
	uint8_t byte;

	read_at(image, SUPER_UUID, &byte, 1);
	byte ^= 0xff;
	write_at(image, SUPER_UUID, &byte, 1);
}

static void publish(int image, uint8_t *entry)
{
	uint64_t index = log_count(image);

	omf_put(entry + ENTRY_SEQNUM, 8, index);
	omf_seal_entry(entry);
	write_at(image, omf_entry_offset(index), entry, OMF_ENTRY_SIZE);
	log_cut(image, index + 1);
}

/* The first of several parts lies on the image; other parts, and a single part, lie on the file's
 * device. */
static uint32_t device_of(const struct tree_file *file, uint32_t part)
{
	return part || file->count == 1 ? file->dev : 0;
}

static void mark(struct tree *tree, const struct tree_file *file)
{
	for (uint32_t i = 0; i < file->count; i++)
		for (uint64_t unit = file->parts[i].offset / OMF_UNIT;
		     !device_of(file, i) &&
		     unit < (file->parts[i].offset + file->parts[i].length) / OMF_UNIT;
		     unit++)
			tree->used[unit] = 1;
}

void log_append_file(struct tree *tree, int image, const struct tree_file *file)
{
	uint8_t entry[OMF_ENTRY_SIZE] = { 0 };
	uint8_t *part = entry + (file->interleaved ? FILE_STRIPS : FILE_EXTENTS);

	omf_put(entry + ENTRY_TYPE, 4, OMF_TYPE_FILE);
	omf_put(entry + FILE_SIZE, 8, file->size);
	omf_put(entry + FILE_FLAGS, 4, ALL_HOSTS_RW);
	omf_put(entry + FILE_MODE, 4, 0644);
	snprintf((char *)entry + FILE_PATH, OMF_PATH_SIZE, "%s", file->path);
	omf_put(entry + FILE_MAP_TYPE, 4, file->interleaved);
	omf_put(entry + FILE_COUNT, 4, file->interleaved ? 1 : file->count);
	if (file->interleaved) {
		omf_put(entry + FILE_NSTRIPS, 8, file->count);
		omf_put(entry + FILE_CHUNK, 8, file->chunk);
	}
	for (uint32_t i = 0; i < file->count; i++, part += PART_BYTES) {
		omf_put(part + PART_DEVICE, 8, device_of(file, i));
		omf_put(part + PART_OFFSET, 8, file->parts[i].offset);
		omf_put(part + PART_LENGTH, 8, file->parts[i].length);
	}
	publish(image, entry);
	mark(tree, file);
}

void log_append_dir(int image, const char *path)
{
	uint8_t entry[OMF_ENTRY_SIZE] = { 0 };

	omf_put(entry + ENTRY_TYPE, 4, OMF_TYPE_MKDIR);
	omf_put(entry + DIR_MODE, 4, 0755);
	snprintf((char *)entry + DIR_PATH, OMF_PATH_SIZE, "%s", path);
	publish(image, entry);
}

void log_append_device(int image, uint32_t index, uint64_t size)
{
	uint8_t entry[OMF_ENTRY_SIZE] = { 0 };

	omf_put(entry + ENTRY_TYPE, 4, TYPE_ADD_DAXDEV);
	omf_put(entry + DEVICE_SIZE, 8, size);
	memset(entry + DEVICE_UUID, 0xd1, 16);
	omf_put(entry + DEVICE_INDEX, 4, index);
	publish(image, entry);
}

static struct tree_file *file_of(struct tree *tree, const char *path)
{
	for (unsigned int i = 0; i < tree->nfiles; i++)
		if (!strncmp(tree->files[i].path, path, sizeof(tree->files[i].path)))
			return &tree->files[i];
	bail_out("the log has a file '%.80s' that is not in the tree", path);
}

static void take_entry(struct tree *tree, const uint8_t *entry)
{
	struct tree_file *file = file_of(tree, (const char *)entry + FILE_PATH);
	const uint8_t *part;

	file->interleaved = omf_get(entry + FILE_MAP_TYPE, 4) == 1;
	part = entry + (file->interleaved ? FILE_STRIPS : FILE_EXTENTS);
	file->count = (uint32_t)(file->interleaved ? omf_get(entry + FILE_NSTRIPS, 8)
						   : omf_get(entry + FILE_COUNT, 4));
	file->chunk = file->interleaved ? omf_get(entry + FILE_CHUNK, 8) : 0;
	if (omf_get(entry + FILE_SIZE, 8) != file->size || file->count > MAX_MEDIA_PARTS)
		bail_out("'%s' is not what was made", file->path);
	for (uint32_t i = 0; i < file->count; i++, part += PART_BYTES) {
		file->parts[i].offset = omf_get(part + PART_OFFSET, 8);
		file->parts[i].length = omf_get(part + PART_LENGTH, 8);
	}
	mark(tree, file);
}

void log_read(struct tree *tree, int image)
{
	uint64_t count = log_count(image);
	uint8_t entry[OMF_ENTRY_SIZE];

	for (uint64_t i = 0; i < count; i++) {
		read_at(image, omf_entry_offset(i), entry, sizeof(entry));
		if (omf_get(entry + ENTRY_TYPE, 4) == OMF_TYPE_FILE)
			take_entry(tree, entry);
	}
}
