/* SPDX-License-Identifier: Apache-2.0 */
#include "cp/cp.h"
#include "core/cleanup.h"
#include "core/commands.h"
#include "core/common.h"
#include "core/interrupt.h"
#include "core/options.h"
#include "core/pool.h"
#include "core/reference.h"
#include "core/report.h"
#include "core/session.h"

#include <errno.h>
#include <search.h>
#include <string.h>

#define MAX_JOBS 64

static struct cp_options opt = { .jobs = 1 };
static bool progress_given;

enum { OPTION_EXCLUDE = 256, OPTION_FILES_FROM, OPTION_PROGRESS };

static const struct poptOption options[] = {
	{ "recursive", 'r', POPT_ARG_NONE, &opt.recursive, 0,
	  "copy directories and everything below them", NULL },
	{ "preserve", 'p', POPT_ARG_NONE, &opt.preserve, 0,
	  "keep owners and all mode bits, including set-id bits", NULL },
	{ "archive", 'a', POPT_ARG_NONE, &opt.archive, 0,
	  "-r and -p; symlinks below a source, which famfs cannot hold, are listed and skipped",
	  NULL },
	{ "dereference", 'L', POPT_ARG_NONE, &opt.dereference, 0,
	  "copy the targets of symlinks below a source", NULL },
	{ "jobs", 'j', POPT_ARG_STRING, NULL, 'j', "copy this many files at a time, 1 to 64 (1)",
	  "JOBS" },
	{ NULL, 0, POPT_ARG_INCLUDE_TABLE, (void *)(uintptr_t)attrs_options, 0, NULL, NULL },
	{ NULL, 0, POPT_ARG_INCLUDE_TABLE, (void *)(uintptr_t)striping_options, 0, NULL, NULL },
	{ "files-from0", 0, POPT_ARG_STRING, NULL, OPTION_FILES_FROM,
	  "read more sources from FILE, each ended by a NUL byte; - is standard input", "FILE" },
	{ "no-target-directory", 'T', POPT_ARG_NONE, &opt.exact, 0,
	  "DESTINATION is the copy itself, not a directory to copy into", NULL },
	{ "parents", 0, POPT_ARG_NONE, &opt.parents, 0,
	  "keep the whole path of each source below DESTINATION", NULL },
	{ "exclude", 0, POPT_ARG_STRING, NULL, OPTION_EXCLUDE,
	  "leave out names that match PATTERN, with all below them; may be repeated", "PATTERN" },
	{ "verify", 0, POPT_ARG_NONE, &opt.verify, 0,
	  "read every file back before it becomes visible", NULL },
	{ "overwrite", 0, POPT_ARG_NONE, &opt.overwrite, 0,
	  "write into existing files of the same size", NULL },
	{ "resume", 0, POPT_ARG_NONE, &opt.resume, 0,
	  "continue an earlier copy: compare existing files, write the differences", NULL },
	{ "compare", 'c', POPT_ARG_NONE, &opt.compare, 0,
	  "compare an earlier copy with its sources; write nothing", NULL },
	{ "progress", 0, POPT_ARG_STRING, NULL, OPTION_PROGRESS,
	  "auto (on a terminal), never, or json: lines on standard output", "WHEN" },
	REFERENCE_HIDDEN("threadct", 't', 't'),
	POPT_TABLEEND,
};

static const char description[] =
	"--exclude: PATTERN is that of fnmatch(3), and its '*' also matches '/' and a leading "
	"'.'.\n"
	"It is compared with the last component of each name and with its path: below a SOURCE\n"
	"directory the path from there, for a SOURCE itself the name as given. A leading '/'\n"
	"limits it to paths, a trailing '/' to directories.\n"
	"\n"
	"--resume: existing directories are entered. A file that exists with the size of its\n"
	"source is compared with it piece by piece, and the pieces that differ are written in "
	"place;\n"
	"its mode and owner do not change. A file that exists with another size is an error, "
	"since\n"
	"the size of a famfs file cannot change. All others are copied. An interrupted copy, even\n"
	"by kill -9, leaves no incomplete new file, so no cleanup is needed.\n"
	"To continue 'cp -r SOURCE NEW', run 'cp -r --resume -T SOURCE NEW': NEW exists now.\n"
	"\n"
	"SIGUSR1 makes cp print its progress, unless --quiet was given.\n";

static const struct word progress_words[] = {
	{ "auto", "a line on a terminal" },
	{ "never", "nothing" },
	{ "json", "lines of JSON on standard output" },
	{ NULL, NULL },
};

