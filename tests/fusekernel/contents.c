/* SPDX-License-Identifier: Apache-2.0 */
/* The contents of the files of the tree, and their places. */
#include "tree.h"

#include <string.h>

#define SAMPLES     64u /* borders of chunks, in addition to those of the file and its parts */
#define SAMPLE_SIZE 64u

static uint64_t word(uint64_t seed, uint64_t index)
{
	uint64_t x = seed + index * UINT64_C(0xbf58476d1ce4e5b9);

	x = (x ^ x >> 31) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 29;
}

void tree_fill(const struct tree_file *file, uint64_t offset, void *buf, size_t size)
{
	uint8_t *at = buf;

	while (size) {
		uint64_t value = word(file->seed, offset / sizeof(value));
		size_t skip = offset % sizeof(value), part = sizeof(value) - skip;

		if (part > size)
			part = size;
		memcpy(at, (const uint8_t *)&value + skip, part);
		at += part;
		offset += part;
		size -= part;
	}
}

static uint64_t place_simple(const struct tree_file *file, uint64_t offset, uint64_t *run)
{
	uint32_t i = 0;

	while (i + 1 < file->count && offset >= file->parts[i].length)
		offset -= file->parts[i++].length;
	*run = file->parts[i].length - offset;
	return file->parts[i].offset + offset;
}

uint64_t tree_place(const struct tree_file *file, uint64_t offset, uint64_t *run)
{
	uint64_t stripe, in_stripe, strip;

	if (!file->interleaved)
		return place_simple(file, offset, run);
	stripe = offset / (file->chunk * file->count);
	in_stripe = offset % (file->chunk * file->count);
	strip = in_stripe / file->chunk;
	*run = file->chunk - in_stripe % file->chunk;
	return file->parts[strip].offset + stripe * file->chunk + in_stripe % file->chunk;
}

/* Offsets at which the file, a part or a chunk begins or ends. */
static bool border(const struct tree_file *file, unsigned int number, uint64_t *at)
{
	uint64_t chunks = file->interleaved ? (file->size + file->chunk - 1) / file->chunk : 0;

	*at = 0;
	if (number == 0)
		return true;
	if (number == 1) {
		*at = file->size;
		return true;
	}
	number -= 2;
	if (!file->interleaved) {
		for (unsigned int i = 0; i <= number && i < file->count; i++)
			*at += file->parts[i].length;
		return number + 1 < file->count;
	}
	if (chunks <= SAMPLES)
		*at = (number + 1) * file->chunk;
	else
		*at = (chunks * (number + 1) / SAMPLES) * file->chunk;
	return number < SAMPLES && *at < file->size;
}

bool tree_sample(const struct tree_file *file, unsigned int number, uint64_t *offset, size_t *size)
{
	uint64_t at, end;

	if (!border(file, number, &at))
		return false;
	*offset = at < SAMPLE_SIZE ? 0 : at - SAMPLE_SIZE;
	end = at + SAMPLE_SIZE < file->size ? at + SAMPLE_SIZE : file->size;
	*size = end - *offset;
	return true;
}
