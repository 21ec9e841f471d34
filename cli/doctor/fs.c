/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/doctor.h"

#include "core/cleanup.h"
#include "core/remedy.h"
#include "famfs.h"
#include "output/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define TIMEOUT_MS 5000 /* long enough for a server on a busy machine */
#define MAX_MOUNTS 64   /* whose findings are printed */
#define NEARLY     10   /* warn when less than a tenth of the log is left */

/* The largest number of mappings that famfs_map() makes of a file. */
static uint64_t mappings(const struct famfs_fmap *map)
{
	if (map->type == FAMFS_FMAP_SIMPLE || !map->chunk_size)
		return map->nextents;
	return map->size / map->chunk_size + 1;
}

struct widest {
	struct famfs_volume *volume;
	uint64_t most;
};

static int measure(void *arg, const char *path, const struct famfs_stat *st)
{
	struct widest *widest = arg;
	struct famfs_fmap map;
	struct famfs_error err;

	if (S_ISREG(st->mode) && famfs_fmap(widest->volume, path, &map, &err) == 0 &&
	    mappings(&map) > widest->most)
		widest->most = mappings(&map);
	return 0;
}

static void check_mappings(struct doctor *doctor, const char *name,
			   const struct famfs_target *target)
{
	const struct famfs_volume_params params = { .write = false };
	uint64_t limit = famfs_mapping_limit();
	struct widest widest = { 0 };
	struct famfs_error err;
	char repair[64];

	if (famfs_open(target, &params, &widest.volume, &err) < 0)
		return;
	(void)famfs_walk(widest.volume, "", true, measure, &widest, &err);
	famfs_close(widest.volume);
	if (!limit || widest.most + 1000 < limit)
		return;
	snprintf(repair, sizeof(repair), "sysctl -w vm.max_map_count=%" PRIu64,
		 widest.most + 65530);
	doctor_say(doctor, SEVERITY_WARNING, "limits.mappings", name, repair,
		   "a file in it takes %" PRIu64 " mappings, and a process may have %" PRIu64,
		   widest.most, limit);
}

static void check_space(struct doctor *doctor, const char *name,
			const struct famfs_fsck_result *result)
{
	uint64_t left = result->log_capacity - result->log_entries;

	if (left == 0)
		doctor_say(doctor, SEVERITY_WARNING, "log.full", name, NULL,
			   "all %" PRIu64
			   " log entries are in use: to add files, format it again with a larger "
			   "--loglen",
			   result->log_capacity);
	else if (left < result->log_capacity / NEARLY)
		doctor_say(doctor, SEVERITY_WARNING, "log.nearly-full", name, NULL,
			   "%" PRIu64 " of %" PRIu64 " log entries are left", left,
			   result->log_capacity);
}

struct problems {
	uint64_t repairable;
	char first[160];
};

static void on_problem(void *arg, const struct famfs_problem *problem)
{
	struct problems *problems = arg;

	if (problem->repair)
		problems->repairable++;
	if (problems->first[0])
		return;
	if (problem->entry == FAMFS_NO_ENTRY)
		snprintf(problems->first, sizeof(problems->first), "%s", problem->message);
	else
		snprintf(problems->first, sizeof(problems->first), "entry %" PRIu64 ": %s",
			 problem->entry, problem->message);
}

static void say_damaged(struct doctor *doctor, const char *name, const struct famfs_target *target,
			const struct famfs_fsck_result *result, const struct problems *problems)
{
	cleanup_free char *repair = NULL;

	if (!problems->repairable)
		repair = famfs_shell_format("famfsctl fsck %s", target->device);
	else if (!target->mountpoint)
		repair = famfs_shell_format("famfsctl fsck --repair %s", target->device);
	else
		repair = famfs_shell_format("famfsctl umount %s && famfsctl fsck --repair %s",
					    target->mountpoint, target->device);
	doctor_say(doctor, SEVERITY_PROBLEM, "log.damaged", name, repair,
		   "%" PRIu64 " %s, the first: %s", result->problems,
		   result->problems == 1 ? "problem" : "problems", problems->first);
}

/* The repair that makes the rest of a DAX device usable after a memory error; NULL if none does. */
static char *remount(const struct famfs_target *target, int code)
{
	struct stat st;

	if ((code != -EIO && code != -EHWPOISON) || !target->mountpoint ||
	    stat(target->device, &st) < 0 || !S_ISCHR(st.st_mode))
		return NULL;
	return famfs_shell_format("famfsctl umount %s && famfsctl mount %s %s", target->mountpoint,
				  target->device, target->mountpoint);
}

static void say_unreadable(struct doctor *doctor, const char *name,
			   const struct famfs_target *target, const struct famfs_error *err)
{
	cleanup_free char *format = famfs_shell_format("famfsctl mkfs %s", target->device);
	cleanup_free char *remedy = remedy_hint(err);
	cleanup_free char *again = remount(target, err->code);

	if (err->code == -EMEDIUMTYPE)
		doctor_say(doctor, SEVERITY_PROBLEM, "target.no-famfs", name, format, "%s",
			   err->message);
	else if (err->code == -EACCES || err->code == -EPERM)
		doctor_say(doctor, SEVERITY_WARNING, "target.permission", name, NULL, "%s",
			   err->message);
	else
		doctor_say(doctor, SEVERITY_PROBLEM, "target.unreadable", name, again, "%s%s%s",
			   err->message, remedy ? "; " : "", remedy ? remedy : "");
}

