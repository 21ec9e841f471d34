/* SPDX-License-Identifier: Apache-2.0 */
#include "server/fmapwire.h"

#include <errno.h>
#include <string.h>

#define FMAP_VERSION 1

enum {
	EXT_SIMPLE = 0,
	EXT_INTERLEAVED = 1,
};

static uint64_t chunks_of(const struct famfs_fmap *fmap)
{
	return fmap->size / fmap->chunk_size + (fmap->size % fmap->chunk_size != 0);
}

static int plan_interleaved(struct fmap_message *message)
{
	const struct famfs_fmap *fmap = message->fmap;

	/* The chunk size has 32 bits on the wire. */
	if (fmap->nextents > message->profile->max_strips || fmap->chunk_size > UINT32_MAX)
		return -EFBIG;
	message->interleaved = true;
	message->nextents = fmap->nextents;
	message->size = (uint32_t)(sizeof(struct fmap_header) + sizeof(struct fmap_iext) +
				   fmap->nextents * sizeof(struct fmap_simple_ext));
	return 0;
}

/* Simple extents as they are; for an interleaved map, one extent for each chunk. */
static int plan_simple(struct fmap_message *message)
{
	const struct famfs_fmap *fmap = message->fmap;
	uint64_t count = fmap->type == FAMFS_FMAP_SIMPLE ? fmap->nextents : chunks_of(fmap);
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
		      const struct famfs_fmap *fmap, enum fmap_file_type file_type)
{
	message->profile = profile;
	message->fmap = fmap;
	message->file_type = file_type;
	for (uint32_t i = 0; i < fmap->nextents; i++)
		if (fmap->extents[i].daxdev != 0 && !profile->any_daxdev)
			return -EXDEV;
	if (fmap->type == FAMFS_FMAP_INTERLEAVED && plan_interleaved(message) == 0)
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
		.file_size = message->fmap->size,
	};
}

static void *write_extents(void *buf, const struct famfs_fmap *fmap)
{
	struct fmap_simple_ext *ext = buf;

	for (uint32_t i = 0; i < fmap->nextents; i++)
		*ext++ = (struct fmap_simple_ext){ .daxdev = (uint32_t)fmap->extents[i].daxdev,
						   .offset = fmap->extents[i].offset,
						   .length = fmap->extents[i].length };
	return ext;
}

/* The last chunk is a full one too, although the file may end inside it: kernels want aligned
 * lengths, and find an extent without a search if all have one length. */
static void write_chunks(struct fmap_simple_ext *ext, const struct famfs_fmap *fmap, uint32_t count)
{
	uint64_t in_strip = 0;
	uint32_t strip = 0;

	for (uint32_t i = 0; i < count; i++) {
		ext[i] = (struct fmap_simple_ext){
			.daxdev = (uint32_t)fmap->extents[strip].daxdev,
			.offset = fmap->extents[strip].offset + in_strip,
			.length = fmap->chunk_size,
		};
		if (++strip == fmap->nextents) {
			strip = 0;
			in_strip += fmap->chunk_size;
		}
	}
}

static void write_message(const struct fmap_message *message, void *buf)
{
	const struct famfs_fmap *fmap = message->fmap;
	void *body = (char *)buf + sizeof(struct fmap_header);

	fmap_message_header(message, buf);
	if (message->interleaved) {
		struct fmap_iext *iext = body;

		*iext = (struct fmap_iext){ .nstrips = fmap->nextents,
					    .chunk_size = (uint32_t)fmap->chunk_size,
					    .nbytes = fmap->size };
		write_extents(iext + 1, fmap);
	} else if (fmap->type == FAMFS_FMAP_SIMPLE) {
		write_extents(body, fmap);
	} else {
		write_chunks(body, fmap, message->nextents);
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
