/* SPDX-License-Identifier: Apache-2.0 */
#include "cleanup.h"
#include "commands.h"
#include "common.h"
#include "cp.h"
#include "interrupt.h"
#include "options.h"
#include "pool.h"
#include "report.h"
#include "session.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define MOST_JOBS 64

static struct cp_options opt = { .jobs = 1 };

static const struct poptOption options[] = {
	{ "recursive", 'r', POPT_ARG_NONE, &opt.recursive, 0, "copy directories and all below them",
	  NULL },
	{ "preserve", 'p', POPT_ARG_NONE, &opt.preserve, 0,
	  "keep owners and all mode bits, also set-id ones", NULL },
	{ "dereference", 'L', POPT_ARG_NONE, &opt.dereference, 0, "copy what symlinks point to",
	  NULL },
	{ "jobs", 'j', POPT_ARG_STRING, NULL, 'j', "copy so many files at a time, 1 to 64 (1)",
	  "JOBS" },
	{ NULL, 0, POPT_ARG_INCLUDE_TABLE, (void *)(uintptr_t)attrs_options, 0, NULL, NULL },
	{ NULL, 0, POPT_ARG_INCLUDE_TABLE, (void *)(uintptr_t)layout_options, 0, NULL, NULL },
	{ "verify", 0, POPT_ARG_NONE, &opt.verify, 0,
	  "read every file back before it becomes visible", NULL },
	{ "overwrite", 0, POPT_ARG_NONE, &opt.overwrite, 0,
	  "write into existing files of the same size", NULL },
	POPT_TABLEEND,
};

static int take_option(int val, const char *name, const char *value)
{
	int ret;

	if (val == 'j')
		return option_number(name, value, 1, MOST_JOBS, &opt.jobs);
	ret = attrs_take_option(&opt.attrs, val, name, value);
	if (ret == OPTION_NOT_MINE)
		ret = layout_take_option(&opt.layout, val, name, value);
	return ret;
}

/* Where the sources go. */
struct destination {
	const char *path;
	bool directory; /* it exists, and takes them in under their own names */
};

static bool ends_with_slash(const char *s)
{
	size_t length = strlen(s);

	return length > 0 && s[length - 1] == '/';
}

static int find_destination(const struct session *session, const char *arg, int nsources,
			    const char *first, struct destination *out)
{
	struct famfs_error err = { 0 };
	struct famfs_stat st;
	struct stat source;
	int ret;

	out->path = session_path(session);
	ret = *out->path ? famfs_stat(session->volume, out->path, &st, &err) : 0;
	out->directory = !*out->path || (ret == 0 && S_ISDIR(st.mode));
	if (ret < 0 && ret != -ENOENT)
		return report_failure(&err);
	if (out->directory || (nsources == 1 && !ends_with_slash(arg)))
		return EXIT_DONE;

	/* "cp -r dir new/" means a new directory. */
	if (nsources == 1 && ret == -ENOENT && opt.recursive && stat(first, &source) == 0 &&
	    S_ISDIR(source.st_mode))
		return EXIT_DONE;
	report_error("'%s' is not a directory", arg);
	return EXIT_FAILED;
}

/* The source's own name; "" where it has none: "dir/." means what is in dir. */
static char *base_name(const char *source)
{
	size_t length = strlen(source);
	const char *start;

	while (length > 0 && source[length - 1] == '/')
		length--;
	start = memrchr(source, '/', length);
	start = start ? start + 1 : source;
	length -= (size_t)(start - source);
	if ((length == 1 && start[0] == '.') || (length == 2 && memcmp(start, "..", 2) == 0))
		length = 0;
	return strndup(start, length);
}

static char *path_for(const struct destination *destination, const char *source)
{
	cleanup_free char *base = destination->directory ? base_name(source) : strdup("");
	const char *path = destination->path;
	char *joined;

	if (!base || asprintf(&joined, "%s%s%s", path, *path && *base ? "/" : "", base) < 0)
		return NULL;
	return joined;
}

/* A file inside an unmounted device is no source: it would need a reader of its own. */
static bool is_inside_device(const char *source)
{
	cleanup_target struct famfs_target *target = NULL;
	struct stat st;

	if (lstat(source, &st) == 0 || famfs_target_resolve(source, &target, NULL) < 0)
		return false;
	if (target->mountpoint || !target->path)
		return false;
	report_error("cannot copy '%s': a source must be an ordinary path", source);
	report_hint("mount '%s' and copy from there", target->device);
	return true;
}

static void copy_source(struct cp *cp, const struct destination *destination, const char *source,
			bool count)
{
	cleanup_free char *path = path_for(destination, source);

	if (!path) {
		if (!count)
			cp_skip(cp, source, strerror(ENOMEM));
	} else if (count) {
		cp_tree(cp, source, path, true);
	} else if (is_inside_device(source)) {
		atomic_store(&cp->partial, true);
	} else {
		cp_tree(cp, source, path, false);
	}
}

static void copy_sources(struct cp *cp, const struct destination *destination, int nsources,
			 const char *const *sources)
{
	bool shown = !common.quiet && progress_possible();

	for (int i = 0; shown && i < nsources; i++)
		copy_source(cp, destination, sources[i], true);
	progress_start(&cp->progress, shown, opt.verify ? 2 : 1);
	for (int i = 0; i < nsources && !cp_stopped(cp); i++)
		copy_source(cp, destination, sources[i], false);
	pool_finish(cp->pool);
	progress_end(&cp->progress);
}

static int copy_all(int argc, const char *const *argv)
{
	cleanup_session struct session session = SESSION_WRITE;
	struct cp cp = { .options = &opt, .umask = attrs_umask() };
	struct destination destination;
	int ret = session_use(&session, argv[argc - 1]);

	if (ret == EXIT_DONE)
		ret = find_destination(&session, argv[argc - 1], argc - 1, argv[0], &destination);
	if (ret != EXIT_DONE)
		return ret;

	cp.volume = session.volume;
	cp.device = session.device;
	cp.uid = geteuid();
	cp.gid = getegid();
	cp.pool = pool_start((unsigned)opt.jobs, cp_file_work);
	if (!cp.pool)
		return report_no_memory();
	interrupt_catch();
	copy_sources(&cp, &destination, argc - 1, argv);
	if (cp_stopped(&cp))
		report_error("%s: %" PRIu64 " files were copied",
			     interrupt_pending() ? "interrupted" : "stopped", cp.copied);
	return cp.partial || cp_stopped(&cp) ? EXIT_FAILED : EXIT_DONE;
}

static int run(int argc, const char *const *argv)
{
	int ret = layout_complete(&opt.layout);

	if (ret != EXIT_DONE)
		return ret;
	ret = copy_all(argc, argv);
	interrupt_reraise();
	return ret;
}

const struct command cmd_cp = {
	.name = "cp",
	.synopsis = "[OPTION...] SOURCE... DESTINATION",
	.summary = "Copy files and directories into a famfs",
	.example = "cp -r -j 4 /usr/include fam.img:/data",
	.options = options,
	.take_option = take_option,
	.min_args = 2,
	.arg_kinds = { VALUE_SOURCE },
	.run = run,
};
