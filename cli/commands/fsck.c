/* SPDX-License-Identifier: Apache-2.0 */
#include "fsck/fsck.h"
#include "core/cleanup.h"
#include "core/commands.h"
#include "core/common.h"
#include "core/options.h"
#include "core/reference.h"
#include "core/report.h"
#include "famfs.h"
#include "fsck/undo.h"
#include "output/output.h"
#include "output/text.h"

#include <inttypes.h>
#include <string.h>

static struct {
	int repair;
	char *save;
} opt;

static const struct poptOption options[] = {
	{ "repair", 0, POPT_ARG_NONE, &opt.repair, 0,
	  "repair the problems that can be repaired, after saving the old bytes", NULL },
	{ "save", 0, POPT_ARG_STRING, NULL, 's',
	  "save the bytes that --repair changes here (famfs-fsck-DEVICE.undo)", "FILE" },
	REFERENCE_IGNORED("fuse", 0),
	REFERENCE_IGNORED("nofuse", 'F'),
	REFERENCE_IGNORED("human", 0),
	REFERENCE_IGNORED("set-daxmode", 'M'),
	REFERENCE_IGNORED("load-module", 'L'),
	REFERENCE_READING,
	REFERENCE_IGNORED("nodax", 'D'),
	REFERENCE_IGNORED("force", 'f'),
	POPT_TABLEEND,
};

static int take_option(int val, const char *name, const char *value)
{
	(void)val;
	(void)name;
	return option_string(&opt.save, value);
}

struct check {
	const struct fsck_request *request;
	struct output out;
	bool begun;      /* print no result if the check cannot be made */
	bool declined;   /* a repair that needs consent was not made */
	bool repairable; /* a problem was found and not repaired */
	const char *name;
	bool dry; /* dry run: report repairs as "would repair" */
	struct undo undo;
};

static void print_problem(const struct check *check, const struct famfs_problem *problem)
{
	cleanup_free char *path = text_escape(problem->path);
	cleanup_free char *message = text_escape(problem->message);
	char entries[TEXT_ENTRIES_LENGTH];

	printf("%s: %s: ", text_entries(entries, problem->entry, problem->last_entry),
	       famfs_fault_name(problem->fault));
	if (path && *path)
		printf("'%s': ", path);
	fputs(message ? message : "", stdout);
	if (problem->repaired)
		printf(check->dry ? " (would be repaired: %s)" : " (repaired)", problem->repair);
	else if (problem->repair)
		printf(" (repair: %s)", problem->repair);
	putchar('\n');
}

static void begin(struct check *check)
{
	if (check->begun)
		return;
	check->begun = true;
	output_begin(&check->out, common.json, "famfsctl.fsck/1");
	output_array_begin(&check->out, "problems");
}

static void on_problem(void *arg, const struct famfs_problem *problem)
{
	struct check *check = arg;
	const struct field fields[] = {
		field_when(problem->entry != FAMFS_NO_ENTRY,
			   field_number("entry", NULL, problem->entry)),
		field_when(problem->entry != FAMFS_NO_ENTRY,
			   field_number("last_entry", NULL, problem->last_entry)),
		field_text("code", NULL, famfs_fault_name(problem->fault)),
		field_when(*problem->path, field_path("path", NULL, problem->path)),
		field_text("message", NULL, problem->message),
		field_text("repair", NULL, problem->repair),
		field_bool("repaired", NULL, problem->repaired && !check->dry),
		field_bool("would_repair", NULL, problem->repaired && check->dry),
	};

	begin(check);
	check->repairable |= problem->repair && !problem->repaired;
	if (check->out.json)
		output_row(&check->out, fields, COUNT_OF(fields));
	else
		print_problem(check, problem);
}

static bool ask(const struct famfs_problem *problem)
{
	char entries[TEXT_ENTRIES_LENGTH];

	return report_confirm(
		"%s %s damaged: %s?", text_entries(entries, problem->entry, problem->last_entry),
		problem->last_entry == problem->entry ? "is" : "are", problem->repair);
}

static bool confirm(void *arg, const struct famfs_problem *problem)
{
	struct check *check = arg;

	if (check->request->never_ask)
		return false;
	/* In a dry run, assume yes: nothing is written. */
	if (check->dry) {
		check->declined = !common.yes;
		return true;
	}
	if (ask(problem))
		return true;
	check->declined = true;
	return false;
}

static int save(void *arg, uint64_t offset, const void *old, size_t length)
{
	struct check *check = arg;

	return undo_save(&check->undo, offset, old, length);
}

/* `error` is the reason why the check or the repair stopped early, or NULL. */
static void print_members(struct check *check, const struct famfs_fsck_result *result,
			  const char *error)
{
	const char *saved = undo_name(&check->undo);
	/* Without a superblock there is nothing to count. */
	bool known = result->log_capacity > 0;
	const struct field fields[] = {
		field_bool("clean", NULL, !error && result->problems == 0),
		field_text("error", NULL, error),
		field_when(known, field_uuid("uuid", NULL, result->uuid)),
		field_when(known, field_number("log_entries", NULL, result->log_entries)),
		field_when(known, field_number("log_capacity", NULL, result->log_capacity)),
		field_when(known, field_number("files", NULL, result->files)),
		field_when(known, field_number("directories", NULL, result->directories)),
		field_when(known, field_number("file_bytes", NULL, result->file_bytes)),
		field_when(known, field_number("allocated_bytes", NULL, result->allocated_bytes)),
		field_when(known, field_number("free_bytes", NULL, result->free_bytes)),
		field_when(known,
			   field_number("paths_not_normalised", NULL, result->not_normalised)),
		field_when(known, field_number("paths_hidden", NULL, result->hidden)),
		field_when(known, field_number("paths_not_utf8", NULL, result->not_utf8)),
		field_when(result->not_utf8,
			   field_number("first_not_utf8", NULL, result->first_not_utf8)),
		field_number("problem_count", NULL, result->problems),
		field_number("repaired_count", NULL, check->dry ? 0 : result->repaired),
		field_number("would_repair_count", NULL, check->dry ? result->repaired : 0),
		field_path("undo_file", NULL, saved),
	};

	output_array_end(&check->out);
	output_fields(&check->out, fields, COUNT_OF(fields));
	output_end(&check->out);
}

