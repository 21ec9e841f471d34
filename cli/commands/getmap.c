/* SPDX-License-Identifier: Apache-2.0 */
/* A command of the reference implementation: dump-fmap in the form that its scripts read. */
#include "core/cleanup.h"
#include "core/commands.h"
#include "core/common.h"
#include "core/report.h"
#include "core/session.h"
#include "famfs.h"
#include "output/text.h"

#include <inttypes.h>
#include <stdio.h>

static int keep_going;

static const struct poptOption options[] = {
	{ "continue", 'c', POPT_ARG_NONE | POPT_ARGFLAG_DOC_HIDDEN, &keep_going, 0, NULL, NULL },
	POPT_TABLEEND,
};

static void print_map(const char *name, const struct famfs_fmap *map)
{
	cleanup_free char *shown = text_escape(name);

	printf("File:     %s\n\tsize:    %" PRIu64 "\n\textents: %" PRIu32 "\n", shown ? shown : "",
	       map->size, map->type == FAMFS_FMAP_SIMPLE ? map->nextents : 1);
	if (map->type == FAMFS_FMAP_INTERLEAVED)
		printf("Interleave_Param chunk_size: %" PRIu64 "\nInterleaved extent has %" PRIu32
		       " strips:\n",
		       map->chunk_size, map->nextents);
	for (uint32_t i = 0; i < map->nextents; i++)
		printf("\t\t%" PRIx64 "\t%" PRIu64 "\n", map->extents[i].offset,
		       map->extents[i].length);
	printf("famfs_getmap: good file %s\n", shown ? shown : "");
}

static int getmap(struct session *session, const char *arg)
{
	struct famfs_error err = { 0 };
	struct famfs_fmap map;
	int ret = session_use(session, arg);

	if (ret != EXIT_DONE)
		return ret;
	if (famfs_fmap(session->volume, session_path(session), &map, &err) < 0)
		return report_failure(&err);
	if (!common.quiet)
		print_map(arg, &map);
	return EXIT_DONE;
}

static int run(int argc, const char *const *argv)
{
	cleanup_session struct session session = SESSION_READ;
	int result = EXIT_DONE;

	for (int i = 0; i < argc && (result == EXIT_DONE || keep_going); i++) {
		int ret = getmap(&session, argv[i]);

		if (ret != EXIT_DONE)
			result = ret;
	}
	return result;
}

const struct command cmd_getmap = {
	.name = "getmap",
	.synopsis = "[OPTION...] FILE...",
	.summary = "Show the maps of files as the reference implementation does; see dump-fmap",
	.example = "getmap /mnt/famfs/data/a",
	.options = options,
	.min_args = 1,
	.arg_kinds = { VALUE_PATH },
	.run = run,
};
