/* SPDX-License-Identifier: Apache-2.0 */
/* The device in a terminal. The character of a cell tells its content; colour only adds to it. */
#include "map/map.h"

#include "core/cleanup.h"
#include "core/common.h"
#include "core/report.h"
#include "output/output.h"
#include "output/text.h"

#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <uuid/uuid.h>

#define LABEL    11 /* columns before the cells */
#define ROWS_MAX 24

struct style {
	bool utf8;
	bool color;
	const char *open; /* the colour that is on, or NULL */
};

/* The content of a cell of the picture. */
struct cell {
	uint64_t bytes[REGION_KINDS];
	size_t file;         /* with the largest part of the cell */
	uint64_t file_bytes; /* bytes of that part */
};

struct picture {
	const struct space_map *map;
	struct style style;
	uint64_t cell_bytes;
	size_t columns, count;
	struct cell *cells;
};

static bool locale_is_utf8(void)
{
	locale_t locale = newlocale(LC_CTYPE_MASK, "", NULL);
	bool utf8 = locale && strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;

	if (locale)
		freelocale(locale);
	return utf8;
}

static size_t terminal_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	unsigned long width = 0;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		return size.ws_col;
	if (columns)
		width = strtoul(columns, NULL, 10);
	return width > 0 && width < 10000 ? width : 80;
}

/* Rows of 2^n or 3 * 2^n cells of 2^n allocation units have labels that are easy to read. */
static void choose_scale(struct picture *picture)
{
	size_t width = terminal_width(), room = width > LABEL + 9 ? width - LABEL - 1 : 8;
	size_t columns = 8;

	while (columns * 2 <= room)
		columns *= 2;
	if (columns / 2 * 3 <= room)
		columns = columns / 2 * 3;
	picture->columns = columns;
	picture->cell_bytes = FAMFS_ALLOC_UNIT;
	while (picture->map->size / columns / ROWS_MAX > picture->cell_bytes)
		picture->cell_bytes *= 2;
	picture->count = (picture->map->size + picture->cell_bytes - 1) / picture->cell_bytes;
}

static void add_to_cell(struct cell *cell, const struct space_map *map,
			const struct space_region *region, uint64_t bytes)
{
	cell->bytes[region->kind] += bytes;
	if (region->segment != NO_SEGMENT && bytes > cell->file_bytes) {
		cell->file = map->segments[region->segment].file;
		cell->file_bytes = bytes;
	}
}

static bool fill_cells(struct picture *picture)
{
	const struct space_map *map = picture->map;

	picture->cells = calloc(picture->count + 1, sizeof(*picture->cells));
	if (!picture->cells)
		return false;
	for (size_t i = 0; i < map->nregions; i++) {
		const struct space_region *region = &map->regions[i];
		uint64_t at = region->offset, end = at + region->length;

		while (at < end) {
			size_t index = at / picture->cell_bytes;
			uint64_t next = (index + 1) * picture->cell_bytes;

			next = next < end ? next : end;
			add_to_cell(&picture->cells[index], map, region, next - at);
			at = next;
		}
	}
	return true;
}

/* The most important content of a cell: damage, metadata, then the file with the largest part. */
static enum region_kind kind_of_cell(const struct cell *cell)
{
	static const enum region_kind first[] = { REGION_SHARED, REGION_DAMAGED, REGION_SUPERBLOCK,
						  REGION_LOG_USED };
	static const enum region_kind files[] = { REGION_FILE, REGION_STRIPE, REGION_KEPT };
	enum region_kind kind = cell->bytes[REGION_LOG_FREE] ? REGION_LOG_FREE
				: cell->bytes[REGION_BEYOND] > cell->bytes[REGION_FREE]
					? REGION_BEYOND
					: REGION_FREE;
	uint64_t most = 0;

	for (size_t i = 0; i < COUNT_OF(first); i++)
		if (cell->bytes[first[i]])
			return first[i];
	for (size_t i = 0; i < COUNT_OF(files); i++)
		if (cell->bytes[files[i]] > most) {
			most = cell->bytes[files[i]];
			kind = files[i];
		}
	return kind;
}

/* `eighths`: how full the cell is. */
static const char *glyph(const struct style *style, enum region_kind kind, unsigned eighths)
{
	static const char *const blocks[] = { "▁", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };

	switch (kind) {
	case REGION_SUPERBLOCK: return "S";
	case REGION_LOG_USED: return "L";
	case REGION_LOG_FREE: return "l";
	case REGION_FILE: return style->utf8 ? blocks[eighths] : eighths == 8 ? "#" : "+";
	case REGION_STRIPE:
		return style->utf8 ? eighths == 8 ? "▓" : "▒" : eighths == 8 ? "=" : "-";
	case REGION_KEPT: return "x";
	case REGION_DAMAGED: return "!";
	case REGION_SHARED: return "%";
	case REGION_BEYOND: return "~";
	case REGION_FREE:
	case REGION_KINDS: break;
	}
	return style->utf8 ? "·" : ".";
}

/* Adjacent files get different characters. */
static const char *file_color(size_t file)
{
	static const char *const colors[] = { "32", "33", "35", "36", "92", "93", "95", "96" };

	return colors[file % COUNT_OF(colors)];
}

static const char *kind_color(enum region_kind kind, size_t file)
{
	switch (kind) {
	case REGION_SUPERBLOCK:
	case REGION_LOG_USED: return "97;44";
	case REGION_LOG_FREE: return "34";
	case REGION_DAMAGED:
	case REGION_SHARED: return "97;41";
	case REGION_KEPT: return "31";
	case REGION_FREE:
	case REGION_BEYOND: return "90";
	default: return file_color(file);
	}
}

