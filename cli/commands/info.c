/* SPDX-License-Identifier: Apache-2.0 */
#include "core/commands.h"
#include "core/common.h"
#include "core/report.h"
#include "core/session.h"
#include "famfs_inspect.h"
#include "output/output.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct {
	int kernel;
} opt;

static const struct poptOption options[] = {
	{ "kernel", 0, POPT_ARG_NONE, &opt.kernel, 0,
	  "show what the running kernel has of famfs support", NULL },
	POPT_TABLEEND,
};

static void print_identity(struct output *out, const char *device, const struct famfs_info *info)
{
	const struct field fields[] = {
		{ .key = "device", .label = "device", .kind = FIELD_PATH, .text = device },
		{ .key = "recorded_device",
		  .label = "made as",
		  .kind = FIELD_PATH,
		  .text = info->recorded_name },
		{ .key = "uuid", .label = "uuid", .kind = FIELD_UUID, .uuid = info->uuid },
		{ .key = "device_uuid",
		  .label = "device uuid",
		  .kind = FIELD_UUID,
		  .uuid = info->device_uuid },
		{ .key = "master_uuid",
		  .label = "master",
		  .kind = FIELD_UUID,
		  .uuid = info->master_uuid },
		{ .key = "system_uuid",
		  .label = "this host",
		  .kind = info->identity == FAMFS_SYSTEM_UUID_NONE ? FIELD_NULL : FIELD_UUID,
		  .uuid = info->system_uuid },
		{ .key = "identity_source",
		  .label = "identity from",
		  .kind = FIELD_TEXT,
		  .text = famfs_system_uuid_source_name(info->identity) },
		{ .key = "role",
		  .label = "role",
		  .kind = FIELD_TEXT,
		  .text = info->role == FAMFS_ROLE_MASTER ? "master" : "client" },
		{ .key = "superblock_version", .kind = FIELD_NUMBER, .number = info->version },
		{ .key = "omf_major", .kind = FIELD_NUMBER, .number = info->omf_major },
		{ .key = "omf_minor", .kind = FIELD_NUMBER, .number = info->omf_minor },
	};

	output_fields(out, fields, COUNT_OF(fields));
	output_note(out, "%-17s %" PRIu32 ".%" PRIu32 ", superblock %" PRIu64, "format",
		    info->omf_major, info->omf_minor, info->version);
}

static void print_counts(struct output *out, const struct famfs_info *info)
{
	const struct field fields[] = {
		{ .key = "files", .label = "files", .kind = FIELD_NUMBER, .number = info->files },
		{ .key = "directories",
		  .label = "directories",
		  .kind = FIELD_NUMBER,
		  .number = info->directories },
		{ .key = "file_bytes",
		  .label = "bytes in files",
		  .kind = FIELD_SIZE,
		  .number = info->file_bytes },
		{ .key = "log_length", .kind = FIELD_NUMBER, .number = info->log_length },
		{ .key = "log_entries", .kind = FIELD_NUMBER, .number = info->log_entries },
		{ .key = "log_capacity", .kind = FIELD_NUMBER, .number = info->log_capacity },
		{ .key = "bad_entries", .kind = FIELD_NUMBER, .number = info->bad_entries },
	};

	output_fields(out, fields, COUNT_OF(fields));
	output_note(out, "%-17s %" PRIu64 " of %" PRIu64 " used", "log entries", info->log_entries,
		    info->log_capacity);
	if (info->bad_entries)
		output_note(out, "%-17s %" PRIu64 ", see famfsctl fsck", "damaged entries",
			    info->bad_entries);
}

