/* SPDX-License-Identifier: Apache-2.0 */
#include "fmap.h"

#include "wire.h"

#include <errno.h>
#include <stdlib.h>

void fmap_free(struct fmap *map)
{
	free(map->extents);
	map->extents = NULL;
}

static uint64_t extents_length(const struct extent *extents, uint32_t count)
{
	uint64_t total = 0;

	for (uint32_t i = 0; i < count; i++)
		total += extents[i].length;
	return total;
}

/* Checks one extent or strip. The first kernels report a device other than 0 as misaligned. */
static bool take_extent(const struct generation *gen, const uint8_t *at, uint32_t number,
			struct extent *extent, struct verdict *verdict)
{
	extent->dev = get32(at + EXT_DEVINDEX);
	extent->offset = get64(at + EXT_OFFSET);
	extent->length = get64(at + EXT_LENGTH);
	if (extent->dev > gen->max_devindex)
		return object(verdict, EINVAL, "extent %u names device %u", number, extent->dev);
	if (extent->offset % gen->align || extent->length % gen->align || extent->length == 0)
		return object(verdict, EINVAL,
			      "extent %u of %#llx bytes at %#llx is not aligned to %#x", number,
			      (unsigned long long)extent->length,
			      (unsigned long long)extent->offset, gen->align);
	if (extent->offset + extent->length < extent->offset)
		return object(verdict, EINVAL, "extent %u overflows", number);
	return true;
}

static bool take_extents(const struct generation *gen, const uint8_t *at, uint32_t count,
			 struct fmap *map, struct verdict *verdict)
{
	struct extent *grown = realloc(map->extents, (map->count + count) * sizeof(*grown));

	if (!grown)
		return object(verdict, ENOMEM, "out of memory");
	map->extents = grown;
	for (uint32_t i = 0; i < count; i++, map->count++)
		if (!take_extent(gen, at + (size_t)i * EXT_SIZE, map->count, &grown[map->count],
				 verdict))
			return false;
	return true;
}

static bool is_uniform(const struct fmap *map)
{
	for (uint32_t i = 1; i < map->count; i++)
		if (map->extents[i].length > map->extents[0].length ||
		    (i + 1 < map->count && map->extents[i].length != map->extents[0].length))
			return false;
	return true;
}

static bool take_simple(const struct generation *gen, const uint8_t *payload, size_t size,
			struct fmap *map, struct verdict *verdict)
{
	if (map->nextents > gen->max_simple)
		return object(verdict, ERANGE, "%u simple extents, the limit is %u", map->nextents,
			      gen->max_simple);
	map->message_size = FMAP_HEADER + (size_t)map->nextents * EXT_SIZE;
	if (map->message_size > size)
		return object(verdict, EINVAL, "%u extents do not fit %zu bytes", map->nextents,
			      size);
	if (!take_extents(gen, payload + FMAP_HEADER, map->nextents, map, verdict))
		return false;
	if (extents_length(map->extents, map->count) < map->file_size)
		return object(verdict, EINVAL, "the extents do not cover the file's %llu bytes",
			      (unsigned long long)map->file_size);
	map->uniform = is_uniform(map);
	return true;
}

static bool check_chunk(const struct generation *gen, uint32_t chunk, struct verdict *verdict)
{
	if (chunk == 0)
		return object(verdict, EINVAL, "chunks of 0 bytes");
	if (gen->chunk_aligned && chunk % gen->align)
		return object(verdict, EINVAL, "chunks of %#x bytes are not aligned", chunk);
	if (gen->chunk_pmd_only && chunk != PAGE && chunk != PMD_SIZE)
		return object(verdict, EINVAL, "chunks of %#x bytes", chunk);
	return true;
}

/* Each strip must have room for its chunks. Only the newest kernels check that; on the others an
 * access beyond the end of the strip would reach another file. */
static bool check_strips(const struct stripe_set *set, const struct fmap *map,
			 struct verdict *verdict)
{
	uint64_t chunks = (set->nbytes + set->chunk - 1) / set->chunk;