/* The colour stays until the next one, or the end. */
static void set_color(struct style *style, const char *color)
{
	if (!style->color || color == style->open)
		return;
	if (style->open)
		fputs("\033[0m", stdout);
	if (color)
		printf("\033[%sm", color);
	style->open = color;
}

static void put(struct style *style, const char *color, const char *text)
{
	set_color(style, color);
	fputs(text, stdout);
	set_color(style, NULL);
}

static void print_cell(struct picture *picture, const struct cell *cell)
{
	enum region_kind kind = kind_of_cell(cell);
	uint64_t used = picture->cell_bytes - cell->bytes[REGION_FREE] - cell->bytes[REGION_BEYOND];
	unsigned eighths = (unsigned)(used / (picture->cell_bytes / 8));

	set_color(&picture->style, kind_color(kind, cell->file));
	fputs(glyph(&picture->style, kind, eighths > 8 ? 8 : eighths), stdout);
}

static void print_rows(struct picture *picture)
{
	char label[TEXT_SIZE_LENGTH];

	for (size_t i = 0; i < picture->count; i++) {
		if (i % picture->columns == 0)
			printf("%*s ", LABEL - 1, text_offset(label, i * picture->cell_bytes));
		print_cell(picture, &picture->cells[i]);
		if ((i + 1) % picture->columns != 0 && i + 1 != picture->count)
			continue;
		set_color(&picture->style, NULL);
		putchar('\n');
	}
}

static uint64_t count_of(const struct space_map *map, enum region_kind kind)
{
	switch (kind) {
	case REGION_LOG_USED: return map->info.published;
	case REGION_LOG_FREE: return map->info.log_capacity - map->info.published;
	case REGION_STRIPE: return map->striped;
	default: return 0;
	}
}

static void print_legend(struct picture *picture)
{
	const struct space_map *map = picture->map;
	char size[TEXT_SIZE_LENGTH];

	printf("\n%*s one character is %s; filled in part: %s\n", LABEL - 1, "",
	       text_size(size, picture->cell_bytes),
	       picture->style.utf8 ? "▄ by files, ▒ by striped ones"
				   : "'+' by files, '-' by striped ones");
	for (enum region_kind kind = 0; kind < REGION_KINDS; kind++) {
		uint64_t count = count_of(map, kind);

		if (!map->bytes[kind] && kind != REGION_FREE && kind != REGION_FILE)
			continue;
		printf("%*s ", LABEL - 1, "");
		put(&picture->style, kind_color(kind, 0), glyph(&picture->style, kind, 8));
		printf(" %-27s %12s", region_kind_text(kind), text_size(size, map->bytes[kind]));
		if (kind == REGION_STRIPE)
			printf("  %" PRIu64 " %s", count, count == 1 ? "file" : "files");
		else if (count || kind == REGION_LOG_USED)
			printf("  %" PRIu64 " %s", count, count == 1 ? "entry" : "entries");
		putchar('\n');
	}
}

static void print_name(const struct space_map *map, const struct space_file *file)
{
	cleanup_free char *path = text_escape(file->kept ? "(given up)" : space_path(map, file));

	fputs(path ? path : "", stdout);
	if (file->fault)
		printf("  [%s]", file->fault);
	else if (file->unusable)
		printf("  [extent outside the device]");
}

static void print_listing(struct picture *picture)
{
	const struct space_map *map = picture->map;
	char size[TEXT_SIZE_LENGTH];

	putchar('\n');
	for (size_t i = 0; i < map->nfiles && !ferror(stdout); i++) {
		const struct space_file *file = &map->files[i];
		enum region_kind kind = file->fault        ? REGION_DAMAGED
					: file->kept       ? REGION_KEPT
					: file->chunk_size ? REGION_STRIPE
							   : REGION_FILE;

		put(&picture->style, kind_color(kind, i), glyph(&picture->style, kind, 8));
		printf(" entry %-7" PRIu64 " %10s  ", file->entry, text_size(size, file->size));
		print_name(map, file);
		putchar('\n');
		for (uint32_t k = 0; k < file->nsegments; k++) {
			const struct space_segment *segment = &map->segments[file->segment + k];

			printf("    %s %-3" PRIu32 " 0x%012" PRIx64 " to 0x%012" PRIx64 "  %s\n",
			       file->chunk_size ? "strip" : "extent", segment->strip,
			       segment->offset, segment->offset + segment->length,
			       text_size(size, segment->length));
		}
	}
}

static void print_damage(const struct space_map *map)
{
	if (map->damaged)
		printf("%*s %" PRIu64 " damaged %s, see famfsctl fsck and dump-log\n", LABEL - 1,
		       "", map->damaged, map->damaged == 1 ? "entry" : "entries");
	if (map->elsewhere)
		printf("%*s %" PRIu64 " %s on other devices\n", LABEL - 1, "", map->elsewhere,
		       map->elsewhere == 1 ? "extent is" : "extents are");
}

int map_print_text(const struct space_map *map, const char *name, bool listing)
{
	struct picture picture = { .map = map,
				   .style = { .utf8 = locale_is_utf8(),
					      .color = common_color(STDOUT_FILENO) } };
	cleanup_free char *escaped = text_escape(name);
	char uuid[UUID_STR_LEN], size[TEXT_SIZE_LENGTH];

	choose_scale(&picture);
	if (!fill_cells(&picture))
		return report_no_memory();
	uuid_unparse_lower(map->info.uuid, uuid);
	printf("%s: %s, %s\n\n", escaped ? escaped : "", text_size(size, map->size),
	       map->info.uuid_known ? uuid : "superblock damaged");
	print_rows(&picture);
	print_legend(&picture);
	print_damage(map);
	if (listing)
		print_listing(&picture);
	free(picture.cells);
	return EXIT_DONE;
}
