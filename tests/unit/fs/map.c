/* SPDX-License-Identifier: Apache-2.0 */
/* Files as memory, on images, which are mapped in the same way as a device. */
#include "support.h"

#include "fs/volume.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The strips of a file lie in buckets of at least 1 GiB. */
#define STRIPED_IMAGE (4 * GIB)

static struct famfs_mapping *map(struct famfs_volume *vol, const char *path, bool write)
{
	const struct famfs_map_params params = { .write = write };
	struct famfs_mapping *mapping = NULL;
	struct famfs_error err;

	assert_ok(famfs_map(vol, path, &params, &mapping, &err), &err);
	return mapping;
}

static int add_striped(struct famfs_volume *vol, const char *path, uint64_t size,
		       struct famfs_error *err)
{
	const struct famfs_create_params params = {
		.size = size, .mode = 0644, .nstrips = 2, .nbuckets = 3, .chunk_size = 2 * MIB
	};
	struct famfs_file *file;
	unsigned char *bytes = malloc(size);
	int ret = famfs_create(vol, path, &params, &file, err);

	fill_bytes(bytes, size, 7);
	if (ret == 0)
		ret = famfs_file_write(file, 0, bytes, size, err);
	if (ret == 0)
		ret = famfs_file_publish(file, err);
	free(bytes);
	return ret;
}

static void check_contents(const struct famfs_mapping *mapping, uint64_t size, uint32_t seed)
{
	unsigned char *want = malloc(size);

	fill_bytes(want, size, seed);
	assert_int_equal(famfs_mapping_size(mapping), size);
	assert_int_equal((uintptr_t)famfs_mapping_addr(mapping) % (2 * MIB), 0);
	assert_memory_equal(famfs_mapping_addr(mapping), want, size);
	free(want);
}

static void simple(void **state)
{
	const uint64_t sizes[] = { 1, 4096, 2 * MIB - 1, 2 * MIB, 5 * MIB + 3 };
	struct famfs_volume *vol;
	struct famfs_error err;

	(void)state;
	make_image(64 * MIB);
	vol = open_volume(true);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct famfs_mapping *mapping;
		char name[8];

		snprintf(name, sizeof(name), "f%zu", i);
		assert_ok(add_file(vol, name, sizes[i], (uint32_t)i, &err), &err);
		mapping = map(vol, name, false);
		check_contents(mapping, sizes[i], (uint32_t)i);
		famfs_unmap(mapping);
	}
	famfs_close(vol);
}

static void interleaved(void **state)
{
	const uint64_t size = 11 * MIB + 77;
	struct famfs_volume *vol;
	struct famfs_mapping *mapping;
	struct famfs_error err;

	(void)state;
	make_image(STRIPED_IMAGE);
	vol = open_volume(true);
	assert_ok(add_striped(vol, "striped", size, &err), &err);
	mapping = map(vol, "striped", false);
	check_contents(mapping, size, 7);
	famfs_unmap(mapping);
	famfs_close(vol);
}

static void stores(void **state)
{
	struct famfs_volume *vol;
	struct famfs_mapping *mapping;
	struct famfs_error err;
	unsigned char *p;

	(void)state;
	make_image(STRIPED_IMAGE);
	vol = open_volume(true);
	assert_ok(add_striped(vol, "striped", 8 * MIB, &err), &err);
	famfs_close(vol);
	/* A volume that is open for reading is enough, as on a client. */
	vol = open_volume(false);
	mapping = map(vol, "striped", true);
	famfs_close(vol);
	p = famfs_mapping_addr(mapping);
	fill_bytes(p, 8 * MIB, 9);
	assert_int_equal(famfs_flush(mapping, 0, 8 * MIB), 0);
	famfs_unmap(mapping);
	vol = open_volume(false);
	assert_null(file_fault(vol, "striped", 8 * MIB, 9));
	famfs_close(vol);
}

static void ranges(void **state)
{
	struct famfs_volume *vol;
	struct famfs_mapping *mapping;
	struct famfs_error err;

	(void)state;
	make_image(64 * MIB);
	vol = open_volume(true);
	assert_ok(add_file(vol, "f", 100, 1, &err), &err);
	mapping = map(vol, "f", false);
	assert_int_equal(famfs_flush(mapping, 0, 4096), 0);
	assert_int_equal(famfs_invalidate(mapping, 99, 1), 0);
	assert_int_equal(famfs_flush(mapping, 0, 4097), -EINVAL);
	assert_int_equal(famfs_invalidate(mapping, 4097, 0), -EINVAL);
	assert_int_equal(famfs_invalidate(mapping, 1, UINT64_MAX), -EINVAL);
	famfs_unmap(mapping);
	famfs_unmap(NULL);
	famfs_close(vol);
}

