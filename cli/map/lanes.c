/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interleaved files in SVG: a lane for each strip. On the left its place on the device, on the
 * right its chunks. Chunk c of a file lies in strip c % n, so that successive chunks go down the
 * lanes.
 */
#include "map/map.h"
#include "output/text.h"

#include <inttypes.h>

#define HEAD_HEIGHT 30.0
#define LANE_HEIGHT 16.0
#define LANE_PITCH  19.0
#define GROUP_GAP   14.0
#define MARGIN      24.0
#define SPOT_WIDTH  300.0
#define CHUNKS_LEFT (MAP_SVG_LEFT + SPOT_WIDTH + 40)
#define CHUNKS_MAX  48 /* cells of a lane; more chunks share cells */
#define DAMAGE_MAX  10 /* entries whose names are shown */
#define LABEL_FROM  24 /* pixels of a cell that has a number */

static bool has_lanes(const struct space_file *file)
{
	return file->chunk_size && !file->fault && file->nsegments;
}

static const char *color(const struct space_map *map, const struct space_file *file, char buf[8])
{
	snprintf(buf, 8, "c%u", (unsigned)((size_t)(file - map->files) % MAP_SVG_PALETTE));
	return buf;
}

static void put_spot(FILE *out, const struct space_map *map, const struct space_segment *segment,
		     const char *class, double y)
{
	double scale = SPOT_WIDTH / (double)map->size;
	double width = (double)segment->length * scale;
	char size[TEXT_SIZE_LENGTH], length[TEXT_SIZE_LENGTH];
	const char *at = text_offset(size, segment->offset);

	fprintf(out,
		"<text class=\"dim mono\" text-anchor=\"end\" x=\"%.0f\" y=\"%.1f\">strip %" PRIu32
		"</text><rect class=\"free\" x=\"%.0f\" y=\"%.1f\" width=\"%.0f\" height=\"%.0f\"/>"
		"<g><title>strip %" PRIu32 " at %s, 0x%" PRIx64 " to 0x%" PRIx64 ", %s</title>"
		"<rect class=\"cell %s\" x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%.0f\"/>"
		"</g>\n",
		MAP_SVG_LEFT - 8, y + 12, segment->strip, MAP_SVG_LEFT, y, SPOT_WIDTH, LANE_HEIGHT,
		segment->strip, at, segment->offset, segment->offset + segment->length,
		text_size(length, segment->length), class,
		MAP_SVG_LEFT + (double)segment->offset * scale, y, width > 3 ? width : 3.0,
		LANE_HEIGHT);
}

struct lane {
	FILE *out;
	const struct space_file *file;
	const struct space_segment *segment;
	const char *class;
	double y, width;   /* of a cell */
	uint64_t together; /* chunks in one cell */
};

/* The chunks `from` to `to` of a strip, counted within it. */
static void put_chunks(const struct lane *lane, uint64_t cell, uint64_t from, uint64_t to)
{
	const struct space_file *file = lane->file;
	uint64_t n = file->nextents, size = file->chunk_size;
	uint64_t first = from * n + lane->segment->strip;
	uint64_t last = (to - 1) * n + lane->segment->strip;
	bool used = first < file->size / size + (file->size % size != 0);
	double x = CHUNKS_LEFT + (double)cell * lane->width;
	char at[TEXT_SIZE_LENGTH];

	fprintf(lane->out, "<g><title>");
	if (last == first)
		fprintf(lane->out, "chunk %" PRIu64, first);
	else
		fprintf(lane->out, "chunks %" PRIu64 " to %" PRIu64 ", each %" PRIu64 "th", first,
			last, n);
	if (used)
		fprintf(lane->out, "\nfile offset %s", text_offset(at, first * size));
	else
		fputs("\nbehind the end of the file", lane->out);
	fprintf(lane->out,
		"\ndevice 0x%" PRIx64 " to 0x%" PRIx64 "</title><rect class=\"cell %s\" x=\"%.2f\" "
		"y=\"%.1f\" width=\"%.2f\" height=\"%.0f\"/>",
		lane->segment->offset + from * size, lane->segment->offset + to * size,
		used ? lane->class : "free", x, lane->y, lane->width, LANE_HEIGHT);
	if (used && lane->together == 1 && lane->width >= LABEL_FROM)
		fprintf(lane->out,
			"<text class=\"in\" text-anchor=\"middle\" x=\"%.2f\" y=\"%.1f\">%" PRIu64
			"</text>",
			x + lane->width / 2, lane->y + 12, first);
	fputs("</g>\n", lane->out);
}

