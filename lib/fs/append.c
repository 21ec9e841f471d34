/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/append.h"

#include "base/error.h"
#include "fs/heal.h"
#include "fs/replay.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <uuid.h>

static int not_master(const struct famfs_volume *vol, const uint8_t owner[OMF_UUID_SIZE],
		      struct famfs_error *err)
{
	char master[37], self[37];

	uuid_unparse_lower(owner, master);
	uuid_unparse_lower(vol->identity.uuid, self);
	error_set(
		err, -EROFS, "'%s' belongs to the master %s; this host is the client %s (from %s)",
		vol->dev->path, master, self, famfs_system_uuid_source_name(vol->identity.source));
	error_remedy(err, FAMFS_REMEDY_USE_MASTER, vol->dev->path);
	return -EROFS;
}

static bool is_self(const struct famfs_volume *vol, const uint8_t owner[OMF_UUID_SIZE])
{
	return vol->identity.source != FAMFS_SYSTEM_UUID_NONE &&
	       memcmp(owner, vol->identity.uuid, OMF_UUID_SIZE) == 0;
}

int volume_check_master(const struct famfs_volume *vol, struct famfs_error *err)
{
	return vol->role == FAMFS_ROLE_MASTER ? 0 : not_master(vol, vol->sb.system_uuid, err);
}

/* A dry run holds no lock, so other processes can add entries meanwhile. */
static bool went_back(const struct famfs_volume *vol, const struct log_state *state)
{
	return vol->dry_run ? state->next_index < vol->applied : state->next_index != vol->applied;
}

/* Nothing may be appended after an entry whose space is unknown. */
static int check_appendable(const struct famfs_volume *vol, const struct log_state *state,
			    struct famfs_error *err)
{
	struct fault_text why;

	if (vol->first_bad.entry != FAMFS_NO_ENTRY)
		error_set(err, -EUCLEAN,
			  "log entry %" PRIu64 " of '%s' is damaged (%s), so nothing "
			  "can be added",
			  vol->first_bad.entry, vol->dev->path,
			  famfs_fault_name(vol->first_bad.fault));
	else if (vol->sb.recorded_size < OMF_LOG_OFFSET + vol->sb.log_length)
		error_set(err, -EUCLEAN,
			  "the superblock of '%s' records a size of %" PRIu64
			  " bytes, so nothing can be added",
			  vol->dev->path, vol->sb.recorded_size);
	else if (vol->header_fault[0])
		error_set(err, -EUCLEAN,
			  "the log header of '%s' is damaged (%s), so nothing can be "
			  "added",
			  vol->dev->path, vol->header_fault);
	else if (log_state_check(&vol->log, state, &why) != FAMFS_FAULT_NONE)
		error_set(err, -EUCLEAN,
			  "the log header of '%s' is damaged (%s), so nothing can be added",
			  vol->dev->path, why.text);
	else if (went_back(vol, state))
		error_set(err, -EUCLEAN,
			  "the log of '%s' went back from %" PRIu64 " to %" PRIu64 " entries",
			  vol->dev->path, vol->applied, state->next_index);
	else
		return 0;
	error_remedy(err, FAMFS_REMEDY_REPAIR, vol->dev->path);
	return -EUCLEAN;
}

/* Reads the superblock from memory, past the cache, and checks that it is still this volume's. */
static int check_superblock(struct famfs_volume *vol, struct omf_super *raw,
			    struct famfs_error *err)
{
	struct famfs_error why;
	struct superblock sb;
	int ret;

	device_invalidate(vol->dev, 0, sizeof(*raw));
	ret = device_read(vol->dev, 0, raw, sizeof(*raw));
	if (ret < 0)
		return device_failed(vol->dev, ret, "cannot read the superblock of", err);
	ret = volume_check_line(vol, (const struct super_line *)raw, err);
	if (ret < 0)
		return ret;
	/* A takeover in progress stores the owner and the CRC in more than one step. */
	if (superblock_decode(raw, vol->dev->size, &sb, &why) < 0)
		return error_set(err, -EUCLEAN, "the superblock of '%s' was damaged: %s",
				 vol->dev->path, why.message);
	return 0;
}

/* Another host, or another process of this host, may have taken the file system over since it
 * was opened. */
static int check_owner(struct famfs_volume *vol, const struct omf_super *raw,
		       struct famfs_error *err)
{
	const uint8_t *owner = raw->system_uuid;

	if (memcmp(owner, vol->sb.system_uuid, OMF_UUID_SIZE) == 0)
		return 0;
	memcpy(vol->sb.system_uuid, owner, OMF_UUID_SIZE);
	if (is_self(vol, owner)) {
		vol->role = FAMFS_ROLE_MASTER;
		return 0;
	}
	vol->role = FAMFS_ROLE_CLIENT;
	return not_master(vol, owner, err);
}

