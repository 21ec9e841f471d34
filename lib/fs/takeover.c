/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "fs/append.h"
#include "fs/open.h"
#include "shared/cleanup.h"

#include <errno.h>
#include <string.h>
#include <uuid.h>

#define OWNER_OFFSET offsetof(struct omf_super, system_uuid)
#define OWNER_LENGTH (offsetof(struct omf_super, flags) - OWNER_OFFSET)

/*
 * The owner and the CRC share a cache line, so a power cut leaves the old pair or the new one. If
 * the line is written back between the three stores, it leaves part of the new owner with the old
 * CRC, see finish().
 */
static int write_owner(struct device *dev, const struct omf_super *raw)
{
	int ret = device_write(dev, OWNER_OFFSET, (const char *)raw + OWNER_OFFSET, OWNER_LENGTH);

	device_flush(dev, OWNER_OFFSET, OWNER_LENGTH);
	return ret < 0 ? ret : device_barrier(dev);
}

static int is_another(const struct famfs_volume *vol, const char *what, struct famfs_error *err)
{
	error_set(err, -ESTALE, "'%s' has another %s than before", vol->dev->path, what);
	error_remedy(err, FAMFS_REMEDY_INSPECT, vol->dev->path);
	return -ESTALE;
}

static bool differs(const uint8_t *want, const uint8_t *is)
{
	return !uuid_is_null(want) && memcmp(want, is, OMF_UUID_SIZE) != 0;
}

/* Checks that the file system and its master are those that the caller has seen, and perhaps
 * asked the user about. The master does not matter if it is this host already, since nothing
 * changes then. */
static int check_shown(const struct famfs_volume *vol, const struct famfs_takeover_params *params,
		       struct famfs_error *err)
{
	if (differs(params->uuid, vol->sb.uuid))
		return is_another(vol, "file system", err);
	if (vol->role != FAMFS_ROLE_MASTER &&
	    (params->complete || differs(params->master_uuid, vol->sb.system_uuid)))
		return is_another(vol, "master", err);
	return 0;
}

/* Another host that formats the device holds no lock here. If it wrote its superblock between
 * our read and our store, the store damaged it. */
static int read_back(const struct famfs_volume *vol, const struct omf_super *wrote,
		     struct famfs_error *err)
{
	struct omf_super got;
	int ret;

	device_invalidate(vol->dev, 0, sizeof(got));
	ret = device_read(vol->dev, 0, &got, sizeof(got));
	if (ret < 0)
		return error_errno(err, ret, "cannot read '%s' back", vol->dev->path);
	if (memcmp(&got, wrote, sizeof(got)) == 0)
		return 0;
	error_set(err, -ESTALE, "the superblock of '%s' changed while it was taken over",
		  vol->dev->path);
	error_remedy(err, FAMFS_REMEDY_FSCK, vol->dev->path);
	return -ESTALE;
}

/* The append lock is held, and `raw` is the superblock that was checked under it. */
static int take_locked(struct famfs_volume *vol, struct omf_super *raw, struct famfs_error *err)
{
	int ret;

	memcpy(raw->system_uuid, vol->identity.uuid, sizeof(raw->system_uuid));
	superblock_seal(raw);
	ret = write_owner(vol->dev, raw);
	if (ret < 0)
		return error_errno(err, ret, "cannot write '%s'", vol->dev->path);
	return read_back(vol, raw, err);
}

static int take(struct famfs_volume *vol, struct famfs_error *err)
{
	struct omf_super raw;
	int ret;

	if (vol->role == FAMFS_ROLE_MASTER)
		return 0;
	if (vol->identity.source == FAMFS_SYSTEM_UUID_NONE)
		return error_set(err, -ENOKEY,
				 "this host has no identity, so it cannot be a "
				 "master");
	if (vol->dry_run)
		return 0;
	ret = volume_lock_log(vol, &raw, err);
	if (ret == -EROFS)
		return is_another(vol, "master", err);
	if (ret < 0)
		return ret;
	/* Another process of this host may have taken it over meanwhile. */
	if (vol->role != FAMFS_ROLE_MASTER)
		ret = take_locked(vol, &raw, err);
	log_unlock(&vol->log);
	return ret;
}

