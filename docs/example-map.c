/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maps a file of a famfs and counts its lines, by loads from the device.
 *
 *   cc -O2 -o example-map example-map.c $(pkg-config --cflags --libs libfamfs)
 *   ./example-map /mnt/famfs/words        # a path in a mount; needs permission for the device
 *   ./example-map fam.img:/words          # or in a device or image that need not be mounted
 */
#include <famfs.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int fail(const struct famfs_error *err)
{
	fprintf(stderr, "example-map: %s\n", err->message);
	return 1;
}

static uint64_t count_lines(const char *p, uint64_t size)
{
	const char *end = p + size;
	uint64_t lines = 0;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p)))) {
		lines++;
		p++;
	}
	return lines;
}

static int map_path(const char *arg, struct famfs_mapping **mapping, struct famfs_error *err)
{
	const struct famfs_volume_params reading = { 0 };
	const struct famfs_map_params params = { 0 };
	struct famfs_target *target;
	struct famfs_volume *vol;
	int ret = famfs_target_resolve(arg, &target, err);

	if (ret < 0)
		return ret;
	ret = famfs_open(target, &reading, &vol, err);
	if (ret == 0) {
		ret = famfs_map(vol, target->path ? target->path : "", &params, mapping, err);
		famfs_close(vol); /* the mapping stays */
	}
	famfs_target_free(target);
	return ret;
}

int main(int argc, char **argv)
{
	struct famfs_mapping *mapping;
	struct famfs_error err;
	uint64_t size;

	if (argc != 2) {
		fprintf(stderr, "usage: example-map PATH\n");
		return 2;
	}
	if (map_path(argv[1], &mapping, &err) < 0)
		return fail(&err);
	size = famfs_mapping_size(mapping);
	/* Another host may have written since; drop the old cache lines of this host. */
	famfs_invalidate(mapping, 0, size);
	printf("%" PRIu64 "\n", count_lines(famfs_mapping_addr(mapping), size));
	famfs_unmap(mapping);
	return 0;
}
