/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cleanup.h"
#include "base/error.h"
#include "fs/open.h"

#include <errno.h>
#include <string.h>

#define OWNER_OFFSET offsetof(struct omf_super, system_uuid)
#define OWNER_LENGTH (offsetof(struct omf_super, flags) - OWNER_OFFSET)

/* The owner and the CRC share a cache line, so a power cut leaves the old pair or the new one. */
static int write_owner(struct famfs_volume *vol)
{
	struct omf_super raw;
	int ret;

	superblock_encode(&raw, &vol->sb);
	ret = device_write(vol->dev, OWNER_OFFSET, (const char *)&raw + OWNER_OFFSET, OWNER_LENGTH);
	device_flush(vol->dev, OWNER_OFFSET, OWNER_LENGTH);
	device_fence(vol->dev);
	return ret < 0 ? ret : device_sync(vol->dev);
}

static int take(struct famfs_volume *vol, struct famfs_error *err)
{
	struct log_state state;
	int ret;

	if (vol->role == FAMFS_ROLE_MASTER)
		return 0;
	if (vol->identity.source == FAMFS_IDENTITY_NONE)
		return error_set(err, -ENOKEY,
				 "this host has no identity, so it cannot be a "
				 "master");
	/* No append of this host may be under way. */
	ret = log_lock(&vol->log, &state, err);
	if (ret < 0)
		return ret;
	memcpy(vol->sb.system_uuid, vol->identity.uuid, sizeof(vol->sb.system_uuid));
	ret = write_owner(vol);
	log_unlock(&vol->log);
	return ret < 0 ? error_errno(err, ret, "cannot write '%s'", vol->dev->path) : 0;
}

int famfs_takeover(const char *device, uint8_t previous[16], struct famfs_error *err)
{
	const struct volume_params params = { .access = DEVICE_WRITE };
	cleanup_volume struct famfs_volume *vol = NULL;
	cleanup_free char *path = strdup(device);
	const struct famfs_target target = { .device = path };
	int ret;

	if (!path)
		return error_set(err, -ENOMEM, "out of memory");
	ret = target_open(&target, &params, &vol, err);
	if (ret < 0)
		return ret;
	if (previous)
		memcpy(previous, vol->sb.system_uuid, OMF_UUID_SIZE);
	return take(vol, err);
}
