/* SPDX-License-Identifier: Apache-2.0 */
/* famfs_fsck(): opens the volume, checks it, repairs it on request, and reports. */
#include "fs/fsck.h"

#include "base/error.h"
#include "device/usage.h"
#include "fs/append.h"
#include "fs/open.h"

#include <errno.h>
#include <string.h>

static void fill_result(const struct fsck *fsck)
{
	struct famfs_fsck_result *result = fsck->result;
	struct famfs_info info;

	if (fsck->vol) {
		famfs_info(fsck->vol, &info);
		memcpy(result->uuid, info.uuid, sizeof(result->uuid));
		result->log_entries = info.log_entries;
		result->log_capacity = info.log_capacity;
		result->files = info.files;
		result->directories = info.directories;
		result->file_bytes = info.file_bytes;
		result->allocated_bytes = info.allocated_bytes;
		result->free_bytes = info.free_bytes;
	}
	result->not_normalised = fsck->paths.not_normalised;
	result->hidden = fsck->paths.hidden;
	result->not_utf8 = fsck->paths.not_utf8;
	result->first_not_utf8 = fsck->paths.not_utf8 ? fsck->paths.first_not_utf8 : FAMFS_NO_ENTRY;
	for (size_t i = 0; i < fsck->findings.count; i++) {
		const struct finding *finding = &fsck->findings.list[i];

		result->problems += finding->count;
		result->repaired += finding->repaired ? finding->count : 0;
	}
}

static void report(const struct fsck *fsck)
{
	for (size_t i = 0; fsck->params->report && i < fsck->findings.count; i++) {
		struct famfs_problem problem = finding_problem(&fsck->findings.list[i]);

		fsck->params->report(fsck->params->arg, &problem);
	}
}

/* Readers rely on entries that never change, so no other process may use the device during a
 * repair. */
static int lock_for_repair(struct device *dev, struct famfs_error *err)
{
	int ret = device_lock(dev, DEVICE_EXCLUSIVE, 0, 1, false);
	struct usage_text user;

	if (ret == 0) {
		/* An mkfs may have changed the size before the lock was taken. */
		ret = device_reload_size(dev);
		return ret < 0 ? error_errno(err, ret, "cannot read '%s'", dev->path) : 0;
	}
	if (ret != -EAGAIN)
		return error_errno(err, ret, "cannot lock '%s'", dev->path);
	if (device_mounts(dev->path, &user) <= 0)
		(void)device_lock_holder(dev, 0, 1, "in use", &user);
	error_refuse(err, -EBUSY, "'%s' is %s, so it cannot be repaired", dev->path, user.text);
	usage_remedy(&user, err);
	return -EBUSY;
}

static int open_volume(struct fsck *fsck, const struct famfs_target *target,
		       struct famfs_error *err)
{
	const struct volume_params params = { .access = fsck->params->repair ? DEVICE_WRITE
									     : DEVICE_READ,
					      .observer = fsck_observe,
					      .observer_arg = fsck,
					      .ignore_recorded_size = true };
	struct device *dev;
	int ret;

	if (!fsck->params->repair)
		return target_open(target, &params, &fsck->vol, err);
	ret = device_open(target->device, DEVICE_WRITE, &dev, err);
	if (ret < 0)
		return ret;
	ret = target_check_writer(target, dev, err);
	if (ret == 0)
		ret = lock_for_repair(dev, err);
	if (ret < 0) {
		device_close(dev);
		return ret;
	}
	ret = volume_open(dev, &params, &fsck->vol, err);
	return ret < 0 ? ret : volume_check_master(fsck->vol, err);
}

static bool any_repaired(const struct fsck *fsck)
{
	for (size_t i = 0; i < fsck->findings.count; i++)
		if (fsck->findings.list[i].repaired)
			return true;
	return false;
}

/* Whether the finding is about a problem that was reported before and not repaired. */
static bool was_left(const struct fsck *fsck, const struct finding *finding)
{
	for (size_t i = 0; i < fsck->findings.count; i++) {
		const struct finding *old = &fsck->findings.list[i];

		if (!old->repaired && old->entry <= finding->entry &&
		    finding_last_entry(old) >= finding_last_entry(finding) &&
		    old->fault == finding->fault)
			return true;
	}
	return false;
}

/* Adds the findings that the repaired problems hid: entries behind a damaged index, or a second
 * fault of an entry. */
static void add_hidden(struct fsck *fsck, const struct findings *now)
{
	for (size_t i = 0; i < now->count; i++) {
		const struct finding *from = &now->list[i];
		struct finding *to;

		if (was_left(fsck, from))
			continue;
		to = findings_add(&fsck->findings, from->entry, from->fault, from->action);
		if (to)
			*to = *from;
	}
}

/* Re-checks through a freshly opened volume on the same device, which stays locked. */
static int check_again(struct fsck *fsck, struct famfs_error *err)
{
	struct fsck again = { .params = fsck->params };
	int ret = fsck_recheck(fsck, &again, err);

	if (ret == 0) {
		struct famfs_volume *old = fsck->vol;

		add_hidden(fsck, &again.findings);
		fsck->paths = again.paths;
		fsck->vol = again.vol;
		again.vol = old;
	}
	fsck_end(&again);
	return ret;
}

static int run(struct fsck *fsck, const struct famfs_target *target, struct famfs_error *err)
{
	struct famfs_error why;
	int ret = open_volume(fsck, target, &why);

	if (ret == -EUCLEAN) {
		/* A damaged superblock is a finding, not an error of the check. */
		findings_add_global(&fsck->findings, FAMFS_FAULT_SUPERBLOCK, REPAIR_NONE, "%.199s",
				    why.message);
		return 0;
	}
	if (ret < 0) {
		if (err)
			*err = why;
		return ret;
	}
	fsck_check(fsck);
	if (!fsck->params->repair || !fsck->findings.count)
		return 0;
	ret = fsck_repair(fsck, err);
	if (ret < 0 || fsck->params->dry_run || !any_repaired(fsck))
		return ret;
	return check_again(fsck, err);
}

int famfs_fsck(const struct famfs_target *target, const struct famfs_fsck_params *params,
	       struct famfs_fsck_result *result, struct famfs_error *err)
{
	struct fsck fsck = { .params = params, .result = result };
	int ret;

	memset(result, 0, sizeof(*result));
	ret = error_if_reserved(params->reserved, 4, err);
	if (ret < 0)
		return ret;
	ret = run(&fsck, target, err);
	if (fsck.findings.failed)
		ret = error_set(err, -ENOMEM, "out of memory for %zu problems",
				fsck.findings.count);
	report(&fsck);
	fill_result(&fsck);
	fsck_end(&fsck);
	return ret;
}
