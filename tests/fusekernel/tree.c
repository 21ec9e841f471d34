/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

#include "omf.h"
#include "tap.h"
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEVICE_SIZE GIB(4096)
#define LOG_LENGTH  MIB(8)

/* Chunks of an interleaved file whose map is as large as the push kernels can take: 16 MiB. */
#define PUSH_CHUNKS UINT64_C(699049)

/* Fills a device so far that a file of 32 MiB lies in 16 extents. */
#define HOLES 16

struct shape {
	const char *path;
	uint64_t size;
	uint32_t count; /* strips; 0: simple */
	uint64_t chunk;
};

/* Copied in by famfsctl. */
static const struct shape copied[] = {
	{ "simple/1", 1, 0, 0 },
	{ "simple/page-1", 4095, 0, 0 },
	{ "simple/page", 4096, 0, 0 },
	{ "simple/page+1", 4097, 0, 0 },
	{ "simple/2M-1", MIB(2) - 1, 0, 0 },
	{ "simple/2M", MIB(2), 0, 0 },
	{ "simple/2M+1", MIB(2) + 1, 0, 0 },
	{ "simple/4M-1", MIB(4) - 1, 0, 0 },
	{ "simple/4M", MIB(4), 0, 0 },
	{ "simple/odd", MIB(6) + 12345, 0, 0 },
	{ "striped/2x2M-short", MIB(2) - 1, 2, MIB(2) },
	{ "striped/2x2M-one", MIB(2), 2, MIB(2) },
	{ "striped/2x2M-one+1", MIB(2) + 1, 2, MIB(2) },
	{ "striped/2x2M-two-1", MIB(4) - 1, 2, MIB(2) },
	{ "striped/2x2M-two", MIB(4), 2, MIB(2) },
	{ "striped/2x2M-two+1", MIB(4) + 1, 2, MIB(2) },
	{ "striped/3x2M", MIB(13) + 77, 3, MIB(2) },
	{ "striped/3x4M", MIB(37), 3, MIB(4) },
	{ "striped/1x2M", MIB(5) + 1, 1, MIB(2) },
	{ "striped/16x2M", MIB(33) + 4096, 16, MIB(2) },
};

/* Made by hand: simple files, whose extents neither touch nor ascend. */
static const struct shape handmade[] = {
	{ "hand/2", MIB(4) - 5, 2, 0 },   { "hand/3", MIB(8) - 4097, 3, 0 },
	{ "hand/15", MIB(60), 15, 0 },    { "hand/16", MIB(90) + 1, 16, 0 },
	{ "hand/far", GIB(3) + 1, 2, 0 },
};

/* At the limits of a message. Chunks of 4 GiB do not fit the field for them, so these files are
 * sent as one extent for each chunk. The largest files come first, while they fit. */
static const struct shape borders[] = {
	{ "border/chunks-push", PUSH_CHUNKS *MIB(2) - 1000, 8, MIB(2) },
	{ "border/chunks-push+1", PUSH_CHUNKS *MIB(2) + 1, 8, MIB(2) },
	{ "border/chunk-2G", GIB(14) + 12345, 3, GIB(2) },
	{ "border/chunks-2", GIB(8) - 77, 2, GIB(4) },
	{ "border/chunks-3", GIB(12) - 77, 2, GIB(4) },
	{ "border/chunks-32", GIB(128), 16, GIB(4) },
	{ "border/chunks-33", GIB(128) + 1, 16, GIB(4) },
	{ "border/chunks-170", 170 * MIB(2), 5, MIB(2) },
};

static struct tree_file *add_file(struct tree *tree, const struct shape *shape)
{
	struct tree_file *file = &tree->files[tree->nfiles++];

	if (tree->nfiles >= MAX_TREE_FILES)
		bail_out("more files than there is room for");
	snprintf(file->path, sizeof(file->path), "%s", shape->path);
	file->size = shape->size;
	file->seed = tree->nfiles * UINT64_C(0x9e3779b97f4a7c15);
	return file;
}

const struct tree_file *tree_find(const struct tree *tree, const char *path)
{
	for (unsigned int i = 0; i < tree->nfiles; i++)
		if (!strcmp(tree->files[i].path, path))
			return &tree->files[i];
	bail_out("there is no file '%s' in the tree", path);
}

