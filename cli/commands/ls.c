/* SPDX-License-Identifier: Apache-2.0 */
#include "core/commands.h"
#include "core/common.h"
#include "core/report.h"
#include "core/session.h"
#include "famfs.h"
#include "output/mode.h"
#include "output/output.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static struct {
	int l;
	int recursive;
} opt;

static const struct poptOption options[] = {
	{ "long", 'l', POPT_ARG_NONE, &opt.l, 0, "also show mode, owner and size", NULL },
	{ "recursive", 'R', POPT_ARG_NONE, &opt.recursive, 0, "list everything below a directory",
	  NULL },
	POPT_TABLEEND,
};

struct listing {
	struct output out;
	const char *root; /* the directory or file that is listed */
	bool several;     /* several arguments: print each name before its contents */
	bool any;         /* a name was printed */
};

/* In text, paths are relative to the listed directory; a listed file keeps its whole path. */
static const char *shown(const struct listing *listing, const char *path)
{
	size_t length = strlen(listing->root);

	if (length && strncmp(path, listing->root, length) == 0 && path[length] == '/')
		return path + length + 1;
	return path;
}

static int print_entry(void *arg, const char *path, const struct famfs_stat *st)
{
	struct listing *listing = arg;
	char mode[MODE_LENGTH], octal[8];
	const struct field fields[] = {
		field_path("path", NULL, path),
		field_text("type", NULL, mode_type(st->mode)),
		field_text("mode", NULL, octal),
		column(-11, field_text(NULL, opt.l ? "mode" : NULL, mode)),
		column(6, field_number("uid", opt.l ? "uid" : NULL, st->uid)),
		column(6, field_number("gid", opt.l ? "gid" : NULL, st->gid)),
		column(15, field_number("size", opt.l ? "size" : NULL, st->size)),
		field_text(NULL, opt.l ? "  " : NULL, "  "),
		field_path(NULL, "name", shown(listing, path)),
	};

	/* For a directory, list its contents. */
	if (S_ISDIR(st->mode) && strcmp(path, listing->root) == 0)
		return 0;
	mode_text(st->mode, mode);
	snprintf(octal, sizeof(octal), "%04o", st->mode & 07777u);
	output_row(&listing->out, fields, COUNT_OF(fields));
	return ferror(stdout);
}

static int list(struct session *session, struct listing *listing, const char *arg)
{
	struct famfs_error err = { 0 };
	int ret = session_use(session, arg);

	if (ret != EXIT_DONE)
		return ret;
	listing->root = session_path(session);
	if (listing->any)
		output_note(&listing->out, "%s", "");
	if (listing->several)
		output_note(&listing->out, "%s:", arg);
	listing->any = listing->several;
	if (famfs_walk(session->volume, listing->root, opt.recursive, print_entry, listing, &err) <
	    0)
		return report_failure(&err);
	return EXIT_DONE;
}

static int run(int argc, const char *const *argv)
{
	cleanup_session struct session session = SESSION_READ;
	struct listing listing = { .several = argc > 1 };
	int result = EXIT_DONE;

	output_begin(&listing.out, common.json, "famfsctl.ls/1");
	output_array_begin(&listing.out, "entries");
	for (int i = 0; i < argc; i++) {
		int ret = list(&session, &listing, argv[i]);

		if (ret != EXIT_DONE)
			result = ret;
	}
	output_array_end(&listing.out);
	output_end(&listing.out);
	return result;
}

const struct command cmd_ls = {
	.name = "ls",
	.synopsis = "[OPTION...] PATH...",
	.summary = "List files and directories in a mount or on an unmounted device",
	.example = "ls -l fam.img:/data",
	.flags = COMMAND_JSON,
	.options = options,
	.min_args = 1,
	.arg_kinds = { VALUE_PATH },
	.run = run,
};
