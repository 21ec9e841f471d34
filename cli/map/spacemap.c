/* SPDX-License-Identifier: Apache-2.0 */
#include "map/spacemap.h"

#include "core/report.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name, *text;
} kinds[] = {
	[REGION_SUPERBLOCK] = { "superblock", "superblock" },
	[REGION_LOG_USED] = { "log_used", "log in use" },
	[REGION_LOG_FREE] = { "log_free", "log free" },
	[REGION_FILE] = { "file", "files" },
	[REGION_STRIPE] = { "stripe", "striped files" },
	[REGION_KEPT] = { "kept", "given up" },
	[REGION_DAMAGED] = { "damaged", "claimed by damaged entries" },
	[REGION_SHARED] = { "shared", "claimed more than once" },
	[REGION_FREE] = { "free", "free" },
	[REGION_BEYOND] = { "beyond", "not in the recorded size" },
};

const char *region_kind_name(enum region_kind kind)
{
	return kinds[kind].name;
}

const char *region_kind_text(enum region_kind kind)
{
	return kinds[kind].text;
}

/* Makes room for `more` elements. */
static bool grow(struct space_map *map, void *list, size_t used, size_t more, size_t *room,
		 size_t size)
{
	void *grown, *old;
	size_t wanted = *room ? *room : 64;

	while (wanted < used + more)
		wanted *= 2;
	if (wanted == *room)
		return true;
	memcpy(&old, list, sizeof(old));
	grown = reallocarray(old, wanted, size);
	if (!grown) {
		map->failed = true;
		return false;
	}
	memcpy(list, &grown, sizeof(grown));
	*room = wanted;
	return true;
}

static bool add_segments(struct space_map *map, const struct famfs_log_entry *entry)
{
	struct space_file *file = &map->files[map->nfiles];

	for (uint32_t i = 0; i < entry->fmap.nextents; i++) {
		const struct famfs_extent *extent = &entry->fmap.extents[i];

		if (entry->unusable_extents >> i & 1) {
			file->unusable = true;
			continue;
		}
		if (extent->daxdev != 0) {
			map->elsewhere++;
			continue;
		}
		if (!grow(map, &map->segments, map->nsegments, 1, &map->segments_room,
			  sizeof(*map->segments)))
			return false;
		map->segments[map->nsegments++] =
			(struct space_segment){ extent->offset, extent->length, map->nfiles, i };
		file->nsegments++;
	}
	return true;
}

static int add_entry(void *arg, const struct famfs_log_entry *entry)
{
	struct space_map *map = arg;
	bool kept = entry->type == FAMFS_ENTRY_INVALID;
	const char *path = *entry->read_as ? entry->read_as : entry->path;
	size_t length = strlen(path) + 1;
	struct space_file *file;

	if (entry->raw->fault)
		map->damaged++;
	if (entry->fmap.nextents == 0)
		return 0;
	if (!grow(map, &map->files, map->nfiles, 1, &map->files_room, sizeof(*map->files)) ||
	    !grow(map, &map->names, map->names_used, length, &map->names_room, 1))
		return 1;
	file = &map->files[map->nfiles];
	*file = (struct space_file){ .entry = entry->raw->entry,
				     .size = entry->fmap.size,
				     .path = map->names_used,
				     .segment = map->nsegments,
				     .nextents = entry->fmap.nextents,
				     .kept = kept,
				     .fault = entry->raw->fault
						      ? famfs_fault_name(entry->raw->fault)
						      : NULL };
	if (entry->fmap.type == FAMFS_FMAP_INTERLEAVED && !kept)
		file->chunk_size = entry->fmap.chunk_size;
	memcpy(map->names + map->names_used, path, length);
	map->names_used += length;
	if (!add_segments(map, entry))
		return 1;
	map->striped += file->chunk_size && !file->fault;
	map->nfiles++;
	return 0;
}

static void add_region(struct space_map *map, uint64_t offset, uint64_t end, enum region_kind kind,
		       size_t segment, size_t other)
{
	/* Extents on the medium may lie outside the device. */
	if (end > map->size)
		end = map->size;
	if (offset >= end ||
	    !grow(map, &map->regions, map->nregions, 1, &map->regions_room, sizeof(*map->regions)))
		return;
	map->regions[map->nregions++] =
		(struct space_region){ offset, end - offset, kind, segment, other };
	map->bytes[kind] += end - offset;
}

/* A border of a segment. */
struct border {
	uint64_t at;
	size_t segment;
	bool ends;
};

static int compare_borders(const void *a, const void *b)
{
	const struct border *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	if (x->ends != y->ends)
		return x->ends ? -1 : 1;
	return x->segment < y->segment ? -1 : x->segment > y->segment;
}

