/* SPDX-License-Identifier: Apache-2.0 */
/* The device as SVG: rows of equal length, one below the other, each byte in its place. */
#include "map/map.h"
#include "output/text.h"

#include <inttypes.h>
#include <string.h>
#include <uuid/uuid.h>

#define ROW_HEIGHT 26.0
#define ROW_PITCH  32.0
#define ROWS_MAX   16
#define TOP        150.0 /* of the first row */
#define MARGIN     24.0
#define VISIBLE    0.8 /* pixels that a region of its own has at least */
#define LETTER     6.6 /* pixels that a letter takes, about */

struct svg {
	FILE *file;
	const struct space_map *map;
	uint64_t row_bytes;
	double scale; /* pixels a byte */
	/* Adjacent regions that are too small to be seen. */
	uint64_t crowd_from, crowd_to;
	size_t crowd_count;
	size_t crowd_first, crowd_last; /* regions */
};

/* Media queries follow the reader's theme; nothing is loaded and nothing runs. */
static const char style[] =
	"<style>\n"
	"svg{background:#fff;color:#1d2733;font-family:system-ui,'DejaVu Sans',sans-serif;"
	"font-size:12px}\n"
	"text{fill:#1d2733}.dim{fill:#5c6b7a}.title{font-size:22px;font-weight:600}"
	".head{font-size:15px;font-weight:600}\n"
	".in{font-size:11px;pointer-events:none;fill:#10202c}.light{fill:#fff;stroke:#22364a;"
	"stroke-width:2.5px;paint-order:stroke}\n"
	".mono{font-family:ui-monospace,'DejaVu Sans Mono',monospace;font-size:11px}\n"
	".tick{stroke:#b7c2cc;stroke-width:1}\n"
	".super{fill:#22364a}.logu{fill:#2f6db5}.logf{fill:#b9d4ee}.free{fill:#eef1f4}"
	".kept{fill:#9a8f86}.bad{fill:#d22f2f}.shared{fill:#b3007a}.beyond{fill:#dcdcdc}\n"
	".c0{fill:#59b36b}.c1{fill:#e0a93a}.c2{fill:#5fa8d3}.c3{fill:#c980c4}.c4{fill:#8fbf3f}"
	".c5{fill:#e88a5a}.c6{fill:#4fbdb0}.c7{fill:#a79be0}.crowd{fill:#7f9a86}\n"
	".cell{stroke:#fff;stroke-width:.6}.over{fill:none}\n"
	"g:hover>.cell{stroke:#10202c;stroke-width:1.6}\n"
	"@media(prefers-color-scheme:dark){svg{background:#141b22}text{fill:#e6ecf1}"
	".dim{fill:#93a3b1}.free{fill:#25303a}.beyond{fill:#3a3a3a}.logf{fill:#3d5a78}"
	".cell{stroke:#141b22}g:hover>.cell{stroke:#fff}.in{fill:#10202c}.light{fill:#fff}"
	".super{fill:#5b7691}}\n"
	"</style>\n"
	"<defs>"
	"<pattern id=\"stripe\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
	"patternTransform=\"rotate(45)\"><rect width=\"2\" height=\"6\" fill=\"#10202c\" "
	"fill-opacity=\".28\"/></pattern>"
	"<pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
	"patternTransform=\"rotate(-45)\"><rect width=\"3\" height=\"6\" fill=\"#fff\" "
	"fill-opacity=\".45\"/></pattern></defs>\n";

static const char *kind_class(enum region_kind kind, size_t file, char buf[8])
{
	static const char *const names[REGION_KINDS] = {
		[REGION_SUPERBLOCK] = "super", [REGION_LOG_USED] = "logu",
		[REGION_LOG_FREE] = "logf",    [REGION_KEPT] = "kept",
		[REGION_DAMAGED] = "bad",      [REGION_SHARED] = "shared",
		[REGION_FREE] = "free",        [REGION_BEYOND] = "beyond",
	};

	if (names[kind])
		return names[kind];
	snprintf(buf, 8, "c%u", (unsigned)(file % MAP_SVG_PALETTE));
	return buf;
}

