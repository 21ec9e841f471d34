/* SPDX-License-Identifier: Apache-2.0 */
#include "core/commands.h"
#include "core/common.h"
#include "core/report.h"
#include "core/session.h"
#include "famfs.h"
#include "output/mode.h"
#include "output/output.h"

#include <stdio.h>
#include <sys/stat.h>

static void print_attributes(struct output *out, const char *path, const struct famfs_stat *st)
{
	char mode[MODE_LENGTH], octal[8];
	const struct field fields[] = {
		{ .key = "path", .label = "path", .kind = FIELD_PATH, .text = path },
		{ .key = "type", .label = "type", .kind = FIELD_TEXT, .text = mode_type(st->mode) },
		{ .key = "mode", .kind = FIELD_TEXT, .text = octal },
		{ .label = "mode", .kind = FIELD_TEXT, .text = mode },
		{ .key = "uid", .label = "uid", .kind = FIELD_NUMBER, .number = st->uid },
		{ .key = "gid", .label = "gid", .kind = FIELD_NUMBER, .number = st->gid },
		{ .key = "inode", .label = "inode", .kind = FIELD_NUMBER, .number = st->inode },
		{ .key = "entry",
		  .label = "log entry",
		  .kind = st->entry == FAMFS_NO_ENTRY ? FIELD_NULL : FIELD_NUMBER,
		  .number = st->entry },
		{ .key = "size", .label = "size", .kind = FIELD_SIZE, .number = st->size },
	};

	mode_text(st->mode, mode);
	snprintf(octal, sizeof(octal), "%04o", st->mode & 07777u);
	output_fields(out, fields, COUNT_OF(fields));
}

/* A directory has no map: in JSON it has the same members, and nulls. */
static void print_map(struct output *out, const struct famfs_fmap *map, bool file)
{
	bool interleaved = file && map->type == FAMFS_MAP_INTERLEAVED;
	uint64_t allocated = 0;

	for (uint32_t i = 0; i < map->nextents; i++)
		allocated += map->extents[i].length;
	const struct field fields[] = {
		{ .key = "allocated",
		  .label = file ? "on the device" : NULL,
		  .kind = file ? FIELD_SIZE : FIELD_NULL,
		  .number = allocated },
		{ .key = "map",
		  .label = file ? "map" : NULL,
		  .kind = file ? FIELD_TEXT : FIELD_NULL,
		  .text = interleaved ? "interleaved" : "simple" },
		{ .key = "nextents",
		  .label = !file         ? NULL
			   : interleaved ? "strips"
					 : "extents",
		  .kind = file ? FIELD_NUMBER : FIELD_NULL,
		  .number = map->nextents },
		{ .key = "chunk_size",
		  .label = interleaved ? "chunk size" : NULL,
		  .kind = interleaved ? FIELD_SIZE : FIELD_NULL,
		  .number = map->chunk_size },
	};

	output_fields(out, fields, COUNT_OF(fields));
}

static int show(struct session *session, struct output *out, const char *arg)
{
	struct famfs_error err = { 0 };
	struct famfs_fmap map = { 0 };
	struct famfs_stat st;
	const char *path;
	int ret = session_use(session, arg);

	if (ret != EXIT_DONE)
		return ret;
	path = session_path(session);
	if (famfs_stat(session->volume, path, &st, &err) < 0 ||
	    (S_ISREG(st.mode) && famfs_fmap(session->volume, path, &map, &err) < 0))
		return report_failure(&err);
	output_item_begin(out);
	print_attributes(out, path, &st);
	print_map(out, &map, S_ISREG(st.mode));
	output_item_end(out);
	return EXIT_DONE;
}

static int run(int argc, const char *const *argv)
{
	cleanup_session struct session session = SESSION_READ;
	struct output out;
	int result = EXIT_DONE;

	output_begin(&out, common.json, "famfsctl.stat/1");
	output_array_begin(&out, "files");
	for (int i = 0; i < argc; i++) {
		int ret = show(&session, &out, argv[i]);

		if (ret != EXIT_DONE)
			result = ret;
		else if (i + 1 < argc)
			output_note(&out, "%s", "");
	}
	output_array_end(&out);
	output_end(&out);
	return result;
}

const struct command cmd_stat = {
	.name = "stat",
	.synopsis = "[OPTION...] PATH...",
	.summary = "Show what the log says of files and directories",
	.example = "stat fam.img:/data/a",
	.flags = COMMAND_JSON,
	.min_args = 1,
	.arg_kinds = { VALUE_PATH },
	.run = run,
};
