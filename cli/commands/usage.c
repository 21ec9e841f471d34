/* SPDX-License-Identifier: Apache-2.0 */
#include "core/commands.h"
#include "core/common.h"
#include "core/report.h"
#include "core/session.h"
#include "famfs.h"
#include "output/output.h"

#include <sys/stat.h>

struct usage {
	struct famfs_volume *volume;
	uint64_t in_files; /* device bytes in the extents of files */
	uint64_t rounding; /* bytes from the ends of files to the next allocation unit */
	struct famfs_error err;
};

static int add_file(void *arg, const char *path, const struct famfs_stat *st)
{
	struct usage *usage = arg;
	struct famfs_fmap map;
	int ret;

	if (!S_ISREG(st->mode))
		return 0;
	ret = famfs_fmap(usage->volume, path, &map, &usage->err);
	for (uint32_t i = 0; ret == 0 && i < map.nextents; i++)
		usage->in_files += map.extents[i].length;
	if (ret == 0 && map.size % FAMFS_ALLOC_UNIT)
		usage->rounding += FAMFS_ALLOC_UNIT - map.size % FAMFS_ALLOC_UNIT;
	return ret;
}

/* Space that is neither used nor free: that of retired entries, and of some damaged ones.
 */
static uint64_t lost(const struct usage *usage, const struct famfs_info *info)
{
	return info->allocated_bytes > usage->in_files ? info->allocated_bytes - usage->in_files
						       : 0;
}

/* Bytes that the maps count more than once, because files share them. */
static uint64_t shared(const struct usage *usage, const struct famfs_info *info)
{
	return usage->in_files > info->allocated_bytes ? usage->in_files - info->allocated_bytes
						       : 0;
}

static void print_device(struct output *out, const struct famfs_info *info)
{
	bool more = info->device_size > info->usable_size;
	const struct field fields[] = {
		field_when(info->device_size,
			   field_size("device_size", more ? "device" : NULL, info->device_size)),
		field_size("usable_size", more ? "of it recorded" : "device", info->usable_size),
		field_size("reserved_bytes", "superblock, log",
			   info->usable_size - info->data_length),
		field_size("allocated_bytes", "allocated", info->allocated_bytes),
	};

	output_fields(out, fields, COUNT_OF(fields));
}

static void print_files(struct output *out, const struct usage *usage,
			const struct famfs_info *info)
{
	uint64_t slack =
		usage->in_files > info->file_bytes ? usage->in_files - info->file_bytes : 0;
	uint64_t stripes = slack > usage->rounding ? slack - usage->rounding : 0;
	const struct field fields[] = {
		field_size("file_bytes", "in files", info->file_bytes),
		field_size("slack_bytes", "behind file ends", slack),
		field_size("stripe_slack_bytes", stripes ? "of it in stripes" : NULL, stripes),
		field_size("shared_bytes", shared(usage, info) ? "claimed twice" : NULL,
			   shared(usage, info)),
		field_size("lost_bytes", "lost to damage", lost(usage, info)),
	};

	output_fields(out, fields, COUNT_OF(fields));
}

static void print_left(struct output *out, const struct famfs_info *info)
{
	const struct field fields[] = {
		field_size("free_bytes", "free", info->free_bytes),
		field_size("largest_free", "largest free run", info->largest_free),
		field_number("log_entries", "log entries used", info->log_entries),
		field_number("log_entries_left", "log entries left",
			     info->log_capacity - info->log_entries),
	};

	output_fields(out, fields, COUNT_OF(fields));
}

static void print(const struct usage *usage, const struct famfs_info *info)
{
	struct output out;

	output_begin(&out, common.json, "famfsctl.usage/1");
	print_device(&out, info);
	print_files(&out, usage, info);
	print_left(&out, info);
	output_end(&out);
}

static int run(int argc, const char *const *argv)
{
	cleanup_session struct session session = SESSION_READ;
	struct usage usage = { 0 };
	struct famfs_info info;
	int ret = session_use(&session, argv[0]);

	(void)argc;
	if (ret != EXIT_DONE)
		return ret;
	usage.volume = session.volume;
	if (famfs_walk(session.volume, "", true, add_file, &usage, &usage.err) < 0)
		return report_failure(&usage.err);
	famfs_info(session.volume, &info);
	print(&usage, &info);
	return EXIT_DONE;
}

const struct command cmd_usage = {
	.name = "usage",
	.synopsis = "[OPTION...] DEVICE|PATH",
	.summary = "Show how the space of a famfs is used",
	.example = "usage fam.img",
	.flags = COMMAND_JSON,
	.min_args = 1,
	.arg_kinds = { VALUE_VOLUME },
	.max_args = 1,
	.run = run,
};