/* While a process may store into a file, the device cannot be formatted. */
static void keeps_formatters_away(void **state)
{
	const struct famfs_mkfs_params params = { .force = true };
	struct famfs_volume *vol;
	struct famfs_mapping *mapping;
	struct famfs_error err;

	(void)state;
	make_image(64 * MIB);
	vol = open_volume(true);
	assert_ok(add_file(vol, "f", 100, 1, &err), &err);
	mapping = map(vol, "f", false);
	famfs_close(vol);
	assert_error(famfs_mkfs(IMAGE, &params, NULL, &err), -EBUSY, &err, "in use");
	famfs_unmap(mapping);
	assert_ok(famfs_mkfs(IMAGE, &params, NULL, &err), &err);
}

/* Mappings of the image's data: all except the two pages of metadata that a volume maps. */
static int data_mappings(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	char line[4096];
	int count = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		unsigned long from, to;

		assert_int_equal(sscanf(line, "%lx-%lx", &from, &to), 2);
		count += strstr(line, IMAGE) && to - from >= AU;
	}
	fclose(f);
	return count;
}

/* A file of three units, whose map is rewritten to three extents in this order. */
static int mappings_of(const unsigned int order[3])
{
	const struct famfs_target target = image_target();
	struct famfs_mapping *mapping;
	struct famfs_volume *vol;
	struct famfs_error err;
	struct omf_entry raw;
	unsigned char *want = malloc(3 * AU), *p;
	uint64_t first;
	int count;

	make_image(64 * MIB);
	vol = open_volume(true);
	assert_ok(add_file(vol, "f", 3 * AU, 5, &err), &err);
	famfs_close(vol);
	entry_get(0, &raw);
	first = le64_get(raw.file.simple[0].offset);
	raw.file.count = le32_make(3);
	for (int i = 0; i < 3; i++) {
		raw.file.simple[i].offset = le64_make(first + order[i] * AU);
		raw.file.simple[i].length = le64_make(AU);
	}
	entry_seal(&raw);
	entry_put(0, &raw);
	assert_ok(famfs_open(&target, &(struct famfs_volume_params){ 0 }, &vol, &err), &err);
	mapping = map(vol, "f", false);
	count = data_mappings();
	fill_bytes(want, 3 * AU, 5);
	p = famfs_mapping_addr(mapping);
	for (size_t i = 0; i < 3; i++)
		assert_memory_equal(p + i * AU, want + order[i] * AU, AU);
	famfs_unmap(mapping);
	assert_int_equal(data_mappings(), 0);
	famfs_close(vol);
	free(want);
	return count;
}

static void merges(void **state)
{
	(void)state;
	assert_int_equal(mappings_of((const unsigned int[]){ 0, 1, 2 }), 1);
	assert_int_equal(mappings_of((const unsigned int[]){ 2, 0, 1 }), 2);
	assert_int_equal(mappings_of((const unsigned int[]){ 2, 1, 0 }), 3);
}

/* A device with units of 1 GiB: files that do not lie on their borders are refused, with the
 * numbers, before anything is mapped. */
static void alignment(void **state)
{
	const struct famfs_map_params params = { 0 };
	struct famfs_mapping *mapping = NULL;
	struct famfs_volume *vol;
	struct famfs_error err;

	(void)state;
	make_image(STRIPED_IMAGE);
	vol = open_volume(true);
	assert_ok(add_file(vol, "f", 100, 1, &err), &err);
	assert_ok(add_striped(vol, "striped", 8 * MIB, &err), &err);
	vol->dev->align = GIB;
	assert_error(famfs_map(vol, "f", &params, &mapping, &err), -EOPNOTSUPP, &err,
		     "'f' has a piece of 2097152 bytes at device offset 10485760");
	assert_text(err.message, "is mapped in units of 1073741824");
	assert_error(famfs_map(vol, "striped", &params, &mapping, &err), -EOPNOTSUPP, &err,
		     "'striped' has a piece of 2097152 bytes");
	assert_int_equal(data_mappings(), 0);
	/* A device that is known only by its metadata has no alignment. */
	vol->dev->align = 0;
	assert_error(famfs_map(vol, "f", &params, &mapping, &err), -EOPNOTSUPP, &err,
		     "cannot be mapped");
	assert_null(mapping);
	famfs_close(vol);
}