static struct border *sorted_borders(struct space_map *map)
{
	struct border *borders = reallocarray(NULL, map->nsegments + 1, 2 * sizeof(*borders));

	if (!borders) {
		map->failed = true;
		return NULL;
	}
	for (size_t i = 0; i < map->nsegments; i++) {
		const struct space_segment *segment = &map->segments[i];

		borders[2 * i] = (struct border){ segment->offset, i, false };
		borders[2 * i + 1] = (struct border){ segment->offset + segment->length, i, true };
	}
	qsort(borders, 2 * map->nsegments, sizeof(*borders), compare_borders);
	return borders;
}

static enum region_kind kind_of(const struct space_map *map, size_t segment)
{
	const struct space_file *file = &map->files[map->segments[segment].file];

	if (file->fault)
		return REGION_DAMAGED;
	if (file->kept)
		return REGION_KEPT;
	return file->chunk_size ? REGION_STRIPE : REGION_FILE;
}

/* The segments at a point: their number, and the exclusive or of their indexes, which is the index
 * if there is one. */
struct cover {
	size_t count, mixed;
	size_t first, other; /* two of those that share it */
};

static void add_covered(struct space_map *map, const struct cover *cover, uint64_t from,
			uint64_t to)
{
	if (cover->count == 0)
		add_region(map, from, to, REGION_FREE, NO_SEGMENT, NO_SEGMENT);
	else if (cover->count == 1)
		add_region(map, from, to, kind_of(map, cover->mixed), cover->mixed, NO_SEGMENT);
	else
		add_region(map, from, to, REGION_SHARED, cover->first, cover->other);
}

static void cross(struct cover *cover, const struct border *border)
{
	if (!border->ends && cover->count == 1) {
		cover->first = cover->mixed;
		cover->other = border->segment;
	} else if (!border->ends && cover->other == NO_SEGMENT) {
		cover->other = border->segment;
	} else if (border->ends && border->segment == cover->first) {
		cover->first = cover->other;
		cover->other = NO_SEGMENT;
	} else if (border->ends && border->segment == cover->other) {
		cover->other = NO_SEGMENT;
	}
	cover->count += border->ends ? (size_t)-1 : 1;
	cover->mixed ^= border->segment;
}

static void add_data(struct space_map *map)
{
	struct border *borders = sorted_borders(map);
	uint64_t end = map->info.usable_size < map->size ? map->info.usable_size : map->size;
	uint64_t at = map->info.data_offset;
	struct cover cover = { .first = NO_SEGMENT, .other = NO_SEGMENT };

	for (size_t i = 0; borders && i < 2 * map->nsegments; i++) {
		if (borders[i].at > at)
			add_covered(map, &cover, at, borders[i].at);
		at = borders[i].at > at ? borders[i].at : at;
		cross(&cover, &borders[i]);
	}
	add_region(map, at, end, REGION_FREE, NO_SEGMENT, NO_SEGMENT);
	add_region(map, at > end ? at : end, map->size, REGION_BEYOND, NO_SEGMENT, NO_SEGMENT);
	free(borders);
}

static void add_metadata(struct space_map *map)
{
	const struct famfs_inspect_info *info = &map->info;

	add_region(map, 0, info->log_offset, REGION_SUPERBLOCK, NO_SEGMENT, NO_SEGMENT);
	add_region(map, info->log_offset, info->log_end, REGION_LOG_USED, NO_SEGMENT, NO_SEGMENT);
	add_region(map, info->log_end, info->data_offset, REGION_LOG_FREE, NO_SEGMENT, NO_SEGMENT);
}

int space_map_read(struct famfs_inspect *inspect, struct space_map *out)
{
	struct famfs_error err = { 0 };

	memset(out, 0, sizeof(*out));
	famfs_inspect_info(inspect, &out->info);
	out->size = out->info.size ? out->info.size : out->info.usable_size;
	if (famfs_inspect_entries(inspect, 0, out->info.published, add_entry, out, &err) < 0)
		return report_failure(&err);
	add_metadata(out);
	add_data(out);
	return out->failed ? report_no_memory() : EXIT_DONE;
}

void space_map_clear(struct space_map *map)
{
	free(map->files);
	free(map->names);
	free(map->segments);
	free(map->regions);
	memset(map, 0, sizeof(*map));
}

const struct space_file *space_region_file(const struct space_map *map,
					   const struct space_region *region)
{
	return region->segment == NO_SEGMENT ? NULL
					     : &map->files[map->segments[region->segment].file];
}
