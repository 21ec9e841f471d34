/* SPDX-License-Identifier: Apache-2.0 */
#include "core/commands.h"
#include "core/common.h"
#include "core/report.h"
#include "core/session.h"
#include "famfs.h"

#include <errno.h>
#include <string.h>
#include <uuid/uuid.h>

static struct {
	int force;
} opt;

static const struct poptOption options[] = {
	{ "force", 0, POPT_ARG_NONE, &opt.force, 0,
	  "confirm that the old master is gone for good; same as --yes", NULL },
	POPT_TABLEEND,
};

static int ask(const char *device, const struct famfs_info *info)
{
	char master[UUID_STR_LEN];

	uuid_unparse_lower(info->master_uuid, master);
	if (report_confirm(
		    "the master of '%s' is the host with system uuid %s; is it gone for good?",
		    device, master))
		return EXIT_DONE;
	report_as(REPORT_REFUSED, 0, "'%s' has a master, the host with system uuid %s", device,
		  master);
	report_hint("two masters destroy each other's files; use --yes or --force when that host "
		    "is gone for good");
	return EXIT_REFUSED;
}

/* Takes over only the file system and the master that were shown to the user. */
static int take_over(const char *device, const struct famfs_info *info)
{
	struct famfs_takeover_params params = { .dry_run = common.dry_run };
	struct famfs_error err = { 0 };
	uint8_t previous[16] = { 0 };
	char text[UUID_STR_LEN];

	memcpy(params.uuid, info->uuid, sizeof(params.uuid));
	memcpy(params.master_uuid, info->master_uuid, sizeof(params.master_uuid));
	if (famfs_takeover(device, &params, previous, &err) < 0)
		return report_failure(&err);
	uuid_unparse_lower(previous, text);
	if (!common.quiet)
		printf("this host %s the master%s; the master was %s\n",
		       common.dry_run ? "would be" : "is", common.dry_run ? "" : " now", text);
	return EXIT_DONE;
}

static bool is_damaged(const char *device)
{
	struct famfs_identification identification;

	return famfs_identify(device, &identification, NULL) == -EUCLEAN;
}

static int ask_to_complete(const char *device)
{
	if (report_confirm("the superblock of '%s' is damaged, as by an interrupted takeover; "
			   "complete it?",
			   device))
		return EXIT_DONE;
	report_as(REPORT_REFUSED, 0,
		  "the superblock of '%s' is damaged, as by an interrupted takeover", device);
	report_hint("use --yes or --force to complete a takeover by this host");
	return EXIT_REFUSED;
}

/* A takeover by this host that was interrupted left a superblock that cannot be opened. If it can
 * be opened now, another host may have completed its own takeover, so do nothing. */
static int complete(const char *device)
{
	const struct famfs_takeover_params params = { .dry_run = common.dry_run, .complete = true };
	struct famfs_error err = { 0 };
	int ret = opt.force ? EXIT_DONE : ask_to_complete(device);

	if (ret != EXIT_DONE)
		return ret;
	if (famfs_takeover(device, &params, NULL, &err) < 0)
		return report_failure(&err);
	if (!common.quiet)
		puts("this host is the master now: its interrupted takeover is complete");
	return EXIT_DONE;
}

static int run(int argc, const char *const *argv)
{
	cleanup_session struct session session = SESSION_READ;
	struct famfs_info info;
	int ret = session_resolve(&session, argv[0]);

	(void)argc;
	if (ret != EXIT_DONE)
		return ret;
	if (!session.target->path && is_damaged(session.target->device))
		return complete(session.target->device);
	ret = session_use(&session, argv[0]);
	if (ret != EXIT_DONE)
		return ret;
	if (session.target->path && !session.target->mountpoint)
		return report_usage("'%s' names a file, not a device", argv[0]);

	famfs_info(session.volume, &info);
	if (info.role == FAMFS_ROLE_MASTER) {
		if (!common.quiet)
			printf("this host is the master already\n");
		return EXIT_DONE;
	}
	if (!opt.force)
		ret = ask(argv[0], &info);
	return ret == EXIT_DONE ? take_over(session.target->device, &info) : ret;
}

const struct command cmd_takeover = {
	.name = "takeover",
	.synopsis = "[OPTION...] DEVICE",
	.summary = "Make this host the master if the old master is gone for good",
	.example = "takeover --yes fam.img",
	.flags = COMMAND_DRY_RUN | COMMAND_YES,
	.options = options,
	.min_args = 1,
	.arg_kinds = { VALUE_DEVICE },
	.max_args = 1,
	.run = run,
};