static void check_log(struct doctor *doctor, const char *name, const struct famfs_target *target)
{
	struct problems problems = { 0 };
	const struct famfs_fsck_params params = { .report = on_problem, .arg = &problems };
	struct famfs_fsck_result result;
	struct famfs_error err = { 0 };
	char size[TEXT_SIZE_LENGTH];

	if (famfs_fsck(target, &params, &result, &err) < 0) {
		say_unreadable(doctor, name, target, &err);
		return;
	}
	if (result.problems)
		say_damaged(doctor, name, target, &result, &problems);
	else
		doctor_say(doctor, SEVERITY_OK, "log", name, NULL,
			   "sound: %" PRIu64 " %s, %" PRIu64 " of %" PRIu64
			   " log entries left, %s free",
			   result.files, result.files == 1 ? "file" : "files",
			   result.log_capacity - result.log_entries, result.log_capacity,
			   text_size(size, result.free_bytes));
	if (result.log_capacity) {
		check_space(doctor, name, &result);
		check_mappings(doctor, name, target);
	}
}

/* Whether the mount can be read. */
static bool check_server(struct doctor *doctor, const char *mountpoint)
{
	struct famfs_mount_health health;
	struct famfs_error err = { 0 };
	cleanup_free char *unmount = famfs_shell_format("famfsctl umount %s", mountpoint);
	char repair[64];

	if (famfs_mount_probe(mountpoint, TIMEOUT_MS, &health, &err) < 0) {
		doctor_say(doctor, SEVERITY_WARNING, "mount.unknown", mountpoint, NULL, "%s",
			   err.message);
		return false;
	}
	switch (health.state) {
	case FAMFS_MOUNT_ANSWERS:
		doctor_say(doctor, SEVERITY_OK, "mount", mountpoint, NULL, "its server answers");
		return true;
	case FAMFS_MOUNT_DENIED:
		doctor_say(doctor, SEVERITY_OK, "mount", mountpoint, NULL,
			   "belongs to another user, and cannot be checked");
		return false;
	case FAMFS_MOUNT_DEAD:
		doctor_say(doctor, SEVERITY_PROBLEM, "mount.dead", mountpoint, unmount,
			   "its server is gone");
		return false;
	case FAMFS_MOUNT_STALE:
		doctor_say(doctor, SEVERITY_PROBLEM, "mount.stale", mountpoint, unmount,
			   "another file system was made on its device; unmount it, and mount it "
			   "again");
		return false;
	case FAMFS_MOUNT_HANGS: break;
	}
	snprintf(repair, sizeof(repair), "echo 1 >/sys/fs/fuse/connections/%" PRIu32 "/abort",
		 health.connection);
	doctor_say(doctor, SEVERITY_PROBLEM, "mount.hangs", mountpoint, repair,
		   "its server did not answer in %d seconds%s", TIMEOUT_MS / 1000,
		   health.counted && health.waiting ? ", and requests wait" : "");
	return false;
}

struct mounts {
	struct doctor *doctor;
	unsigned count;
};

static int check_mount(void *arg, const struct famfs_mount_info *mount)
{
	struct mounts *mounts = arg;
	struct doctor *doctor = mounts->doctor;
	cleanup_free char *device = strdup(mount->device);
	cleanup_free char *mountpoint = strdup(mount->mountpoint);
	struct famfs_target target = { .device = device, .mountpoint = mountpoint };

	if (!device || !mountpoint)
		return -ENOMEM;
	if (++mounts->count > MAX_MOUNTS)
		return 0;
	/* Do not touch a mount that does not answer. */
	if (!check_server(doctor, mountpoint))
		target.mountpoint = NULL;
	check_log(doctor, device, &target);
	return 0;
}

void doctor_check_mounts(struct doctor *doctor)
{
	struct mounts mounts = { .doctor = doctor };
	struct famfs_error err = { 0 };
	int others = 0, ret = famfs_mounts(check_mount, &mounts, &err);

	if (ret >= 0)
		others = famfs_mounts_of_others(&err);
	if (ret < 0 || others < 0)
		doctor_say(doctor, SEVERITY_WARNING, "mount.unknown", NULL, NULL, "%s",
			   err.message);
	if (mounts.count > MAX_MOUNTS)
		doctor_say(doctor, SEVERITY_WARNING, "mount.more", NULL, NULL,
			   "and %u more mounts, which were not checked", mounts.count - MAX_MOUNTS);
	if (others > 0)
		doctor_say(doctor, SEVERITY_OK, "mount.others", NULL, NULL,
			   "%d mount%s of other users: not checked, since a user's mount can claim "
			   "any device",
			   others, others == 1 ? "" : "s");
}

void doctor_check_target(struct doctor *doctor, const char *arg)
{
	cleanup_target struct famfs_target *target = NULL;
	struct famfs_error err = { 0 };
	struct famfs_mount_health health;

	if (famfs_target_resolve(arg, &target, &err) < 0) {
		doctor_say(doctor, SEVERITY_PROBLEM, "target.unreadable", arg, NULL, "%s",
			   err.message);
		return;
	}
	/* The mounts have been checked, and one that hangs must not be touched again. */
	if (target->mountpoint &&
	    (famfs_mount_probe(target->mountpoint, TIMEOUT_MS, &health, &err) < 0 ||
	     health.state != FAMFS_MOUNT_ANSWERS)) {
		free(target->mountpoint);
		target->mountpoint = NULL;
	}
	check_log(doctor, arg, target);
}