	for (uint32_t i = 0; i < set->nstrips; i++) {
		uint64_t own = chunks / set->nstrips + (i < chunks % set->nstrips);

		if (map->extents[set->first + i].length < own * set->chunk)
			return object(verdict, EINVAL, "strip %u has no room for %llu chunks", i,
				      (unsigned long long)own);
	}
	return true;
}

static bool take_set(const struct generation *gen, const uint8_t *payload, size_t size,
		     struct fmap *map, struct verdict *verdict)
{
	const uint8_t *at = payload + map->message_size;
	struct stripe_set *set = &map->sets[map->nsets];

	if (map->message_size + IEXT_SIZE > size)
		return object(verdict, EINVAL, "the message ends inside an interleaved extent");
	set->nstrips = get32(at + IEXT_NSTRIPS);
	set->chunk = get32(at + IEXT_CHUNK_SIZE);
	set->nbytes = get64(at + IEXT_NBYTES);
	set->first = map->count;
	map->message_size += IEXT_SIZE;
	if (set->nstrips == 0 || set->nstrips > gen->max_strips)
		return object(verdict, ERANGE, "%u strips, the limit is %u", set->nstrips,
			      gen->max_strips);
	if (map->message_size + (size_t)set->nstrips * EXT_SIZE > size)
		return object(verdict, EINVAL, "%u strips do not fit %zu bytes", set->nstrips,
			      size);
	if (!check_chunk(gen, set->chunk, verdict) ||
	    !take_extents(gen, at + IEXT_SIZE, set->nstrips, map, verdict))
		return false;
	map->message_size += (size_t)set->nstrips * EXT_SIZE;
	map->nsets++;
	return !gen->chunk_pmd_only || check_strips(set, map, verdict);
}

static bool take_interleaved(const struct generation *gen, const uint8_t *payload, size_t size,
			     struct fmap *map, struct verdict *verdict)
{
	uint64_t bytes = 0;

	map->interleaved = true;
	map->message_size = FMAP_HEADER;
	if (!gen->max_interleaved)
		return object(verdict, EINVAL, "an interleaved map, which this kernel refuses");
	if (map->nextents > gen->max_interleaved || map->nextents > MAX_STRIPE_SETS)
		return object(verdict, ERANGE, "%u interleaved extents", map->nextents);
	for (uint32_t i = 0; i < map->nextents; i++) {
		if (!take_set(gen, payload, size, map, verdict))
			return false;
		bytes += map->sets[i].nbytes;
	}
	if (extents_length(map->extents, map->count) < map->file_size || bytes < map->file_size)
		return object(verdict, EINVAL, "the strips do not cover the file's %llu bytes",
			      (unsigned long long)map->file_size);
	return true;
}

static bool take_map(const struct generation *gen, const uint8_t *payload, size_t size,
		     struct fmap *map, struct verdict *verdict)
{
	uint32_t type = get32(payload + FMAP_EXT_TYPE);

	map->file_type = payload[FMAP_FILE_TYPE];
	map->nextents = get32(payload + FMAP_NEXTENTS);
	map->file_size = get64(payload + FMAP_FILE_SIZE);
	if (map->nextents == 0)
		return object(verdict, ERANGE, "a map of no extents");
	if (type == TYPE_SIMPLE)
		return take_simple(gen, payload, size, map, verdict);
	if (type == TYPE_INTERLEAVED)
		return take_interleaved(gen, payload, size, map, verdict);
	return object(verdict, EINVAL, "a map of type %u", type);
}

/* Returns the size that the server requests, or 0 if the message is complete. */
static uint64_t wanted(const struct generation *gen, const uint8_t *payload, size_t size)
{
	if (gen->more == MORE_BY_SIZE && size == sizeof(uint32_t))
		return get32(payload);
	if (gen->more == MORE_BY_HEADER && size >= FMAP_HEADER && get32(payload + FMAP_SIZE) > size)
		return get32(payload + FMAP_SIZE);
	return 0;
}