int volume_lock_log(struct famfs_volume *vol, struct omf_super *raw, struct famfs_error *err)
{
	struct omf_super own;
	int ret = log_lock(&vol->log, err);

	if (ret < 0)
		return ret;
	raw = raw ? raw : &own;
	ret = check_superblock(vol, raw, err);
	if (ret == 0)
		ret = check_owner(vol, raw, err);
	if (ret == 0) {
		ret = log_flush_unfinished(&vol->log, vol->applied);
		if (ret < 0)
			device_failed(vol->dev, ret, "cannot read the log of", err);
	}
	if (ret < 0)
		log_unlock(&vol->log);
	return ret;
}

int volume_check_owner(struct famfs_volume *vol, struct famfs_error *err)
{
	const uint64_t offset = offsetof(struct omf_super, system_uuid);
	uint64_t owner[OMF_UUID_SIZE / sizeof(uint64_t)];
	int ret = volume_check_stale(vol, err);

	if (ret < 0)
		return ret;
	device_invalidate(vol->dev, offset, sizeof(owner));
	ret = device_read(vol->dev, offset, owner, sizeof(owner));
	if (ret < 0)
		return device_failed(vol->dev, ret, "cannot read the superblock of", err);
	if (is_self(vol, (const uint8_t *)owner))
		return 0;
	return not_master(vol, (const uint8_t *)owner, err);
}

static int prepare_append(struct famfs_volume *vol, struct log_state *state,
			  struct famfs_error *err)
{
	/* The header may have been damaged since the log was read. */
	int ret = volume_read_header(vol, state, err);

	if (ret < 0)
		return ret;
	if (state->next_index != vol->applied)
		ret = replay_all(vol, err);
	if (ret == 0)
		ret = heal_all(vol, err);
	return ret ? ret : check_appendable(vol, state, err);
}

static int begin_locked(struct famfs_volume *vol, struct famfs_error *err)
{
	struct log_state state;
	int ret = volume_lock_log(vol, NULL, err);

	if (ret < 0)
		return ret;
	/* The owner can be unchanged and still be another host. */
	ret = volume_check_master(vol, err);
	if (ret == 0)
		ret = prepare_append(vol, &state, err);
	if (ret == 0)
		ret = log_reset_unfinished(&vol->log, &state, err);
	if (ret < 0)
		log_unlock(&vol->log);
	return ret;
}

/* Takes no lock, since volume_lock_log() writes: it flushes the entries that a killed process
 * left. Other processes may therefore add entries meanwhile, so the counters are checked after the
 * replay. Simulated entries follow those that were published when the dry run began. */
static int begin_dry(struct famfs_volume *vol, struct famfs_error *err)
{
	struct omf_log_header header;
	struct log_state state;
	struct omf_super raw;
	int ret = check_superblock(vol, &raw, err);

	if (ret == 0)
		ret = check_owner(vol, &raw, err);
	if (ret == 0)
		ret = volume_check_master(vol, err);
	if (ret < 0 || vol->simulated)
		return ret;
	ret = replay_all(vol, err);
	if (ret == 0)
		ret = heal_all(vol, err);
	if (ret < 0)
		return ret;
	ret = log_read_settled(&vol->log, &header);
	if (ret < 0)
		return device_failed(vol->dev, ret, "cannot read the log of", err);
	state = log_state_of(&header);
	return check_appendable(vol, &state, err);
}

/* The checks that do not read the log. */
static int check_writable(struct famfs_volume *vol, struct famfs_error *err)
{
	/* A former master may have become the master again. */
	int ret = vol->role == FAMFS_ROLE_MASTER ? 0 : volume_check_owner(vol, err);

	if (ret < 0)
		return ret;
	if (!vol->write)
		return error_set(err, -EBADF, "'%s' is open for reading only", vol->dev->path);
	if (vol->sb.minor > OMF_MINOR)
		return error_set(err, -ENOTSUP,
				 "'%s' has media format %u.%u; this program can only read it",
				 vol->dev->path, vol->sb.major, vol->sb.minor);
	return 0;
}

int volume_begin_append(struct famfs_volume *vol, struct famfs_error *err)
{
	int ret;

	pthread_mutex_lock(&vol->mutex);
	ret = check_writable(vol, err);
	if (ret == 0)
		ret = vol->dry_run ? begin_dry(vol, err) : begin_locked(vol, err);
	if (ret < 0)
		pthread_mutex_unlock(&vol->mutex);
	return ret;
}

int volume_append(struct famfs_volume *vol, const struct record *rec, struct famfs_error *err)
{
	uint64_t index = vol->applied;
	int ret = vol->dry_run ? log_check_room(&vol->log, index, err)
			       : log_append(&vol->log, index, rec, err);

	if (ret < 0)
		return ret;
	replay_record(vol, index, rec);
	if (vol->dry_run)
		__atomic_store_n(&vol->simulated, vol->simulated + 1, __ATOMIC_RELAXED);
	return 0;
}

void volume_end_append(struct famfs_volume *vol)
{
	if (!vol->dry_run)
		log_unlock(&vol->log);
	pthread_mutex_unlock(&vol->mutex);
}