/* Marks that tell the kinds of regions apart without colour. */
static const char *kind_pattern(enum region_kind kind)
{
	switch (kind) {
	case REGION_STRIPE: return "stripe";
	case REGION_DAMAGED:
	case REGION_SHARED:
	case REGION_KEPT: return "hatch";
	default: return NULL;
	}
}

static void put_name(const struct svg *svg, size_t segment)
{
	const struct space_file *file;

	if (segment == NO_SEGMENT) {
		fputs("several entries", svg->file);
		return;
	}
	file = &svg->map->files[svg->map->segments[segment].file];
	fprintf(svg->file, "entry %" PRIu64 " ", file->entry);
	if (file->kept)
		fputs("(given up)", svg->file);
	else
		xml_put(svg->file, space_path(svg->map, file), 0);
}

static void put_title(const struct svg *svg, const struct space_region *region)
{
	const struct space_file *file = space_region_file(svg->map, region);
	char size[TEXT_SIZE_LENGTH];

	fputs("<title>", svg->file);
	if (region->segment == NO_SEGMENT && region->kind != REGION_SHARED) {
		fputs(region_kind_text(region->kind), svg->file);
	} else {
		put_name(svg, region->segment);
		if (region->kind == REGION_SHARED) {
			fputs("\nand ", svg->file);
			put_name(svg, region->other);
			fputs("\nclaim the same space", svg->file);
		} else if (file->chunk_size) {
			fprintf(svg->file, "\nstrip %" PRIu32 " of %" PRIu32,
				svg->map->segments[region->segment].strip, file->nextents);
		}
		if (file && file->fault)
			fprintf(svg->file, "\ndamaged: %s", file->fault);
		if (file && !file->kept)
			fprintf(svg->file, "\n%" PRIu64 " bytes", file->size);
	}
	fprintf(svg->file, "\n0x%" PRIx64 " to 0x%" PRIx64 ", %s</title>", region->offset,
		region->offset + region->length, text_size(size, region->length));
}

static double x_of(const struct svg *svg, uint64_t row, uint64_t offset)
{
	return MAP_SVG_LEFT + (double)(offset - row) * svg->scale;
}

static double y_of(const struct svg *svg, uint64_t row)
{
	return TOP + (double)(row / svg->row_bytes) * ROW_PITCH;
}

static void put_rect(const struct svg *svg, double x, double y, double width, const char *class)
{
	fprintf(svg->file,
		"<rect class=\"cell %s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.0f\"/>",
		class, x, y, width, ROW_HEIGHT);
}

/* The name, where there is room for it. */
static void put_label(const struct svg *svg, const struct space_region *region, double x, double y,
		      double width)
{
	const struct space_file *file = space_region_file(svg->map, region);
	bool light = region->kind == REGION_SUPERBLOCK || region->kind == REGION_LOG_USED ||
		     region->kind == REGION_DAMAGED || region->kind == REGION_SHARED;
	size_t letters = width > 10 ? (size_t)((width - 10) / LETTER) : 0;
	const char *text = file ? space_path(svg->map, file) : region_kind_text(region->kind);

	if (letters < 3 || region->kind == REGION_FREE)
		return;
	fprintf(svg->file, "<text class=\"in%s\" x=\"%.2f\" y=\"%.2f\">", light ? " light" : "",
		x + 5, y + ROW_HEIGHT / 2 + 4);
	xml_put(svg->file, text, letters);
	fputs("</text>", svg->file);
}

static void put_region(const struct svg *svg, const struct space_region *region, uint64_t row,
		       uint64_t from, uint64_t to)
{
	const char *pattern = kind_pattern(region->kind);
	double x = x_of(svg, row, from), y = y_of(svg, row);
	double width = (double)(to - from) * svg->scale;
	size_t file = region->segment == NO_SEGMENT ? 0 : svg->map->segments[region->segment].file;
	char buf[8];

	fputs("<g>", svg->file);
	put_title(svg, region);
	put_rect(svg, x, y, width, kind_class(region->kind, file, buf));
	if (pattern)
		fprintf(svg->file,
			"<rect fill=\"url(#%s)\" pointer-events=\"none\" x=\"%.2f\" y=\"%.2f\" "
			"width=\"%.2f\" height=\"%.0f\"/>",
			pattern, x, y, width, ROW_HEIGHT);
	put_label(svg, region, x, y, width);
	fputs("</g>\n", svg->file);
}

