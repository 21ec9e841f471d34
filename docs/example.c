/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The library in one page: formats an image, adds a file, and reads it back.
 *
 *   cc -o example example.c $(pkg-config --cflags --libs libfamfs)
 *   ./example demo.img
 */
#include <famfs.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int fail(const struct famfs_error *err)
{
	fprintf(stderr, "example: %s\n", err->message);
	return 1;
}

/* famfs_file_publish() makes the whole file visible on every host; before, no part is visible. */
static int add_file(struct famfs_volume *vol, const char *path, const char *text,
		    struct famfs_error *err)
{
	const struct famfs_create_params params = { .size = strlen(text), .mode = 0644 };
	struct famfs_file *file;
	int ret = famfs_create(vol, path, &params, &file, err);

	if (ret < 0)
		return ret;
	ret = famfs_file_write(file, 0, text, strlen(text), err);
	if (ret < 0) {
		famfs_file_close(file);
		return ret;
	}
	return famfs_file_publish(file, err);
}

static int show_file(struct famfs_volume *vol, const char *path, struct famfs_error *err)
{
	struct famfs_file *file;
	struct famfs_fmap map;
	char text[100] = "";
	int ret = famfs_fmap(vol, path, &map, err);

	if (ret == 0)
		ret = famfs_file_open(vol, path, &file, err);
	if (ret < 0)
		return ret;
	if (map.size < sizeof(text))
		ret = famfs_file_read(file, 0, text, map.size, err);
	if (ret == 0)
		printf("%s, at %" PRIu64 " of device %" PRIu64 ": %s\n", path,
		       map.extents[0].offset, map.extents[0].daxdev, text);
	famfs_file_close(file);
	return ret;
}

static int use(const struct famfs_target *target, struct famfs_error *err)
{
	const struct famfs_volume_params params = { .write = true };
	const struct famfs_mkdir_params dir = { .mode = 0755 };
	struct famfs_volume *vol;
	int ret = famfs_open(target, &params, &vol, err);

	if (ret < 0)
		return ret;
	ret = famfs_mkdir(vol, "greetings", &dir, err);
	if (ret == 0)
		ret = add_file(vol, "greetings/hello", "hello from the library", err);
	if (ret == 0)
		ret = show_file(vol, "greetings/hello", err);
	famfs_close(vol);
	return ret;
}

int main(int argc, char **argv)
{
	const struct famfs_mkfs_params mkfs = { .size = 64 << 20 };
	struct famfs_target *target = NULL;
	struct famfs_error err = { 0 };
	int ret;

	if (argc != 2) {
		fprintf(stderr, "usage: example IMAGE\n");
		return 2;
	}
	ret = famfs_mkfs(argv[1], &mkfs, NULL, &err);
	if (ret == 0)
		ret = famfs_target_resolve(argv[1], &target, &err);
	if (ret == 0)
		ret = use(target, &err);
	famfs_target_free(target);
	return ret < 0 ? fail(&err) : 0;
}