/* famfsctl can use these paths, but the reference implementation may not show them. */
static void print_paths(struct output *out, const struct famfs_fsck_result *result)
{
	if (result->not_normalised)
		output_note(out, "paths not normalised: %" PRIu64 ", read as dump-log shows them",
			    result->not_normalised);
	if (result->hidden)
		output_note(out, "paths in .meta: %" PRIu64 ", not shown", result->hidden);
	if (result->not_utf8)
		output_note(out,
			    "paths not UTF-8: %" PRIu64 ", the reference implementation cannot "
			    "mount past entry %" PRIu64,
			    result->not_utf8, result->first_not_utf8);
}

static void print_summary(struct check *check, const struct famfs_fsck_result *result)
{
	const char *saved = undo_name(&check->undo);
	struct output *out = &check->out;

	if (saved)
		output_note(out, "the old bytes are saved in '%s'", saved);
	if (common.quiet)
		return;
	if (result->log_capacity)
		output_note(out,
			    "files: %" PRIu64 ", directories: %" PRIu64 ", log entries: %" PRIu64
			    " of %" PRIu64,
			    result->files, result->directories, result->log_entries,
			    result->log_capacity);
	print_paths(out, result);
	if (result->problems == 0)
		output_note(out, "clean");
	else
		output_note(out, "%" PRIu64 " problem%s found, %" PRIu64 " %s", result->problems,
			    result->problems == 1 ? "" : "s", result->repaired,
			    check->dry ? "would be repaired" : "repaired");
}

static int check_failed(struct check *check, const struct famfs_fsck_result *result,
			const struct famfs_error *err)
{
	/* The library knows only that saving failed; the undo file knows why. */
	if (check->undo.error.code)
		err = &check->undo.error;
	if (check->begun)
		print_members(check, result, err->message);
	report_failure(err);
	if (undo_name(&check->undo))
		report_hint("the old bytes are saved in %s", undo_name(&check->undo));
	return FSCK_FAILED;
}

static int check_done(struct check *check, const struct famfs_fsck_result *result)
{
	begin(check);
	print_members(check, result, NULL);
	print_summary(check, result);
	if (check->declined)
		report_hint("to give up damaged entries, run: famfsctl fsck --repair --yes %s",
			    check->name);
	else if (check->repairable && !check->request->repair && !common.quiet)
		report_hint("to repair it, run: famfsctl fsck --repair %s", check->name);
	if (result->problems == 0)
		return FSCK_CLEAN;
	return check->dry || result->repaired < result->problems ? FSCK_LEFT : FSCK_REPAIRED;
}

int fsck_target(const struct famfs_target *target, const struct fsck_request *request)
{
	struct check check = { .request = request,
			       .name = target->device,
			       .dry = request->repair && common.dry_run };
	const struct famfs_fsck_params params = {
		.repair = request->repair,
		.dry_run = common.dry_run,
		.report = on_problem,
		.confirm = confirm,
		.save = save,
		.arg = &check,
	};
	struct famfs_fsck_result result = { 0 };
	struct famfs_error err = { 0 };
	int ret;

	undo_init(&check.undo, target->device, request->save);
	if (famfs_fsck(target, &params, &result, &err) < 0)
		ret = check_failed(&check, &result, &err);
	else
		ret = check_done(&check, &result);
	undo_close(&check.undo);
	return ret;
}

int fsck_resolve(const char *arg, struct famfs_target **out)
{
	struct famfs_error err = { 0 };

	if (famfs_target_resolve(arg, out, &err) < 0) {
		report_failure(&err);
		return FSCK_FAILED;
	}
	if ((*out)->path && !(*out)->mountpoint) {
		(void)report_usage("'%s' names a file, not a device or a mount", arg);
		return FSCK_USAGE;
	}
	return FSCK_CLEAN;
}

static int run(int argc, const char *const *argv)
{
	cleanup_target struct famfs_target *target = NULL;
	const struct fsck_request request = {
		.repair = opt.repair,
		.save = opt.save,
	};
	int ret = reference_check_reading() == EXIT_DONE ? FSCK_CLEAN : FSCK_USAGE;

	(void)argc;
	if (ret == FSCK_CLEAN)
		ret = fsck_resolve(argv[0], &target);
	if (ret == FSCK_CLEAN)
		ret = fsck_target(target, &request);
	free(opt.save);
	opt.save = NULL;
	return ret;
}

const struct command cmd_fsck = {
	.name = "fsck",
	.synopsis = "[OPTION...] DEVICE|MOUNT",
	.summary = "Check a famfs, and repair it on request",
	.example = "fsck --repair fam.img",
	.flags = COMMAND_JSON | COMMAND_DRY_RUN | COMMAND_YES,
	.options = options,
	.take_option = take_option,
	.min_args = 1,
	.max_args = 1,
	.arg_kinds = { VALUE_VOLUME },
	.exit_codes =
		"0   clean\n1   repaired\n4   problems left\n8   could not check\n16  wrong usage",
	.exit_failed = FSCK_FAILED,
	.exit_usage = FSCK_USAGE,
	.run = run,
};
