/* SPDX-License-Identifier: Apache-2.0 */
/* The device as a list of regions, from the log, whatever is wrong with it. */
#ifndef CLI_MAP_SPACEMAP_H
#define CLI_MAP_SPACEMAP_H

#include "famfs_inspect.h"

#include <stdbool.h>
#include <stdint.h>

enum region_kind {
	REGION_SUPERBLOCK,
	REGION_LOG_USED,
	REGION_LOG_FREE,
	REGION_FILE,
	REGION_STRIPE,  /* a strip of an interleaved file */
	REGION_KEPT,    /* of a retired entry: no file may use it */
	REGION_DAMAGED, /* claimed by a damaged entry */
	REGION_SHARED,  /* claimed more than once */
	REGION_FREE,
	REGION_BEYOND, /* on the device, but beyond the size that the superblock records */
	REGION_KINDS,
};

#define NO_SEGMENT SIZE_MAX

/* The owner of segments: a file, or a retired entry. */
struct space_file {
	uint64_t entry;
	uint64_t size;
	uint64_t chunk_size; /* 0: not interleaved */
	size_t path;         /* offset in the map's names */
	size_t segment;      /* its first, in the order of the log */
	uint32_t nsegments;  /* those of its extents that lie on this device */
	uint32_t nextents;
	bool kept;
	bool unusable;     /* an extent of it is outside the device or misaligned */
	const char *fault; /* static, or NULL */
};

struct space_segment {
	uint64_t offset;
	uint64_t length;
	size_t file;
	uint32_t strip;
};

/* Regions lie side by side, from the start of the device to its end. */
struct space_region {
	uint64_t offset;
	uint64_t length;
	enum region_kind kind;
	size_t segment; /* NO_SEGMENT for those without */
	size_t other;   /* of REGION_SHARED, one of the others */
};

struct space_map {
	uint64_t size; /* bytes of the device */
	struct famfs_inspect_info info;

	struct space_file *files;
	size_t nfiles, files_room;
	char *names;
	size_t names_used, names_room;
	struct space_segment *segments; /* files' extents, a file's one after the other */
	size_t nsegments, segments_room;
	struct space_region *regions;
	size_t nregions, regions_room;

	uint64_t bytes[REGION_KINDS];
	uint64_t striped;   /* files that are */
	uint64_t elsewhere; /* extents on other devices */
	uint64_t damaged;   /* entries with a fault */
	bool failed;        /* out of memory */
};

/* Reads the log. Returns an exit code after reporting. Call space_map_clear() in any case. */
int space_map_read(struct famfs_inspect *inspect, struct space_map *out);
void space_map_clear(struct space_map *map);

static inline const char *space_path(const struct space_map *map, const struct space_file *file)
{
	return map->names + file->path;
}

/* The file of a region, or NULL. */
const struct space_file *space_region_file(const struct space_map *map,
					   const struct space_region *region);

/* "superblock", "log_used", ... for JSON; static storage. */
const char *region_kind_name(enum region_kind kind);

/* A few words for the legend. */
const char *region_kind_text(enum region_kind kind);

#endif