static void write_source(const struct tree_file *file, const char *path)
{
	static uint8_t buf[1 << 20];
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	for (uint64_t done = 0; done < file->size;) {
		size_t part = file->size - done < sizeof(buf) ? file->size - done : sizeof(buf);

		tree_fill(file, done, buf, part);
		if (write(fd, buf, part) != (ssize_t)part)
			bail_out("cannot write %s: %s", path, strerror(errno));
		done += part;
	}
	close(fd);
}

static void copy_in(struct tree *tree, const struct setup *setup, const struct shape *shape)
{
	struct tree_file *file = add_file(tree, shape);
	char source[160], target[256], strips[16], chunk[24];

	file->whole = true;
	snprintf(source, sizeof(source), "%s/source", setup->dir);
	snprintf(target, sizeof(target), "%s:/%s", setup->image, shape->path);
	snprintf(strips, sizeof(strips), "%u", shape->count);
	snprintf(chunk, sizeof(chunk), "%llu", (unsigned long long)shape->chunk);
	write_source(file, source);
	if (shape->count)
		run_famfsctl(setup, (const char *const[]){ "cp", "-q", "-N", strips, "-B", "16",
							   "-C", chunk, source, target, NULL });
	else
		run_famfsctl(setup, (const char *const[]){ "cp", "-q", source, target, NULL });
	unlink(source);
}

static uint64_t units_of(uint64_t bytes)
{
	return (bytes + OMF_UNIT - 1) / OMF_UNIT;
}

/* The first run of free units, or the last one; leaves a unit free on both sides. */
static uint64_t find_units(const struct tree *tree, uint64_t count, bool last)
{
	uint64_t units = tree->device_size / OMF_UNIT, run = 0;

	for (uint64_t i = 0; i < units; i++) {
		uint64_t unit = last ? units - 1 - i : i;

		run = tree->used[unit] ? 0 : run + 1;
		if (run == count + 2)
			return last ? unit + 1 : unit - count;
	}
	bail_out("no room for %llu units", (unsigned long long)count);
}

static void take_part(struct tree *tree, struct tree_file *file, uint64_t units, bool last)
{
	uint64_t unit = find_units(tree, units, last);

	memset(tree->used + unit, 1, units);
	file->parts[file->count].offset = unit * OMF_UNIT;
	file->parts[file->count].length = units * OMF_UNIT;
	file->count++;
}

static void lay_out(struct tree *tree, struct tree_file *file, const struct shape *shape)
{
	uint64_t left = units_of(file->size);

	if (shape->chunk) {
		uint64_t stripe = shape->chunk * shape->count;

		file->interleaved = true;
		file->chunk = shape->chunk;
		while (file->count < shape->count)
			take_part(tree, file,
				  (file->size + stripe - 1) / stripe * shape->chunk / OMF_UNIT,
				  false);
		return;
	}
	/* Parts of different lengths, alternating from both ends of the device. */
	for (uint32_t i = 0; i + 1 < shape->count; i++) {
		uint64_t units = i % 3 + 1 < left - (shape->count - i) ? i % 3 + 1 : 1;

		take_part(tree, file, units, i % 2 == 0);
		left -= units;
	}
	take_part(tree, file, left, false);
}

static void write_samples(const struct tree_file *file, int image)
{
	uint8_t buf[256];
	uint64_t offset;
	size_t size;

	for (unsigned int i = 0; tree_sample(file, i, &offset, &size); i++)
		while (size) {
			uint64_t run, at = tree_place(file, offset, &run);
			size_t part = size < run ? size : run;

			tree_fill(file, offset, buf, part);
			if (pwrite(image, buf, part, (off_t)at) != (ssize_t)part)
				bail_out("cannot write the image: %s", strerror(errno));
			offset += part;
			size -= part;
		}
}

static void make_by_hand(struct tree *tree, int image, const struct shape *shape)
{
	struct tree_file *file = add_file(tree, shape);

	lay_out(tree, file, shape);
	log_append_file(tree, image, file);
	write_samples(file, image);
}

