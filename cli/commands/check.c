/* SPDX-License-Identifier: Apache-2.0 */
#include "core/cleanup.h"
#include "core/commands.h"
#include "core/common.h"
#include "core/report.h"
#include "core/session.h"
#include "famfs.h"
#include "output/output.h"
#include "output/text.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Bits of the exit code, those of the reference implementation's command of this name. */
enum {
	CHECK_FILES = 1,
	CHECK_SUPERBLOCK = 2,
	CHECK_LOG = 4,
	CHECK_FAILED = 8,
	CHECK_USAGE = 16,
};

struct check {
	struct output out;
	struct famfs_volume *volume;
	const char *mountpoint;
	int fd; /* of it */
	uint64_t files;
	uint64_t directories;
	uint64_t problems;
	int result;
};

static void problem(struct check *check, int bit, const char *code, const char *path,
		    const char *message)
{
	const struct field fields[] = {
		field_text("code", NULL, code),
		field_when(*path, field_path("path", NULL, path)),
		field_text("message", NULL, message),
	};

	check->problems++;
	check->result |= bit;
	if (check->out.json)
		output_row(&check->out, fields, COUNT_OF(fields));
	else
		output_note(&check->out, "%s%s%s", path, *path ? ": " : "", message);
}

static void on_fsck_problem(void *arg, const struct famfs_problem *found)
{
	bool of_entry = found->entry != FAMFS_NO_ENTRY;
	bool of_super = !of_entry && found->fault == FAMFS_FAULT_SUPERBLOCK;
	cleanup_free char *message = NULL;
	char entries[TEXT_ENTRIES_LENGTH];

	if (of_entry &&
	    asprintf(&message, "log %s: %s", text_entries(entries, found->entry, found->last_entry),
		     found->message) < 0)
		message = NULL;
	problem(arg, of_super ? CHECK_SUPERBLOCK : CHECK_LOG, famfs_fault_name(found->fault),
		found->path, message ? message : found->message);
}

/* Compares the result of stat(2) with the log. Returns the difference, or NULL. */
static const char *difference(const struct stat *st, const struct famfs_stat *log)
{
	if ((st->st_mode & S_IFMT) != (log->mode & S_IFMT))
		return "has another type than in the log";
	if (S_ISREG(st->st_mode) && (uint64_t)st->st_size != log->size)
		return "has another size than in the log";
	if (st->st_mode != log->mode)
		return "has another mode than in the log";
	if (st->st_uid != log->uid || st->st_gid != log->gid)
		return "has another owner than in the log";
	if (st->st_ino != log->inode)
		return "is another file than in the log";
	return NULL;
}

/* Reads the first byte and the last: a file whose memory is not mapped, or is gone, cannot be read.
 */
static bool read_ends(int fd, uint64_t size)
{
	char byte;

	return pread(fd, &byte, 1, 0) == 1 && pread(fd, &byte, 1, (off_t)size - 1) == 1;
}

