/* SPDX-License-Identifier: Apache-2.0 */
#include "core/commands.h"
#include "core/report.h"
#include "core/session.h"
#include "famfs.h"
#include "shared/io.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define BLOCK_LENGTH (1u << 18)

static struct {
	int map;
} opt;

static bool full; /* standard output failed: skip the remaining files */

static const struct poptOption options[] = {
	{ "map", 'M', POPT_ARG_NONE, &opt.map, 0,
	  "map the file from the device instead of reading it", NULL },
	POPT_TABLEEND,
};

/* Write directly: stdio would copy all data and lose the reason of a failed write. */
static int put(const void *data, uint64_t size, struct famfs_error *err)
{
	int ret = io_write_all(STDOUT_FILENO, data, size);

	if (ret == 0)
		return 0;
	full = true;
	return error_fill(err, ret, "cannot write to standard output: %s", strerror(-ret));
}

static int write_blocks(struct famfs_file *file, struct famfs_error *err)
{
	static unsigned char block[BLOCK_LENGTH];
	uint64_t size = famfs_file_size(file);

	for (uint64_t at = 0; at < size; at += BLOCK_LENGTH) {
		size_t n = size - at < BLOCK_LENGTH ? (size_t)(size - at) : BLOCK_LENGTH;
		int ret = famfs_file_read(file, at, block, n, err);

		if (ret == 0)
			ret = put(block, n, err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int cat_read(struct famfs_volume *vol, const char *path, struct famfs_error *err)
{
	struct famfs_file *file;
	int ret = famfs_file_open(vol, path, &file, err);

	if (ret < 0)
		return ret;
	ret = write_blocks(file, err);
	famfs_file_close(file);
	return ret;
}

static int unreadable(const char *path, struct famfs_error *err)
{
	full = false;
	return error_fill(err, -EIO, "cannot read '%s': %s", path, strerror(EIO));
}

static int cat_map(struct famfs_volume *vol, const char *path, struct famfs_error *err)
{
	const struct famfs_map_params params = { 0 };
	struct famfs_mapping *mapping;
	int ret = famfs_map(vol, path, &params, &mapping, err);

	if (ret < 0)
		return ret;
	ret = famfs_invalidate(mapping, 0, famfs_mapping_size(mapping));
	if (ret < 0)
		ret = unreadable(path, err);
	else
		ret = put(famfs_mapping_addr(mapping), famfs_mapping_size(mapping), err);
	famfs_unmap(mapping);
	/* write(2) returns EFAULT for mapped memory that cannot be read: the device failed, not
	 * standard output. */
	return ret == -EFAULT ? unreadable(path, err) : ret;
}

static int cat(struct session *session, const char *arg)
{
	struct famfs_error err = { 0 };
	int ret = session_use(session, arg);

	if (ret != EXIT_DONE)
		return ret;
	ret = opt.map ? cat_map(session->volume, session_path(session), &err)
		      : cat_read(session->volume, session_path(session), &err);
	return ret < 0 ? report_failure(&err) : EXIT_DONE;
}

static int run(int argc, const char *const *argv)
{
	cleanup_session struct session session = SESSION_READ;
	int result = EXIT_DONE;

	for (int i = 0; i < argc && !full; i++) {
		int ret = cat(&session, argv[i]);

		if (ret != EXIT_DONE)
			result = ret;
	}
	return result;
}

const struct command cmd_cat = {
	.name = "cat",
	.synopsis = "[OPTION...] PATH...",
	.summary = "Write the contents of files to standard output, from a mount or a device",
	.example = "cat fam.img:/data/words",
	.options = options,
	.min_args = 1,
	.arg_kinds = { VALUE_PATH },
	.run = run,
};