static const struct option_value values[] = {
	{ "progress", VALUE_WORD, progress_words },
	{ NULL, VALUE_NONE, NULL },
};

static int take_progress(const char *name, const char *value)
{
	static const enum progress_style styles[] = { PROGRESS_SILENT, PROGRESS_SILENT,
						      PROGRESS_JSON };
	unsigned index;
	int ret = option_word(name, value, progress_words, &index);

	if (ret != EXIT_DONE)
		return ret;
	progress_given = index > 0;
	opt.progress = styles[index];
	return EXIT_DONE;
}

/* As in the reference implementation, --jobs=0 starts no thread, and larger numbers are allowed. */
static int take_threads(const char *name, const char *value)
{
	int ret = option_number(name, value, 0, REFERENCE_MAX_THREADS, &opt.jobs);

	if (opt.jobs < 1)
		opt.jobs = 1;
	if (opt.jobs > MAX_JOBS)
		opt.jobs = MAX_JOBS;
	return ret;
}

static int take_exclude(const char *value)
{
	if (!*value)
		return report_usage("--exclude expects a pattern, got ''");
	if (cp_exclude_add(&opt, value))
		return EXIT_DONE;
	return report_no_memory();
}

static int take_option(int val, const char *name, const char *value)
{
	int ret;

	switch (val) {
	case 'j': return option_number(name, value, 1, MAX_JOBS, &opt.jobs);
	case 't': return take_threads(name, value);
	case OPTION_EXCLUDE: return take_exclude(value);
	case OPTION_FILES_FROM: return option_string(&opt.files_from, value);
	case OPTION_PROGRESS: return take_progress(name, value);
	default: break;
	}
	ret = attrs_take_option(&opt.attrs, val, name, value);
	if (ret == OPTION_UNKNOWN)
		ret = striping_take_option(&opt.striping, val, name, value);
	return ret;
}

static bool ends_with_slash(const char *s)
{
	size_t length = strlen(s);

	return length > 0 && s[length - 1] == '/';
}

static bool is_directory(const char *source)
{
	struct stat st;

	return stat(source, &st) == 0 && S_ISDIR(st.st_mode);
}

/*
 * "cp -r dir new" makes "new"; repeated, it copies to "new/dir". Refuse to resume or compare unless
 * "new/dir" exists, since the first run may have made "new".
 */
static int check_resumed(const struct session *session, const char *arg, const char *source)
{
	const char *path = session_path(session);
	cleanup_free char *name = cp_base_name(source), *inside = NULL, *into = NULL;

	if (!(opt.resume || opt.compare) || !*path || ends_with_slash(arg) || !is_directory(source))
		return EXIT_DONE;
	if (!name || asprintf(&inside, "%s/%s", path, name) < 0 || asprintf(&into, "%s/", arg) < 0)
		return report_no_memory();
	if (!*name || famfs_stat(session->volume, inside, &(struct famfs_stat){ 0 }, NULL) == 0)
		return EXIT_DONE;
	report_error("'%s' exists, and '%s' is not in it: the place to %s is ambiguous", arg, name,
		     opt.compare ? "compare" : "continue");
	report_hint("use -T if %s is the copy of %s, or %s to copy into it", arg, source, into);
	return EXIT_REFUSED;
}

/* `single` is the only source, or NULL if there are several. */
static int find_destination(const struct session *session, const char *arg, const char *single,
			    struct cp_destination *out)
{
	struct famfs_error err = { 0 };
	struct famfs_stat st;
	int ret;

	out->path = session_path(session);
	ret = *out->path ? famfs_stat(session->volume, out->path, &st, &err) : 0;
	out->directory = !opt.exact && (!*out->path || (ret == 0 && S_ISDIR(st.mode)));
	if (ret < 0 && ret != -ENOENT)
		return report_failure(&err);
	if (out->directory)
		return single && !opt.parents ? check_resumed(session, arg, single) : EXIT_DONE;
	if (single && !opt.parents && (opt.exact || !ends_with_slash(arg)))
		return EXIT_DONE;

	/* "cp -r dir new/" means a new directory. */
	if (single && !opt.parents && ret == -ENOENT && opt.recursive && is_directory(single))
		return EXIT_DONE;
	report_as(REPORT_FAILED, ENOTDIR, "'%s' is not a directory", arg);
	if (ret == -ENOENT)
		report_hint("make it first: famfsctl mkdir -p %s", arg);
	return EXIT_FAILED;
}