static void check_contents(struct check *check, const char *path, const struct famfs_stat *log)
{
	cleanup_fd int fd = openat(check->fd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int code = fd < 0 ? errno : 0;
	struct famfs_error err = { 0 };
	struct famfs_fmap map;

	if (famfs_fmap(check->volume, path, &map, &err) < 0)
		problem(check, CHECK_FILES, "map", path, err.message);
	if (code == EACCES)
		return; /* no fault: the permission bits deny it */
	if (fd < 0)
		problem(check, CHECK_FILES, "open", path, "cannot be opened");
	else if (!read_ends(fd, log->size))
		problem(check, CHECK_FILES, "read", path, "cannot be read");
}

static int check_logged(void *arg, const char *path, const struct famfs_stat *log)
{
	struct check *check = arg;
	const char *wrong;
	struct stat st;

	if (!*path)
		return 0;
	if (S_ISDIR(log->mode))
		check->directories++;
	else
		check->files++;
	if (fstatat(check->fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		problem(check, CHECK_FILES, "missing", path, "is in the log, but not in the mount");
		return ferror(stdout);
	}
	wrong = difference(&st, log);
	if (wrong)
		problem(check, CHECK_FILES, "differs", path, wrong);
	else if (S_ISREG(log->mode))
		check_contents(check, path, log);
	return ferror(stdout);
}

/* Checks again with the newest log: the name may have been added since the log was read. */
static bool is_logged(const struct check *check, const char *path)
{
	if (famfs_stat(check->volume, path, &(struct famfs_stat){ 0 }, NULL) == 0)
		return true;
	return famfs_catch_up(check->volume, NULL) == 0 &&
	       famfs_stat(check->volume, path, &(struct famfs_stat){ 0 }, NULL) == 0;
}

static int check_seen(struct check *check, FTS *tree)
{
	size_t skip = strlen(check->mountpoint) + 1;
	FTSENT *entry;

	while ((entry = fts_read(tree))) {
		const char *path = entry->fts_path + skip;

		if (entry->fts_level == 0 || entry->fts_info == FTS_DP)
			continue;
		if (entry->fts_level == 1 && strcmp(entry->fts_name, ".meta") == 0)
			fts_set(tree, entry, FTS_SKIP);
		else if (entry->fts_info == FTS_DNR && entry->fts_errno != EACCES)
			problem(check, CHECK_FILES, "read", path, strerror(entry->fts_errno));
		else if (entry->fts_info != FTS_DNR && !is_logged(check, path))
			problem(check, CHECK_FILES, "unknown", path,
				"is in the mount, but not in the log");
	}
	/* fts_read() sets errno to 0 at the end of the tree. */
	return errno ? report_errno(errno, "cannot read '%s'", check->mountpoint) : EXIT_DONE;
}

/* Compares both ways: each name in the log must be in the mount, and each name in the mount must be
 * in the log. */
static int check_files(struct check *check)
{
	char *const paths[] = { (char *)(uintptr_t)check->mountpoint, NULL };
	struct famfs_error err = { 0 };
	FTS *tree;
	int ret;

	if (famfs_walk(check->volume, "", true, check_logged, check, &err) < 0)
		return report_failure(&err);
	tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT, NULL);
	if (!tree)
		return report_errno(errno, "cannot read '%s'", check->mountpoint);
	ret = check_seen(check, tree);
	fts_close(tree);
	return ret;
}

static void print_totals(struct check *check)
{
	const struct field fields[] = {
		field_number("files", NULL, check->files),
		field_number("directories", NULL, check->directories),
	};

	if (check->out.json)
		output_fields(&check->out, fields, COUNT_OF(fields));
	else if (!common.quiet && check->mountpoint)
		output_note(&check->out,
			    "%s: files: %" PRIu64 ", directories: %" PRIu64 ", problems: %" PRIu64,
			    check->mountpoint, check->files, check->directories, check->problems);
}

static int check_medium(struct check *check, const struct famfs_target *target)
{
	const struct famfs_fsck_params params = { .report = on_fsck_problem, .arg = check };
	struct famfs_fsck_result result;
	struct famfs_error err = { 0 };
	int ret = famfs_fsck(target, &params, &result, &err);

	/* The mount is left from a famfs that is no longer on the device. */
	if (ret == -EMEDIUMTYPE)
		problem(check, CHECK_SUPERBLOCK, "superblock", "", err.message);
	else if (ret < 0)
		return report_failure(&err);
	return EXIT_DONE;
}

static int check_arg(struct check *check, struct session *session, const char *arg)
{
	int ret = session_resolve(session, arg);

	if (ret == EXIT_DONE && !session->target->mountpoint) {
		report_error("'%s' is not in a mounted famfs", arg);
		report_hint("to check it without a mount, run: famfsctl fsck %s", arg);
		return EXIT_FAILED;
	}
	if (ret == EXIT_DONE)
		ret = check_medium(check, session->target);
	/* Without a superblock there is no log to compare the mount with. */
	if (ret == EXIT_DONE && !(check->result & CHECK_SUPERBLOCK))
		ret = session_use(session, arg);
	if (ret != EXIT_DONE || !session->volume)
		return ret;
	check->volume = session->volume;
	check->mountpoint = session->target->mountpoint;
	check->fd = open(check->mountpoint, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (check->fd < 0)
		return report_errno(errno, "cannot open '%s'", check->mountpoint);
	return check_files(check);
}

static int run(int argc, const char *const *argv)
{
	cleanup_session struct session session = SESSION_READ;
	struct check check = { .fd = -1 };
	int ret;

	(void)argc;
	output_begin(&check.out, common.json, "famfsctl.check/1");
	output_array_begin(&check.out, "problems");
	ret = check_arg(&check, &session, argv[0]);
	output_array_end(&check.out);
	print_totals(&check);
	output_end(&check.out);
	if (check.fd >= 0)
		close(check.fd);
	return check.result | (ret == EXIT_DONE ? 0 : CHECK_FAILED);
}

const struct command cmd_check = {
	.name = "check",
	.synopsis = "[OPTION...] MOUNT",
	.summary = "Check that a mount agrees with the log, and that its files can be read",
	.description = "Makes the checks of fsck, then compares every name in the log with "
		       "the mount.\n",
	.example = "check /mnt/famfs",
	.exit_codes = "0   no problem; otherwise the sum of\n"
		      "1   a file has a problem\n"
		      "2   the superblock has a problem\n"
		      "4   the log has a problem\n"
		      "8   could not check\n"
		      "16  wrong usage",
	.flags = COMMAND_JSON,
	.min_args = 1,
	.max_args = 1,
	.arg_kinds = { VALUE_MOUNT },
	.exit_failed = CHECK_FAILED,
	.exit_usage = CHECK_USAGE,
	.run = run,
};
