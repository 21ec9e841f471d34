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
		field_path("path", "path", path),
		field_text("type", "type", mode_type(st->mode)),
		field_text("mode", NULL, octal),
		field_text(NULL, "mode", mode),
		field_number("uid", "uid", st->uid),
		field_number("gid", "gid", st->gid),
		field_number("inode", "inode", st->inode),
		field_when(st->entry != FAMFS_NO_ENTRY,
			   field_number("entry", "log entry", st->entry)),
		field_size("size", "size", st->size),
	};

	mode_text(st->mode, mode);
	snprintf(octal, sizeof(octal), "%04o", st->mode & 07777u);
	output_fields(out, fields, COUNT_OF(fields));
}

/* A directory has no map; its JSON has the same members, which are null. */
static void print_map(struct output *out, const struct famfs_fmap *map, bool file)
{
	bool interleaved = file && map->type == FAMFS_FMAP_INTERLEAVED;
	const char *extents = interleaved ? "strips" : "extents";
	const char *chunk = interleaved ? "chunk size" : NULL;
	uint64_t allocated = 0;

	for (uint32_t i = 0; i < map->nextents; i++)
		allocated += map->extents[i].length;
	const struct field fields[] = {
		field_when(file, field_size("allocated", file ? "on the device" : NULL, allocated)),
		field_when(file, field_text("map", file ? "map" : NULL,
					    interleaved ? "interleaved" : "simple")),
		field_when(file, field_number("nextents", file ? extents : NULL, map->nextents)),
		field_when(interleaved, field_size("chunk_size", chunk, map->chunk_size)),
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
	.summary = "Show the log entries of files and directories",
	.example = "stat fam.img:/data/a",
	.flags = COMMAND_JSON,
	.min_args = 1,
	.arg_kinds = { VALUE_PATH },
	.run = run,
};