/* Whether the CRC, which is stored last, is still that of the superblock with its former owner. */
static bool was_owned_by(const struct omf_super *raw, const uint8_t owner[OMF_UUID_SIZE])
{
	struct omf_super old = *raw;

	memcpy(old.system_uuid, owner, sizeof(old.system_uuid));
	superblock_seal(&old);
	return le64_get(old.crc) == le64_get(raw->crc);
}

/* Whether the superblock, before the takeover, is the one that the caller has seen. */
static bool was_shown(const struct omf_super *raw, const struct famfs_takeover_params *params)
{
	return !differs(params->uuid, raw->uuid) &&
	       (uuid_is_null(params->master_uuid) || was_owned_by(raw, params->master_uuid));
}

/* Whether a takeover by this host was interrupted: part of the new owner is stored, and the
 * superblock is valid with the whole of it and agrees with the log header. Completes *raw. */
static bool is_torn(struct device *dev, const struct identity *self,
		    const struct famfs_takeover_params *params, struct omf_super *raw)
{
	struct omf_log_header header;
	struct superblock sb;

	device_invalidate(dev, 0, sizeof(*raw));
	device_invalidate(dev, OMF_LOG_OFFSET, sizeof(header));
	if (device_read(dev, 0, raw, sizeof(*raw)) < 0 ||
	    device_read(dev, OMF_LOG_OFFSET, &header, sizeof(header)) < 0 ||
	    memcmp(raw->system_uuid, self->uuid, sizeof(uint64_t)) != 0 || !was_shown(raw, params))
		return false;
	memcpy(raw->system_uuid, self->uuid, sizeof(raw->system_uuid));
	superblock_seal(raw);
	return superblock_decode(raw, dev->size, &sb, NULL) == 0 &&
	       log_header_check(&header, sb.log_length, NULL) == FAMFS_FAULT_NONE;
}

/* Completes an interrupted takeover by this host, if no process uses the device. The log's
 * length is unknown yet, but the lock does not depend on it. */
static void finish(const char *device, const struct famfs_takeover_params *params)
{
	cleanup_device struct device *dev = NULL;
	struct identity self;
	struct omf_super raw;
	struct log log;

	if (identity_read("", &self, NULL) < 0 || self.source == FAMFS_SYSTEM_UUID_NONE ||
	    device_open(device, DEVICE_WRITE, &dev, NULL) < 0 ||
	    device_lock(dev, DEVICE_EXCLUSIVE, 0, 1, false) < 0)
		return;
	log_init(&log, dev, OMF_LOG_LENGTH_MIN);
	if (log_lock(&log, NULL) < 0)
		return;
	if (is_torn(dev, &self, params, &raw))
		(void)write_owner(dev, &raw);
	log_unlock(&log);
}

int famfs_takeover(const char *device, const struct famfs_takeover_params *params,
		   uint8_t previous[16], struct famfs_error *err)
{
	const struct volume_params writing = { .access = DEVICE_WRITE, .dry_run = params->dry_run };
	cleanup_volume struct famfs_volume *vol = NULL;
	cleanup_free char *path = strdup(device);
	const struct famfs_target target = { .device = path };
	int ret = error_if_reserved(params->reserved, 4, err);

	if (ret < 0)
		return ret;
	if (!path)
		return error_set(err, -ENOMEM, "out of memory");
	ret = target_open(&target, &writing, &vol, err);
	if (ret == -EUCLEAN && !params->dry_run) {
		finish(device, params);
		ret = target_open(&target, &writing, &vol, err);
	}
	if (ret == -EUCLEAN)
		error_remedy(err, FAMFS_REMEDY_RESUME_TAKEOVER, NULL);
	if (ret < 0)
		return ret;
	ret = check_shown(vol, params, err);
	if (ret < 0)
		return ret;
	if (previous)
		memcpy(previous, vol->sb.system_uuid, OMF_UUID_SIZE);
	return take(vol, err);
}