static uint64_t number_in(const char *path)
{
	FILE *f = fopen(path, "r");
	uint64_t number = 0;

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%" SCNu64, &number), 1);
	fclose(f);
	return number;
}

static uint64_t count_maps(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	uint64_t lines = 0;
	int c;

	assert_non_null(f);
	while ((c = getc(f)) != EOF)
		lines += c == '\n';
	fclose(f);
	return lines;
}

static void too_many(void **state)
{
	uint64_t most = number_in("/proc/sys/vm/max_map_count");
	const struct famfs_create_params params = { .size = most * 2 * MIB,
						    .mode = 0644,
						    .nstrips = 2,
						    .nbuckets = 2,
						    .chunk_size = 2 * MIB,
						    .no_zero = true };
	const struct famfs_map_params map_params = { 0 };
	struct famfs_mapping *mapping;
	struct famfs_volume *vol;
	struct famfs_error err;
	uint64_t before;
	char numbers[64];

	(void)state;
	if (most > 1 << 20) {
		note("needs a limit of mappings that a file can reach\n");
		return;
	}
	make_image(most * 2 * MIB + 4 * GIB);
	vol = open_volume(true);
	assert_ok(famfs_create_unfilled(vol, "huge", &params, &err), &err);
	before = count_maps();
	assert_error(famfs_map(vol, "huge", &map_params, &mapping, &err), -E2BIG, &err,
		     "'huge' takes");
	snprintf(numbers, sizeof(numbers), "takes %" PRIu64 " mappings", most);
	assert_text(err.message, numbers);
	snprintf(numbers, sizeof(numbers), "of at most %" PRIu64, most);
	assert_text(err.message, numbers);
	assert_int_equal(count_maps(), before);
	famfs_close(vol);
}

static void refusals(void **state)
{
	struct famfs_map_params params = { 0 };
	struct famfs_mapping *mapping;
	struct famfs_volume *vol;
	struct famfs_error err;

	(void)state;
	make_image(64 * MIB);
	vol = open_volume(true);
	assert_ok(add_dir(vol, "d", &err), &err);
	assert_ok(add_file(vol, "f", 100, 1, &err), &err);
	assert_error(famfs_map(vol, "d", &params, &mapping, &err), -EISDIR, &err, "'d'");
	assert_error(famfs_map(vol, "none", &params, &mapping, &err), -ENOENT, &err, "'none'");
	params.reserved[3] = 1;
	assert_error(famfs_map(vol, "f", &params, &mapping, &err), -EINVAL, &err, "reserved");
	params.reserved[3] = 0;
	/* The path now leads to another file than the map. */
	assert_int_equal(rename(IMAGE, "moved"), 0);
	assert_error(famfs_map(vol, "f", &params, &mapping, &err), -ENOENT, &err, IMAGE);
	make_image(64 * MIB);
	assert_error(famfs_map(vol, "f", &params, &mapping, &err), -ESTALE, &err, "another file");
	famfs_close(vol);
}

/* A child has the memory, not a copy of it. */
static void forks(void **state)
{
	struct famfs_volume *vol;
	struct famfs_mapping *mapping;
	struct famfs_error err;
	unsigned char *p;
	int status;
	pid_t child;

	(void)state;
	make_image(64 * MIB);
	vol = open_volume(true);
	assert_ok(add_file(vol, "f", 100, 1, &err), &err);
	mapping = map(vol, "f", true);
	famfs_close(vol);
	p = famfs_mapping_addr(mapping);
	child = fork();
	if (child == 0) {
		p[0] = (unsigned char)~p[0];
		_exit(p[0]);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(p[0], WEXITSTATUS(status));
	famfs_unmap(mapping);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("a simple file is one range of addresses", simple),
		TEST("an interleaved file is one range of addresses", interleaved),
		TEST("stores through a writable mapping are in the file", stores),
		TEST("flush and invalidate refuse ranges beyond the mapping", ranges),
		TEST("a mapping blocks mkfs, even after its volume is closed",
		     keeps_formatters_away),
		TEST("extents side by side are one mapping", merges),
		TEST("a map that violates the device's alignment is refused with both numbers",
		     alignment),
		TEST("too many mappings are refused before the first, with the numbers", too_many),
		TEST("a file that cannot be mapped is refused by name", refusals),
		TEST("a child shares the mapping", forks),
	};

	return run_group(tests);
}
