/* SPDX-License-Identifier: Apache-2.0 */
#include "core/inspect.h"

#include "core/cleanup.h"
#include "core/report.h"

#include <inttypes.h>
#include <string.h>

int inspect_open(const char *arg, struct famfs_inspect **out)
{
	cleanup_target struct famfs_target *target = NULL;
	struct famfs_error err = { 0 };

	if (famfs_target_resolve(arg, &target, &err) < 0)
		return report_failure(&err);
	if (target->path && !target->mountpoint)
		return report_usage("'%s' names a file, not a device or a mount", arg);
	if (famfs_inspect_open(target, out, &err) < 0)
		return report_failure(&err);
	return EXIT_DONE;
}

void inspect_members(struct output *out, const struct famfs_inspect *inspect)
{
	struct famfs_inspect_info info;

	famfs_inspect_info(inspect, &info);
	const struct field fields[] = {
		{ .key = "device_size",
		  .kind = info.size ? FIELD_NUMBER : FIELD_NULL,
		  .number = info.size },
		{ .key = "usable_size", .kind = FIELD_NUMBER, .number = info.usable_size },
		{ .key = "super_ok", .kind = FIELD_BOOL, .flag = info.super_ok },
		{ .key = "header_ok", .kind = FIELD_BOOL, .flag = info.header_ok },
		{ .key = "log_length", .kind = FIELD_NUMBER, .number = info.log_length },
		{ .key = "log_length_source", .kind = FIELD_TEXT, .text = info.log_length_source },
		{ .key = "log_capacity", .kind = FIELD_NUMBER, .number = info.log_capacity },
		{ .key = "published", .kind = FIELD_NUMBER, .number = info.published },
		{ .key = "published_counted", .kind = FIELD_BOOL, .flag = info.counted },
	};

	output_fields(out, fields, COUNT_OF(fields));
}

void inspect_warn(const char *name, const struct famfs_inspect_info *info)
{
	bool least = strcmp(info->log_length_source, "minimum") == 0;

	if (!info->super_ok)
		report_warning("the superblock of '%s' is damaged; the log's length is %s%s", name,
			       least ? "taken to be the least that there is" : "taken from the ",
			       least ? "" : info->log_length_source);
	if (info->counted)
		report_warning("the log header of '%s' does not say how many entries there are; "
			       "%" PRIu64 " whole ones were counted",
			       name, info->published);
}
