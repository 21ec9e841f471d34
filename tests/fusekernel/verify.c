/* SPDX-License-Identifier: Apache-2.0 */
#include "verify.h"

#include "wire.h"

#include <errno.h>
#include <unistd.h>

#define STEP ((size_t)1 << 18)

/* The field for a chunk's size has 32 bits, and some kernels accept no interleaved maps. */
static bool sent_interleaved(const struct generation *gen, const struct tree_file *file)
{
	return file->interleaved && !gen->push && file->count <= gen->max_strips &&
	       file->chunk <= UINT32_MAX;
}

static uint64_t expected_extents(const struct generation *gen, const struct tree_file *file)
{
	if (!file->interleaved)
		return file->count;
	if (sent_interleaved(gen, file))
		return 1;
	return (file->size + file->chunk - 1) / file->chunk;
}

bool verify_sendable(const struct generation *gen, const struct tree_file *file)
{
	return sent_interleaved(gen, file) || expected_extents(gen, file) <= gen->max_simple;
}

static bool check_shape(const struct generation *gen, const struct tree_file *file,
			const struct fmap *map, struct verdict *verdict)
{
	if (map->file_type != FILE_REGULAR || map->file_size != file->size)
		return object(verdict, EPROTO, "type %u, %llu bytes; the file has %llu",
			      map->file_type, (unsigned long long)map->file_size,
			      (unsigned long long)file->size);
	if (map->interleaved != sent_interleaved(gen, file) ||
	    map->nextents != expected_extents(gen, file))
		return object(verdict, EPROTO, "%u %s extents", map->nextents,
			      map->interleaved ? "interleaved" : "simple");
	/* If all extents have one length, including the last, the kernel finds an extent at once.
	 */
	for (uint32_t i = 0; file->interleaved && !map->interleaved && i < map->count; i++)
		if (map->extents[i].length != file->chunk)
			return object(verdict, EPROTO, "extent %u has %llu bytes, a chunk %llu", i,
				      (unsigned long long)map->extents[i].length,
				      (unsigned long long)file->chunk);
	return true;
}

bool verify_places(const struct generation *gen, const struct tree_file *file,
		   const struct fmap *map, struct verdict *verdict)
{
	uint64_t offset = 0;

	if (!check_shape(gen, file, map, verdict))
		return false;
	while (offset < file->size) {
		uint64_t run, place = tree_place(file, offset, &run);
		struct extent at;

		if (!fmap_resolve(map, offset, &at))
			return object(verdict, EFAULT, "byte %#llx is not mapped",
				      (unsigned long long)offset);
		if (at.dev != file->dev || at.offset != place)
			return object(verdict, EFAULT, "byte %#llx is at %u:%#llx, not %u:%#llx",
				      (unsigned long long)offset, at.dev,
				      (unsigned long long)at.offset, file->dev,
				      (unsigned long long)place);
		offset += run < at.length ? run : at.length;
	}
	return true;
}

static bool compare(int image, const struct tree_file *file, const struct fmap *map,
		    uint64_t offset, size_t size, struct verdict *verdict)
{
	static uint8_t found[STEP], wanted[STEP];
	struct extent at;

	while (size) {
		size_t part;

		if (!fmap_resolve(map, offset, &at))
			return object(verdict, EFAULT, "byte %#llx is not mapped",
				      (unsigned long long)offset);
		part = size < at.length ? size : at.length;
		tree_fill(file, offset, wanted, part);
		if (pread(image, found, part, (off_t)at.offset) != (ssize_t)part)
			return object(verdict, EFAULT, "no bytes at %#llx of the device",
				      (unsigned long long)at.offset);
		if (memcmp(found, wanted, part))
			return object(verdict, EIO, "the bytes at %#llx are not the file's",
				      (unsigned long long)offset);
		offset += part;
		size -= part;
	}
	return true;
}

bool verify_bytes(int image, const struct tree_file *file, const struct fmap *map,
		  struct verdict *verdict)
{
	uint64_t offset;
	size_t size;

	for (offset = 0; file->whole && offset < file->size; offset += STEP) {
		size = file->size - offset < STEP ? file->size - offset : STEP;
		if (!compare(image, file, map, offset, size, verdict))
			return false;
	}
	for (unsigned int i = 0; !file->whole && tree_sample(file, i, &offset, &size); i++)
		if (!compare(image, file, map, offset, size, verdict))
			return false;
	return true;
}