static void append_filler(struct tree *tree, int image, struct tree_file *filler)
{
	for (uint32_t i = 0; i < filler->count; i++)
		filler->size += filler->parts[i].length;
	log_append_file(tree, image, filler);
	write_samples(filler, image);
}

/* Fills all free space except some single units, with files of as many extents as possible. */
static void fill_device(struct tree *tree, int image)
{
	uint64_t units = tree->device_size / OMF_UNIT, holes = 0, start = 0;
	struct tree_file *filler = NULL;
	char path[32];

	for (uint64_t unit = 0; unit <= units; unit++) {
		if (unit < units && !tree->used[unit])
			continue;
		if (start + 1 == unit && holes < HOLES) {
			holes++;
		} else if (start < unit) {
			if (!filler || filler->count == MAX_MEDIA_PARTS) {
				if (filler)
					append_filler(tree, image, filler);
				snprintf(path, sizeof(path), "full/%u", tree->nfiles);
				filler = add_file(tree, &(struct shape){ path, 0, 0, 0 });
			}
			filler->parts[filler->count].offset = start * OMF_UNIT;
			filler->parts[filler->count].length = (unit - start) * OMF_UNIT;
			filler->count++;
		}
		start = unit + 1;
	}
	if (filler)
		append_filler(tree, image, filler);
	if (holes < HOLES)
		bail_out("only %llu holes are left", (unsigned long long)holes);
}

/* A second device in the log, and files that lie on it: one completely, one partly. */
static void make_elsewhere(struct tree *tree, int image)
{
	static const struct shape shapes[] = { { "other/all", MIB(2), 1, 0 },
					       { "other/half", MIB(4), 2, 0 } };

	log_append_device(image, 1, GIB(16));
	for (uint32_t i = 0; i < 2; i++) {
		struct tree_file *file = add_file(tree, &shapes[i]);

		file->dev = 1;
		file->count = shapes[i].count;
		for (uint32_t j = 0; j < file->count; j++) {
			file->parts[j].offset = j || file->count == 1
							? GIB(1 + i)
							: find_units(tree, 1, true) * OMF_UNIT;
			file->parts[j].length = MIB(2);
		}
		log_append_file(tree, image, file);
	}
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

void tree_create(struct tree *tree, struct setup *setup)
{
	static const struct shape fragmented = { "full/fragmented", HOLES * MIB(2) - 3, 0, 0 };
	static const char *const dirs[] = {
		"simple", "striped", "hand", "border", "full", "other"
	};

	memset(tree, 0, sizeof(*tree));
	tree->device_size = DEVICE_SIZE;
	tree->log_length = LOG_LENGTH;
	tree->used = calloc(1, DEVICE_SIZE / OMF_UNIT);
	if (!tree->used)
		bail_out("out of memory");
	memset(tree->used, 1, 1 + LOG_LENGTH / OMF_UNIT);
	run_famfsctl(setup, (const char *const[]){ "mkfs", "--size", "4T", "--loglen", "8M",
						   setup->image, NULL });
	setup->image_fd = open(setup->image, O_RDWR | O_CLOEXEC);
	if (setup->image_fd < 0)
		bail_out("cannot open the image: %s", strerror(errno));
	for (size_t i = 0; i < COUNT(dirs); i++)
		log_append_dir(setup->image_fd, dirs[i]);
	for (size_t i = 0; i < COUNT(copied); i++)
		copy_in(tree, setup, &copied[i]);
	log_read(tree, setup->image_fd);
	for (size_t i = 0; i < COUNT(handmade); i++)
		make_by_hand(tree, setup->image_fd, &handmade[i]);
	for (size_t i = 0; i < COUNT(borders); i++)
		make_by_hand(tree, setup->image_fd, &borders[i]);
	make_elsewhere(tree, setup->image_fd);
	fill_device(tree, setup->image_fd);
	copy_in(tree, setup, &fragmented);
	log_read(tree, setup->image_fd);
	if (tree_find(tree, fragmented.path)->count != HOLES)
		bail_out("a file in %d holes has %u extents", HOLES,
			 tree_find(tree, fragmented.path)->count);
	free(tree->used);
	tree->used = NULL;
}
