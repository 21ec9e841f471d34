/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures of a device: in the terminal, and as SVG. */
#ifndef CLI_MAP_MAP_H
#define CLI_MAP_MAP_H

#include "map/spacemap.h"

#include <stdio.h>

/*
 * Prints a picture as wide as the terminal, with a legend; with `listing` also a line for each
 * file. Returns an exit code after reporting.
 */
int map_print_text(const struct space_map *map, const char *name, bool listing);

/* Writes a complete SVG document without references to other files. */
void map_print_svg(FILE *file, const struct space_map *map, const char *name);

/* Writes the part about interleaved files, from `y` on. Returns the `y` below it. */
double map_svg_lanes(FILE *file, const struct space_map *map, double y);

/* The height of that part. */
double map_svg_lanes_height(const struct space_map *map);

/* The same for damaged entries. */
void map_svg_damage(FILE *file, const struct space_map *map, double y);
double map_svg_damage_height(const struct space_map *map);

/* Writes any text as XML: escapes markup, controls and bytes that are not UTF-8. Writes at most
 * `most` characters, or all with 0. */
void xml_put(FILE *file, const char *text, size_t most);

#define MAP_SVG_WIDTH   1280.0
#define MAP_SVG_LEFT    96.0 /* of the lanes and rows */
#define MAP_SVG_PALETTE 8    /* colours of files, classes c0 to c7 */
#define MAP_SVG_LANES   24   /* interleaved files that have lanes */

#endif
