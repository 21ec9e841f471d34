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
		field_when(info.size, field_number("device_size", NULL, info.size)),
		field_number("usable_size", NULL, info.usable_size),
		field_bool("super_ok", NULL, info.super_ok),
		field_bool("header_ok", NULL, info.header_ok),
		field_number("log_length", NULL, info.log_length),
		field_text("log_length_source", NULL,
			   famfs_log_length_source_name(info.log_length_source)),
		field_number("log_capacity", NULL, info.log_capacity),
		field_number("published", NULL, info.published),
		field_bool("published_counted", NULL, info.counted),
	};

	output_fields(out, fields, COUNT_OF(fields));
}

void inspect_warn(const char *name, const struct famfs_inspect_info *info)
{
	bool least = info->log_length_source == FAMFS_LOG_LENGTH_MINIMUM;

	if (!info->super_ok)
		report_warning("the superblock of '%s' is damaged; the log's length is %s%s", name,
			       least ? "assumed to be the minimum" : "taken from the ",
			       least ? "" : famfs_log_length_source_name(info->log_length_source));
	if (info->counted)
		report_warning("the log header of '%s' has no valid number of entries; "
			       "%" PRIu64 " whole entries were counted",
			       name, info->published);
}
