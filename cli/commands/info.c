/* SPDX-License-Identifier: Apache-2.0 */
#include "core/commands.h"
#include "core/common.h"
#include "core/device.h"
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
	  "show the famfs support of the running kernel", NULL },
	POPT_TABLEEND,
};

static void print_identity(struct output *out, const char *device, const struct famfs_info *info)
{
	const struct field fields[] = {
		field_path("device", "device", device),
		field_path("recorded_device", "made as", info->recorded_name),
		field_uuid("uuid", "uuid", info->uuid),
		field_uuid("device_uuid", "device uuid", info->device_uuid),
		field_uuid("master_uuid", "master", info->master_uuid),
		field_when(info->system_uuid_source != FAMFS_SYSTEM_UUID_NONE,
			   field_uuid("system_uuid", "this host", info->system_uuid)),
		field_text("identity_source", "identity from",
			   famfs_system_uuid_source_name(info->system_uuid_source)),
		field_text("role", "role", info->role == FAMFS_ROLE_MASTER ? "master" : "client"),
		field_number("superblock_version", NULL, info->version),
		field_number("omf_major", NULL, info->omf_major),
		field_number("omf_minor", NULL, info->omf_minor),
	};

	output_fields(out, fields, COUNT_OF(fields));
	output_note(out, "%-17s %" PRIu32 ".%" PRIu32 ", superblock %" PRIu64, "format",
		    info->omf_major, info->omf_minor, info->version);
}

static void print_counts(struct output *out, const struct famfs_info *info)
{
	const struct field fields[] = {
		field_number("files", "files", info->files),
		field_number("directories", "directories", info->directories),
		field_size("file_bytes", "bytes in files", info->file_bytes),
		field_number("log_length", NULL, info->log_length),
		field_number("log_entries", NULL, info->log_entries),
		field_number("log_capacity", NULL, info->log_capacity),
		field_number("bad_entries", NULL, info->bad_entries),
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
		field_size("alloc_unit", "allocation unit", info->alloc_unit),
		field_size("device_size", info->device_size ? "device size" : NULL,
			   info->device_size),
		field_size("recorded_size", "recorded size", info->recorded_size),
		field_number("usable_size", NULL, info->usable_size),
		field_size("data_length", "space for data", info->data_length),
		field_size("allocated_bytes", "used", info->allocated_bytes),
		field_size("free_bytes", "free", info->free_bytes),
		field_size("largest_free", "largest free run", info->largest_free),
	};

	output_fields(out, fields, COUNT_OF(fields));
}

/* The mounts to show: those of one target, or all of them when it is NULL. */
struct mounts {
	struct output *out;
	const struct famfs_target *target;
	bool any;
};

/* Prints how one mount runs. A list of all mounts asks no server, since one that hangs would stop
 * the list. */
static void print_io(struct output *out, const char *mountpoint)
{
	struct famfs_mount_io io = { .profile = FAMFS_PROFILE_UNKNOWN };
	struct famfs_error err = { 0 };
	bool asked = famfs_mount_io(mountpoint, &io, &err) == 0;
	bool server = io.profile == FAMFS_PROFILE_OFF;
	const char *profile = famfs_fmap_profile_name(io.profile);
	char text[320];
	const struct field fields[] = {
		field_text("io", NULL,
			   !asked   ? "unknown"
			   : server ? "server"
				    : "kernel"),
		field_text("fmap", NULL, profile),
		field_text("io_reason", NULL, asked ? io.reason : err.message),
		field_text(NULL, "I/O", text),
	};

	if (!asked)
		snprintf(text, sizeof(text), "unknown (%.200s)", err.message);
	else if (server)
		snprintf(text, sizeof(text), "by the server (%s)", io.reason);
	else
		snprintf(text, sizeof(text), "by the kernel, profile %s (%s)", profile, io.reason);
	output_fields(out, fields, COUNT_OF(fields));
}

static void print_mount(struct output *out, const struct famfs_mount_info *mount, bool with_device)
{
	const struct field fields[] = {
		field_path("mountpoint", "mounted at", mount->mountpoint),
		field_path("device", with_device ? "device" : NULL, mount->device),
		field_bool("read_only", NULL, mount->read_only),
		field_path("options", "mount options", mount->options),
		field_text(NULL, "access", mount->read_only ? "read only" : "read and write"),
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
		column(-15, field_text("source", "source", fact->source)),
		column(-26, field_text("name", "evidence", fact->name)),
		field_when(fact->known, field_bool("found", NULL, fact->found)),
		field_text(NULL, "found",
			   !fact->known  ? "cannot be read"
			   : fact->found ? "yes"
					 : "no"),
		field_when(fact->number, field_number("number", NULL, fact->number)),
		column(4, field_number(NULL, fact->number ? "" : NULL, fact->number)),
	};

	if (first)
		output_heading(out, fields, COUNT_OF(fields));
	output_row(out, fields, COUNT_OF(fields));
}

static void print_verdict(struct output *out, const struct famfs_kernel_info *info)
{
	const char *generation = info->generation;
	const struct field fields[] = {
		field_text("support", NULL, support_name(info->support)),
		field_text("generation", generation ? "generation" : NULL, generation),
		field_text("verdict", "verdict", info->verdict),
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
	output_field(&out, field_text("release", "kernel", info.release));
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
	.summary = "Show the facts of a famfs; without an argument, list the mounts",
	.example = "info /mnt/famfs",
	.flags = COMMAND_JSON,
	.options = options,
	.max_args = 1,
	.arg_kinds = { VALUE_VOLUME },
	.run = run,
};