static void print_space(struct output *out, const struct famfs_info *info)
{
	const struct field fields[] = {
		{ .key = "alloc_unit",
		  .label = "allocation unit",
		  .kind = FIELD_SIZE,
		  .number = info->alloc_unit },
		{ .key = "device_size",
		  .label = info->device_size ? "device size" : NULL,
		  .kind = FIELD_SIZE,
		  .number = info->device_size },
		{ .key = "recorded_size",
		  .label = "recorded size",
		  .kind = FIELD_SIZE,
		  .number = info->recorded_size },
		{ .key = "usable_size", .kind = FIELD_NUMBER, .number = info->usable_size },
		{ .key = "data_length",
		  .label = "space for data",
		  .kind = FIELD_SIZE,
		  .number = info->data_length },
		{ .key = "allocated_bytes",
		  .label = "used",
		  .kind = FIELD_SIZE,
		  .number = info->allocated_bytes },
		{ .key = "free_bytes",
		  .label = "free",
		  .kind = FIELD_SIZE,
		  .number = info->free_bytes },
		{ .key = "largest_free",
		  .label = "largest free run",
		  .kind = FIELD_SIZE,
		  .number = info->largest_free },
	};

	output_fields(out, fields, COUNT_OF(fields));
}

/* The mounts to show: those of one target, or all of them when it is NULL. */
struct mounts {
	struct output *out;
	const struct famfs_target *target;
	bool any;
};

/* How one mount runs; a list of all of them asks no server, since one that hangs would end it. */
static void print_io(struct output *out, const char *mountpoint)
{
	struct famfs_mount_io io = { .profile = "unknown" };
	struct famfs_error err = { 0 };
	bool asked = famfs_mount_io(mountpoint, &io, &err) == 0;
	bool server = strcmp(io.profile, "off") == 0;
	char text[320];
	const struct field fields[] = {
		{ .key = "io",
		  .kind = FIELD_TEXT,
		  .text = !asked   ? "unknown"
			  : server ? "server"
				   : "kernel" },
		{ .key = "fmap", .kind = FIELD_TEXT, .text = io.profile },
		{ .key = "io_reason", .kind = FIELD_TEXT, .text = asked ? io.reason : err.message },
		{ .label = "I/O", .kind = FIELD_TEXT, .text = text },
	};

	if (!asked)
		snprintf(text, sizeof(text), "unknown (%.200s)", err.message);
	else if (server)
		snprintf(text, sizeof(text), "by the server (%s)", io.reason);
	else
		snprintf(text, sizeof(text), "by the kernel, profile %s (%s)", io.profile,
			 io.reason);
	output_fields(out, fields, COUNT_OF(fields));
}

static void print_mount(struct output *out, const struct famfs_mount_info *mount, bool with_device)
{
	const struct field fields[] = {
		{ .key = "mountpoint",
		  .label = "mounted at",
		  .kind = FIELD_PATH,
		  .text = mount->mountpoint },
		{ .key = "device",
		  .label = with_device ? "device" : NULL,
		  .kind = FIELD_PATH,
		  .text = mount->device },
		{ .key = "read_only", .kind = FIELD_BOOL, .flag = mount->read_only },
		{ .key = "options",
		  .label = "mount options",
		  .kind = FIELD_PATH,
		  .text = mount->options },
		{ .label = "access",
		  .kind = FIELD_TEXT,
		  .text = mount->read_only ? "read only" : "read and write" },
	};

	output_item_begin(out);
	output_fields(out, fields, COUNT_OF(fields));
	if (!with_device)
		print_io(out, mount->mountpoint);
	output_item_end(out);
}

static int visit_mount(void *arg, const struct famfs_mount_info *mount)
{
	struct mounts *mounts = arg;

	if (mounts->target && !same_device(mounts->target->device, mount->device))
		return 0;
	if (!mounts->target && mounts->any)
		output_note(mounts->out, "%s", "");
	print_mount(mounts->out, mount, !mounts->target);
	mounts->any = true;
	return 0;
}

static void note_others(struct output *out)
{
	int others = famfs_mounts_of_others(NULL);

	if (others > 0)
		output_note(out, "%d %s not shown", others,
			    others == 1 ? "mount of another user is" : "mounts of other users are");
}

static int print_mounts(struct output *out, const struct famfs_target *target)
{
	struct mounts mounts = { .out = out, .target = target };
	struct famfs_error err = { 0 };
	int ret;

	output_array_begin(out, "mounts");
	ret = famfs_mounts(visit_mount, &mounts, &err);
	output_array_end(out);
	if (ret < 0)
		return report_failure(&err);
	if (!target)
		note_others(out);
	if (!target && !mounts.any)
		output_note(out, "no famfs is mounted");
	return EXIT_DONE;
}