/* If the source is in a famfs, show how to copy out of one. */
static void hint_way_out(const char *source, const char *to)
{
	cleanup_target struct famfs_target *target = NULL;
	cleanup_free char *name = cp_base_name(source), *inside = NULL;

	if (famfs_target_resolve(source, &target, NULL) < 0 || !target->path || !name ||
	    asprintf(&inside, "%s/%s", to, name) < 0)
		return;
	if (opt.recursive && !target->mountpoint)
		report_hint("this copies into a famfs; to copy out, mount %s and use cp(1)",
			    target->device);
	else if (target->mountpoint)
		report_hint("this copies into a famfs; out of a mount, run: cp -r %s %s", source,
			    to);
	else
		report_hint("this copies into a famfs; out of it, run: famfsctl cat %s >%s", source,
			    is_directory(to) ? inside : to);
}

static int copy_sources(struct cp *cp, const struct cp_destination *destination, int nsources,
			const char *const *sources)
{
	if (!progress_given && !common.quiet && !common.dry_run && progress_possible())
		opt.progress = PROGRESS_LINE;
	progress_start(&cp->progress, common.dry_run ? PROGRESS_SILENT : opt.progress,
		       opt.verify ? 2 : 1);
	cp->pool = pool_start((unsigned)opt.jobs, cp_file_work);
	if (!cp->pool) {
		progress_end(&cp->progress);
		return report_no_memory();
	}
	if (cp->progress.style != PROGRESS_SILENT &&
	    cp_sources(cp, destination, nsources, sources, true))
		progress_counted(&cp->progress);
	cp_sources(cp, destination, nsources, sources, false);
	pool_finish(cp->pool);
	tdestroy(cp->taken, free);
	progress_end(&cp->progress);
	return cp_summary(cp);
}

/* One thread receives the signal or the error; the others may be waiting for the append lock.
 */
static bool is_stopped(void *cp)
{
	return cp_stopped(cp);
}

static int copy_all(int nsources, const char *const *sources, const char *to)
{
	const char *single = nsources == 1 && !opt.files_from ? sources[0] : NULL;
	struct cp cp = { .options = &opt, .umask = attrs_umask() };
	cleanup_session struct session session = { .write = !opt.compare,
						   .cancelled = is_stopped,
						   .cancel_arg = &cp };
	struct cp_destination destination;
	int ret = session_use(&session, to);

	if (ret != EXIT_DONE && !session.target && nsources > 0)
		hint_way_out(sources[0], to);
	if (ret == EXIT_DONE)
		ret = find_destination(&session, to, single, &destination);
	if (ret != EXIT_DONE)
		return ret;

	cp.several = !single;
	cp.named = !destination.directory && is_directory(single);
	cp.volume = session.volume;
	cp.device = session.device;
	cp.uid = geteuid();
	cp.gid = getegid();
	interrupt_catch();
	return copy_sources(&cp, &destination, nsources, sources);
}

static int check_usage(int argc)
{
	opt.recursive |= opt.archive;
	opt.preserve |= opt.archive;
	if (argc < 2 && !opt.files_from)
		return report_usage("a SOURCE and a DESTINATION are needed");
	if (opt.overwrite && opt.resume)
		return report_usage("--overwrite and --resume exclude each other");
	if (opt.compare && (opt.overwrite || opt.resume || opt.verify || common.dry_run))
		return report_usage("--compare writes nothing: it takes no --overwrite, --resume, "
				    "--verify or --dry-run");
	if (opt.exact && (argc != 2 || opt.files_from || opt.parents))
		return report_usage("-T takes one SOURCE, and no --parents");
	return striping_complete(&opt.striping);
}

static int run(int argc, const char *const *argv)
{
	int ret = check_usage(argc);

	if (ret == EXIT_DONE)
		ret = copy_all(argc - 1, argv, argv[argc - 1]);
	cp_exclude_free(&opt);
	free(opt.files_from);
	interrupt_reraise();
	return ret;
}

const struct command cmd_cp = {
	.name = "cp",
	.synopsis = "[OPTION...] SOURCE... DESTINATION",
	.summary = "Copy files and directories into a famfs",
	.description = description,
	.example = "cp -r -j 4 /usr/include fam.img:/data",
	.options = options,
	.take_option = take_option,
	.min_args = 1,
	.flags = COMMAND_DRY_RUN,
	.values = values,
	.arg_kinds = { VALUE_SOURCE },
	.run = run,
};