static enum fmap_step ask_again(const struct generation *gen, uint64_t want, bool again,
				uint32_t *room, struct verdict *verdict)
{
	if (again)
		object(verdict, EINVAL, "a second reply that asks for more room");
	else if (want > gen->max_room)
		object(verdict, EFBIG, "%llu bytes of room are asked for",
		       (unsigned long long)want);
	else if (want < FMAP_HEADER + EXT_SIZE || want <= *room)
		object(verdict, EINVAL, "%llu bytes of room are asked for, and there are %u",
		       (unsigned long long)want, *room);
	else
		*room = (uint32_t)want;
	return verdict->error ? FMAP_REFUSED : FMAP_AGAIN;
}

enum fmap_step fmap_accept(const struct generation *gen, const uint8_t *payload, size_t size,
			   bool again, uint32_t *room, struct fmap *map, struct verdict *verdict)
{
	uint64_t want = wanted(gen, payload, size);

	memset(map, 0, sizeof(*map));
	if (size > *room || (gen->fixed && size != *room))
		object(verdict, EIO, "a reply of %zu bytes to a request with room for %u", size,
		       *room);
	else if (want)
		return ask_again(gen, want, again, room, verdict);
	else if (size < FMAP_HEADER)
		object(verdict, gen->push ? EIO : EINVAL, "a map of %zu bytes", size);
	else if (take_map(gen, payload, size, map, verdict))
		return FMAP_TAKEN;
	fmap_free(map);
	return FMAP_REFUSED;
}

static bool all_zero(const uint8_t *at, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (at[i])
			return false;
	return true;
}

static bool strict_extents(const uint8_t *at, uint32_t count, struct verdict *verdict)
{
	for (uint32_t i = 0; i < count; i++, at += EXT_SIZE)
		if (get32(at + EXT_RESERVED))
			return object(verdict, EPROTO, "the reserved half of device index %u is %u",
				      i, get32(at + EXT_RESERVED));
	return true;
}

static bool strict_sets(const uint8_t *at, const struct fmap *map, struct verdict *verdict)
{
	if (map->nsets != 1 || map->sets[0].nbytes != map->file_size)
		return object(verdict, EPROTO, "%u interleaved extents, the first of %llu bytes",
			      map->nsets, (unsigned long long)map->sets[0].nbytes);
	if (get64(at + IEXT_RESERVED))
		return object(verdict, EPROTO, "a reserved field of the interleaved extent is set");
	return check_strips(&map->sets[0], map, verdict) &&
	       strict_extents(at + IEXT_SIZE, map->count, verdict);
}

bool fmap_strict(const struct generation *gen, const uint8_t *payload, size_t size,
		 const struct fmap *map, struct verdict *verdict)
{
	const uint8_t *body = payload + FMAP_HEADER;

	if (get16(payload + FMAP_VERSION) != 1 || payload[FMAP_RESERVED] ||
	    get64(payload + FMAP_RESERVED1))
		return object(verdict, EPROTO, "version %u, reserved fields %u and %llu",
			      get16(payload + FMAP_VERSION), payload[FMAP_RESERVED],
			      (unsigned long long)get64(payload + FMAP_RESERVED1));
	if (get32(payload + FMAP_SIZE) != map->message_size)
		return object(verdict, EPROTO, "fmap_size is %u, the map has %zu bytes",
			      get32(payload + FMAP_SIZE), map->message_size);
	if (!gen->fixed && size != map->message_size)
		return object(verdict, EPROTO, "%zu bytes for a map of %zu", size,
			      map->message_size);
	if (!all_zero(payload + map->message_size, size - map->message_size))
		return object(verdict, EPROTO, "the reply is not zero after its map");
	return map->interleaved ? strict_sets(body, map, verdict)
				: strict_extents(body, map->nextents, verdict);
}
