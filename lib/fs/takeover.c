/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cleanup.h"
#include "base/error.h"
#include "fs/open.h"

#include <errno.h>
#include <string.h>

#define OWNER_OFFSET offsetof(struct omf_super, system_uuid)
#define OWNER_LENGTH (offsetof(struct omf_super, flags) - OWNER_OFFSET)

/*
 * The owner and the CRC share a cache line, so a power cut leaves the old pair or the new one; or,
 * should the line be written back between the three stores, the new owner's first half with the old
 * CRC. See finish().
 */
static int write_owner(struct device *dev, const struct omf_super *raw)
{
	int ret = device_write(dev, OWNER_OFFSET, (const char *)raw + OWNER_OFFSET, OWNER_LENGTH);

	device_flush(dev, OWNER_OFFSET, OWNER_LENGTH);
	return ret < 0 ? ret : device_barrier(dev);
}

static int take(struct famfs_volume *vol, struct famfs_error *err)
{
	struct log_state state;
	struct omf_super raw;
	int ret;

	if (vol->role == FAMFS_ROLE_MASTER)
		return 0;
	if (vol->identity.source == FAMFS_IDENTITY_NONE)
		return error_set(err, -ENOKEY,
				 "this host has no identity, so it cannot be a "
				 "master");
	if (vol->dry_run)
		return 0;
	/* No append of this host may be under way. */
	ret = log_lock(&vol->log, &state, err);
	if (ret < 0)
		return ret;
	memcpy(vol->sb.system_uuid, vol->identity.uuid, sizeof(vol->sb.system_uuid));
	superblock_encode(&raw, &vol->sb);
	ret = write_owner(vol->dev, &raw);
	log_unlock(&vol->log);
	return ret < 0 ? error_errno(err, ret, "cannot write '%s'", vol->dev->path) : 0;
}

/* Whether a superblock is sound once this host is its owner: it began to be, and the log header
 * bears out what else matters. Makes it so. */
static bool is_torn(struct device *dev, const struct identity *self, struct omf_super *raw)
{
	struct omf_log_header header;
	struct superblock sb;

	device_invalidate(dev, 0, sizeof(*raw));
	device_invalidate(dev, OMF_LOG_OFFSET, sizeof(header));
	if (device_read(dev, 0, raw, sizeof(*raw)) < 0 ||
	    device_read(dev, OMF_LOG_OFFSET, &header, sizeof(header)) < 0 ||
	    memcmp(raw->system_uuid, self->uuid, sizeof(uint64_t)) != 0)
		return false;
	memcpy(raw->system_uuid, self->uuid, sizeof(raw->system_uuid));
	superblock_seal(raw);
	return superblock_decode(raw, dev->size, &sb, NULL) == 0 &&
	       log_header_check(&header, sb.log_length, NULL) == 0;
}

/* Ends a takeover by this host that was torn, when nobody uses the device. */
static void finish(const char *device)
{
	cleanup_device struct device *dev = NULL;
	struct identity self;
	struct omf_super raw;

	if (identity_read("", &self, NULL) < 0 || self.source == FAMFS_IDENTITY_NONE ||
	    device_open(device, DEVICE_WRITE, &dev, NULL) < 0 ||
	    device_lock(dev, DEVICE_EXCLUSIVE, 0, 1, false) < 0)
		return;
	if (is_torn(dev, &self, &raw))
		(void)write_owner(dev, &raw);
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
		finish(device);
		ret = target_open(&target, &writing, &vol, err);
	}
	if (ret < 0)
		return ret;
	if (previous)
		memcpy(previous, vol->sb.system_uuid, OMF_UUID_SIZE);
	return take(vol, err);
}