/* In a crowd of regions, damage stays red. */
static const char *crowd_class(const struct svg *svg)
{
	for (size_t i = svg->crowd_first; i <= svg->crowd_last; i++) {
		enum region_kind kind = svg->map->regions[i].kind;

		if (kind == REGION_DAMAGED || kind == REGION_SHARED)
			return "bad";
	}
	return svg->map->regions[svg->crowd_first].segment == NO_SEGMENT ? "logu" : "crowd";
}

static void put_crowd(struct svg *svg, uint64_t row)
{
	const struct space_region *regions = svg->map->regions;
	double width = (double)(svg->crowd_to - svg->crowd_from) * svg->scale;
	char size[TEXT_SIZE_LENGTH];

	if (!svg->crowd_count)
		return;
	fprintf(svg->file, "<g><title>%zu %s, %s:\n", svg->crowd_count,
		svg->crowd_count == 1 ? "region" : "small regions",
		text_size(size, svg->crowd_to - svg->crowd_from));
	if (regions[svg->crowd_first].segment == NO_SEGMENT)
		fputs(region_kind_text(regions[svg->crowd_first].kind), svg->file);
	else
		put_name(svg, regions[svg->crowd_first].segment);
	if (svg->crowd_count > 1 && regions[svg->crowd_last].segment != NO_SEGMENT) {
		fputs("\nto ", svg->file);
		put_name(svg, regions[svg->crowd_last].segment);
	}
	fputs("</title>", svg->file);
	put_rect(svg, x_of(svg, row, svg->crowd_from), y_of(svg, row),
		 width > VISIBLE ? width : VISIBLE, crowd_class(svg));
	fputs("</g>\n", svg->file);
	svg->crowd_count = 0;
}

static void join_crowd(struct svg *svg, size_t index, uint64_t row, uint64_t from, uint64_t to)
{
	if (svg->crowd_count && (double)(to - svg->crowd_from) * svg->scale > 3 * VISIBLE)
		put_crowd(svg, row);
	if (!svg->crowd_count) {
		svg->crowd_from = from;
		svg->crowd_first = index;
	}
	svg->crowd_count++;
	svg->crowd_last = index;
	svg->crowd_to = to;
}

static void put_part(struct svg *svg, size_t index, uint64_t row, uint64_t from, uint64_t to)
{
	const struct space_region *region = &svg->map->regions[index];
	bool seen = (double)(to - from) * svg->scale >= VISIBLE;

	if (!seen && region->kind != REGION_FREE) {
		join_crowd(svg, index, row, from, to);
		return;
	}
	put_crowd(svg, row);
	if (seen)
		put_region(svg, region, row, from, to);
}

static void put_rows(struct svg *svg)
{
	const struct space_map *map = svg->map;
	uint64_t row = 0;

	for (size_t i = 0; i < map->nregions; i++) {
		uint64_t at = map->regions[i].offset, end = at + map->regions[i].length;

		while (at < end) {
			uint64_t next = at / svg->row_bytes * svg->row_bytes + svg->row_bytes;

			if (next - svg->row_bytes != row)
				put_crowd(svg, row);
			row = next - svg->row_bytes;
			next = next < end ? next : end;
			put_part(svg, i, row, at, next);
			at = next;
		}
	}
	put_crowd(svg, row);
}