static const char *support_name(enum famfs_kernel_support support)
{
	switch (support) {
	case FAMFS_KERNEL_NONE: return "none";
	case FAMFS_KERNEL_OTHER: return "other";
	case FAMFS_KERNEL_FAMFS: return "famfs";
	case FAMFS_KERNEL_UNKNOWN: break;
	}
	return "unknown";
}

static void print_fact(struct output *out, const struct famfs_kernel_fact *fact, bool first)
{
	const struct field fields[] = {
		{ .key = "source",
		  .label = "source",
		  .width = -15,
		  .kind = FIELD_TEXT,
		  .text = fact->source },
		{ .key = "name",
		  .label = "evidence",
		  .width = -26,
		  .kind = FIELD_TEXT,
		  .text = fact->name },
		{ .key = "found",
		  .kind = fact->known ? FIELD_BOOL : FIELD_NULL,
		  .flag = fact->found },
		{ .label = "found",
		  .kind = FIELD_TEXT,
		  .text = !fact->known  ? "cannot be read"
			  : fact->found ? "yes"
					: "no" },
		{ .key = "number",
		  .kind = fact->number ? FIELD_NUMBER : FIELD_NULL,
		  .number = fact->number },
		{ .label = fact->number ? "" : NULL,
		  .width = 4,
		  .kind = FIELD_NUMBER,
		  .number = fact->number },
	};

	if (first)
		output_heading(out, fields, COUNT_OF(fields));
	output_row(out, fields, COUNT_OF(fields));
}

static void print_verdict(struct output *out, const struct famfs_kernel_info *info)
{
	const char *generation = info->generation;
	const struct field fields[] = {
		{ .key = "support", .kind = FIELD_TEXT, .text = support_name(info->support) },
		{ .key = "generation",
		  .label = generation ? "generation" : NULL,
		  .kind = generation ? FIELD_TEXT : FIELD_NULL,
		  .text = generation },
		{ .key = "verdict", .label = "verdict", .kind = FIELD_TEXT, .text = info->verdict },
	};

	output_fields(out, fields, COUNT_OF(fields));
}

static int print_kernel(void)
{
	struct famfs_kernel_info info;
	struct famfs_error err = { 0 };
	struct output out;

	if (famfs_kernel_info(&info, &err) < 0)
		return report_failure(&err);
	output_begin(&out, common.json, "famfsctl.kernel/1");
	output_fields(&out,
		      &(struct field){ .key = "release",
				       .label = "kernel",
				       .kind = FIELD_TEXT,
				       .text = info.release },
		      1);
	output_array_begin(&out, "evidence");
	for (uint32_t i = 0; i < info.nfacts; i++)
		print_fact(&out, &info.facts[i], i == 0);
	output_array_end(&out);
	print_verdict(&out, &info);
	output_end(&out);
	return EXIT_DONE;
}

static int run(int argc, const char *const *argv)
{
	cleanup_session struct session session = SESSION_READ;
	struct famfs_info info;
	struct output out;
	int ret;

	if (opt.kernel && argc > 0)
		return report_usage("--kernel takes no argument, got '%s'", argv[0]);
	if (opt.kernel)
		return print_kernel();
	if (argc == 0) {
		output_begin(&out, common.json, "famfsctl.mounts/1");
		ret = print_mounts(&out, NULL);
		output_end(&out);
		return ret;
	}

	ret = session_use(&session, argv[0]);
	if (ret != EXIT_DONE)
		return ret;
	famfs_info(session.volume, &info);
	output_begin(&out, common.json, "famfsctl.info/1");
	print_identity(&out, session.target->device, &info);
	print_counts(&out, &info);
	print_space(&out, &info);
	ret = print_mounts(&out, session.target);
	output_end(&out);
	return ret;
}

const struct command cmd_info = {
	.name = "info",
	.synopsis = "[OPTION...] [DEVICE|PATH]",
	.summary = "Show the facts of a famfs, or without an argument what is mounted",
	.example = "info /mnt/famfs",
	.flags = COMMAND_JSON,
	.options = options,
	.max_args = 1,
	.arg_kinds = { VALUE_VOLUME },
	.run = run,
};
