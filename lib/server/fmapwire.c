/* SPDX-License-Identifier: Apache-2.0 */
#include "server/fmapwire.h"

#include <errno.h>
#include <string.h>

#define FMAP_VERSION 1

enum {
	EXT_SIMPLE = 0,
	EXT_INTERLEAVED = 1,
};

static uint64_t chunks_of(const struct famfs_fmap *map)
{
	return map->size / map->chunk_size + (map->size % map->chunk_size != 0);
}

static int plan_interleaved(struct fmap_message *message)
{
	const struct famfs_fmap *map = message->map;

	/* The chunk size has 32 bits on the wire. */
	if (map->nextents > message->profile->max_strips || map->chunk_size > UINT32_MAX)
		return -EFBIG;
	message->interleaved = true;
	message->nextents = map->nextents;
	message->size = (uint32_t)(sizeof(struct fmap_header) + sizeof(struct fmap_iext) +
				   map->nextents * sizeof(struct fmap_simple_ext));
	return 0;
}

/* Simple extents as they are; for an interleaved map, one extent for each chunk. */
static int plan_simple(struct fmap_message *message)
{
	const struct famfs_fmap *map = message->map;
	uint64_t count = map->type == FAMFS_FMAP_SIMPLE ? map->nextents : chunks_of(map);
	uint64_t size;

	message->interleaved = false;
	message->nextents = count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
	if (count > message->profile->max_extents)
		return -EFBIG;
	size = sizeof(struct fmap_header) + count * sizeof(struct fmap_simple_ext);
	message->size = (uint32_t)size;
	return size > message->profile->max_reply ? -EFBIG : 0;
}

int fmap_message_plan(struct fmap_message *message, const struct fmap_profile *profile,
		      const struct famfs_fmap *map, enum fmap_file_type file_type)
{
	message->profile = profile;
	message->map = map;
	message->file_type = file_type;
	for (uint32_t i = 0; i < map->nextents; i++)
		if (map->extents[i].daxdev != 0 && !profile->any_daxdev)
			return -EXDEV;
	if (map->type == FAMFS_FMAP_INTERLEAVED && plan_interleaved(message) == 0)
		return 0;
	return plan_simple(message);
}

void fmap_message_header(const struct fmap_message *message, struct fmap_header *header)
{
	*header = (struct fmap_header){
		.file_type = (uint8_t)message->file_type,
		.version = FMAP_VERSION,
		.ext_type = message->interleaved ? EXT_INTERLEAVED : EXT_SIMPLE,
		.nextents = message->interleaved ? 1 : message->nextents,
		.fmap_size = message->size,
		.file_size = message->map->size,
	};
}

static void *write_extents(void *buf, const struct famfs_fmap *map)
{
	struct fmap_simple_ext *ext = buf;

	for (uint32_t i = 0; i < map->nextents; i++)
		*ext++ = (struct fmap_simple_ext){ .daxdev = (uint32_t)map->extents[i].daxdev,
						   .offset = map->extents[i].offset,
						   .length = map->extents[i].length };
	return ext;
}

/* The last chunk is a full one too, although the file may end inside it: kernels want aligned
 * lengths, and find an extent without a search if all have one length. */
static void write_chunks(struct fmap_simple_ext *ext, const struct famfs_fmap *map, uint32_t count)
{
	uint64_t in_strip = 0;
	uint32_t strip = 0;

	for (uint32_t i = 0; i < count; i++) {
		ext[i] = (struct fmap_simple_ext){
			.daxdev = (uint32_t)map->extents[strip].daxdev,
			.offset = map->extents[strip].offset + in_strip,
			.length = map->chunk_size,
		};
		if (++strip == map->nextents) {
			strip = 0;
			in_strip += map->chunk_size;
		}
	}
}

static void write_message(const struct fmap_message *message, void *buf)
{
	const struct famfs_fmap *map = message->map;
	void *body = (char *)buf + sizeof(struct fmap_header);

	fmap_message_header(message, buf);
	if (message->interleaved) {
		struct fmap_iext *iext = body;

		*iext = (struct fmap_iext){ .nstrips = map->nextents,
					    .chunk_size = (uint32_t)map->chunk_size,
					    .nbytes = map->size };
		write_extents(iext + 1, map);
	} else if (map->type == FAMFS_FMAP_SIMPLE) {
		write_extents(body, map);
	} else {
		write_chunks(body, map, message->nextents);
	}
}

size_t fmap_message_reply_size(const struct fmap_message *message)
{
	const struct fmap_profile *profile = message->profile;

	return profile->fixed_reply ? profile->first_reply : message->size;
}

void fmap_message_reply(const struct fmap_message *message, void *buf)
{
	write_message(message, buf);
	memset((char *)buf + message->size, 0, fmap_message_reply_size(message) - message->size);
}