static void put_axis(const struct svg *svg)
{
	char size[TEXT_SIZE_LENGTH];
	double width = MAP_SVG_WIDTH - MAP_SVG_LEFT - MARGIN;

	for (unsigned i = 0; i <= 8; i++) {
		double x = MAP_SVG_LEFT + width * i / 8;
		uint64_t bytes = svg->row_bytes / 8 * i;

		fprintf(svg->file,
			"<line class=\"tick\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.0f\" y2=\"%.0f\"/>"
			"<text class=\"dim mono\" text-anchor=\"%s\" x=\"%.1f\" y=\"%.0f\">+%s"
			"</text>\n",
			x, x, TOP - 10, TOP - 3,
			i == 8 ? "end"
			: i    ? "middle"
			       : "start",
			x, TOP - 14, text_offset(size, bytes));
	}
	for (uint64_t row = 0; row < svg->map->size; row += svg->row_bytes)
		fprintf(svg->file,
			"<text class=\"dim mono\" text-anchor=\"end\" x=\"%.0f\" y=\"%.1f\">%s"
			"</text>\n",
			MAP_SVG_LEFT - 8, y_of(svg, row) + ROW_HEIGHT / 2 + 4,
			text_offset(size, row));
}

static void put_legend(const struct svg *svg)
{
	const struct space_map *map = svg->map;
	char size[TEXT_SIZE_LENGTH], buf[8];
	double x = MARGIN;

	for (enum region_kind kind = 0; kind < REGION_KINDS; kind++) {
		const char *pattern = kind_pattern(kind);
		const char *text = region_kind_text(kind);

		if (!map->bytes[kind])
			continue;
		text_size(size, map->bytes[kind]);
		fprintf(svg->file,
			"<rect class=\"cell %s\" x=\"%.0f\" y=\"84\" width=\"18\" height=\"14\"/>",
			kind_class(kind, kind == REGION_STRIPE ? 2 : 0, buf), x);
		if (pattern)
			fprintf(svg->file,
				"<rect fill=\"url(#%s)\" x=\"%.0f\" y=\"84\" width=\"18\" "
				"height=\"14\"/>",
				pattern, x);
		fprintf(svg->file,
			"<text x=\"%.0f\" y=\"95\">%s <tspan class=\"dim\">%s</tspan></text>\n",
			x + 24, text, size);
		x += 24 + (double)(strlen(text) + strlen(size) + 2) * 7 + 20;
	}
}

static void put_head(const struct svg *svg, const char *name, double height)
{
	const struct space_map *map = svg->map;
	char size[TEXT_SIZE_LENGTH], uuid[UUID_STR_LEN];

	fprintf(svg->file,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
		"viewBox=\"0 0 %.0f %.0f\" role=\"img\">\n<title>famfs on ",
		MAP_SVG_WIDTH, height, MAP_SVG_WIDTH, height);
	xml_put(svg->file, name, 0);
	fprintf(svg->file, "</title>\n%s", style);
	fprintf(svg->file, "<text class=\"title\" x=\"%.0f\" y=\"42\">", MARGIN);
	xml_put(svg->file, name, 80);
	uuid_unparse_lower(map->info.uuid, uuid);
	fprintf(svg->file,
		"</text>\n<text class=\"dim\" x=\"%.0f\" y=\"64\">famfs %s, %s, %" PRIu64
		" of %" PRIu64 " log entries used",
		MARGIN, map->info.uuid_known ? uuid : "with a damaged superblock",
		text_size(size, map->size), map->info.published, map->info.log_capacity);
	if (map->damaged)
		fprintf(svg->file, ", %" PRIu64 " damaged", map->damaged);
	fputs("</text>\n", svg->file);
}

void map_print_svg(FILE *file, const struct space_map *map, const char *name)
{
	struct svg svg = { .file = file, .map = map, .row_bytes = 8 * FAMFS_ALLOC_UNIT };
	double end;

	while (map->size / svg.row_bytes > ROWS_MAX ||
	       (map->size / svg.row_bytes == ROWS_MAX && map->size % svg.row_bytes))
		svg.row_bytes *= 2;
	svg.scale = (MAP_SVG_WIDTH - MAP_SVG_LEFT - MARGIN) / (double)svg.row_bytes;
	end = map->size ? y_of(&svg, map->size - 1) + ROW_PITCH : TOP;
	put_head(&svg, name, end + map_svg_lanes_height(map) + map_svg_damage_height(map) + MARGIN);
	put_legend(&svg);
	put_axis(&svg);
	put_rows(&svg);
	end = map_svg_lanes(file, map, end + MARGIN);
	map_svg_damage(file, map, end + MARGIN / 2);
	fputs("</svg>\n", file);
}