static void put_lane(FILE *out, const struct space_map *map, const struct space_file *file,
		     uint32_t strip, double y)
{
	const struct space_segment *segment = &map->segments[file->segment + strip];
	uint64_t chunks = segment->length / file->chunk_size, cells;
	char class[8];
	struct lane lane = { .out = out,
			     .file = file,
			     .segment = segment,
			     .class = color(map, file, class),
			     .y = y,
			     .together = (chunks + CHUNKS_MAX - 1) / CHUNKS_MAX };

	put_spot(out, map, segment, class, y);
	if (!chunks)
		return;
	cells = (chunks + lane.together - 1) / lane.together;
	lane.width = (MAP_SVG_WIDTH - MARGIN - CHUNKS_LEFT) / (double)cells;
	if (lane.width > 64)
		lane.width = 64;
	for (uint64_t i = 0; i < cells; i++) {
		uint64_t from = i * lane.together, to = from + lane.together;

		put_chunks(&lane, i, from, to < chunks ? to : chunks);
	}
}

static double put_file(FILE *out, const struct space_map *map, const struct space_file *file,
		       double y)
{
	char size[TEXT_SIZE_LENGTH], chunk[TEXT_SIZE_LENGTH];

	fprintf(out, "<text x=\"%.0f\" y=\"%.1f\">", MAP_SVG_LEFT, y + 13);
	xml_put(out, space_path(map, file), 80);
	fprintf(out,
		" <tspan class=\"dim\">entry %" PRIu64 ", %s in %" PRIu32
		" strips, chunks of %s</tspan></text>\n",
		file->entry, text_size(size, file->size), file->nextents,
		text_size(chunk, file->chunk_size));
	y += LANE_PITCH + 2;
	for (uint32_t i = 0; i < file->nsegments; i++, y += LANE_PITCH)
		put_lane(out, map, file, i, y);
	return y + GROUP_GAP;
}

static bool is_damaged(const struct space_file *file)
{
	return file->fault || file->unusable;
}

double map_svg_damage_height(const struct space_map *map)
{
	uint64_t lines = map->damaged < DAMAGE_MAX ? map->damaged : DAMAGE_MAX;

	return map->damaged ? HEAD_HEIGHT + MARGIN + (double)lines * LANE_PITCH : 0;
}

/* Includes entries whose extents have no place in the picture. */
void map_svg_damage(FILE *out, const struct space_map *map, double y)
{
	unsigned shown = 0;

	if (!map->damaged)
		return;
	fprintf(out,
		"<text class=\"head\" x=\"%.0f\" y=\"%.1f\">Damage</text><text class=\"dim\" "
		"x=\"%.0f\" y=\"%.1f\">%" PRIu64
		" %s; famfsctl fsck and dump-log say more</text>\n",
		MARGIN, y, MAP_SVG_LEFT + 60, y, map->damaged,
		map->damaged == 1 ? "entry is damaged" : "entries are damaged");
	y += HEAD_HEIGHT - 6;
	for (size_t i = 0; i < map->nfiles && shown < DAMAGE_MAX; i++) {
		const struct space_file *file = &map->files[i];

		if (!is_damaged(file))
			continue;
		fprintf(out,
			"<text x=\"%.0f\" y=\"%.1f\">entry %" PRIu64
			" <tspan class=\"dim\">%s%s</tspan> ",
			MAP_SVG_LEFT, y, file->entry, file->fault ? file->fault : "extent",
			file->unusable ? ", extent outside the device" : "");
		xml_put(out, space_path(map, file), 80);
		fputs("</text>\n", out);
		y += LANE_PITCH;
		shown++;
	}
}

double map_svg_lanes_height(const struct space_map *map)
{
	double height = HEAD_HEIGHT + MARGIN;
	unsigned shown = 0;

	for (size_t i = 0; i < map->nfiles && shown < MAP_SVG_LANES; i++) {
		if (!has_lanes(&map->files[i]))
			continue;
		height += (map->files[i].nsegments + 1) * LANE_PITCH + 2 + GROUP_GAP;
		shown++;
	}
	if (map->striped > shown)
		height += LANE_PITCH;
	return shown ? height : 0;
}

double map_svg_lanes(FILE *out, const struct space_map *map, double y)
{
	unsigned shown = 0;

	for (size_t i = 0; i < map->nfiles && shown < MAP_SVG_LANES; i++) {
		if (!has_lanes(&map->files[i]))
			continue;
		if (!shown++) {
			fprintf(out,
				"<text class=\"head\" x=\"%.0f\" y=\"%.1f\">Striped files</text>"
				"<text class=\"dim\" x=\"%.0f\" y=\"%.1f\">where the strips lie on "
				"the device</text><text class=\"dim\" x=\"%.0f\" y=\"%.1f\">the "
				"chunks in them, in the order of the file from lane to lane</text>"
				"\n",
				MARGIN, y, MAP_SVG_LEFT + 60, y, CHUNKS_LEFT, y);
			y += HEAD_HEIGHT - 10;
		}
		y = put_file(out, map, &map->files[i], y);
	}
	if (map->striped > shown)
		fprintf(out,
			"<text class=\"dim\" x=\"%.0f\" y=\"%.1f\">and %" PRIu64 " more</text>\n",
			MAP_SVG_LEFT, y + 4, map->striped - shown);
	return y;
}
