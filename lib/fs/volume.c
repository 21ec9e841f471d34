/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/volume.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "fs/heal.h"
#include "fs/replay.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <syslog.h>
#include <uuid.h>

void volume_log(struct famfs_volume *vol, int priority, const char *format, ...)
{
	char message[512];
	va_list ap;

	if (!ratelimit_log(&vol->log_limit, priority, vol->log_fn, vol->log_arg))
		return;
	va_start(ap, format);
	vsnprintf(message, sizeof(message), format, ap);
	va_end(ap);
	vol->log_fn(vol->log_arg, priority, message);
}

static int load_super_line(const struct famfs_volume *vol, struct super_line *line)
{
	device_invalidate(vol->dev, 0, sizeof(*line));
	return device_read(vol->dev, 0, line, sizeof(*line));
}

/* The smaller of the recorded and the real size. Ignores the recorded size if the log does not fit
 * in it, or when fsck asks. */
static uint64_t usable_size(const struct famfs_volume *vol, bool believe_device)
{
	uint64_t least = OMF_LOG_OFFSET + vol->sb.log_length;
	uint64_t real = vol->dev->size, recorded = vol->sb.recorded_size;
	uint64_t usable = recorded;

	if (real && (real < recorded || recorded < least || believe_device))
		usable = real;
	return usable < OMF_DEVICE_MAX ? usable : OMF_DEVICE_MAX;
}

static int not_famfs(const struct famfs_volume *vol, struct famfs_error *err)
{
	error_set(err, -EMEDIUMTYPE, "'%s' does not hold a famfs file system", vol->dev->path);
	/* What mkfs would refuse is no way out. */
	if (vol->dev->size >= OMF_LOG_OFFSET + OMF_LOG_LENGTH_MIN + OMF_ALLOC_UNIT)
		error_hint(err, "to make one in place of what is there, run: famfsctl mkfs %s",
			   vol->dev->path);
	return -EMEDIUMTYPE;
}

static int read_superblock(struct famfs_volume *vol, const struct volume_params *params,
			   struct famfs_error *err)
{
	struct famfs_error why;
	struct omf_super raw;
	int ret;

	/* No size and no descriptor: unknown. No size and a descriptor: an empty image. */
	if ((vol->dev->size || vol->dev->fd >= 0) && vol->dev->size < OMF_LOG_OFFSET)
		return not_famfs(vol, err);
	device_invalidate(vol->dev, 0, sizeof(raw));
	ret = device_read(vol->dev, 0, &raw, sizeof(raw));
	if (ret < 0)
		return error_errno(err, ret, "cannot read the superblock of '%s'", vol->dev->path);
	ret = superblock_decode(&raw, vol->dev->size, &vol->sb, &why);
	if (ret == -EMEDIUMTYPE)
		return not_famfs(vol, err);
	if (ret < 0)
		return error_set(err, ret, "the famfs on '%s' cannot be used: %s", vol->dev->path,
				 why.message);
	memcpy(&vol->super_line, &raw, sizeof(vol->super_line));
	vol->usable = usable_size(vol, params->believe_device);
	return 0;
}

static int read_log_header(struct famfs_volume *vol, struct famfs_error *err)
{
	struct omf_log_header raw;
	struct famfs_error why;
	int ret;

	log_init(&vol->log, vol->dev, vol->sb.log_length);
	device_invalidate(vol->dev, OMF_LOG_OFFSET, sizeof(raw));
	ret = device_read(vol->dev, OMF_LOG_OFFSET, &raw, sizeof(raw));
	if (ret < 0)
		return error_errno(err, ret, "cannot read the log of '%s'", vol->dev->path);
	/* Everything in it can be told from the superblock and the entries, so files stay within
	 * reach; only appending has to wait for a repair. */
	if (log_header_check(&raw, vol->sb.log_length, &why) < 0)
		snprintf(vol->header_fault, sizeof(vol->header_fault), "%.150s", why.message);
	return 0;
}

/* About how many entries will be replayed, if that is so many that their memory is to be made
 * ready. The header may say anything: it is believed if entries are whole that are picked at
 * random, which a writer of a medium cannot foresee. So most of that memory will be needed. */
static int expect_entries(const struct famfs_volume *vol, uint64_t *expected)
{
	struct log_state state;
	uint64_t picks[16];
	int ret = log_load(&vol->log, &state);

	*expected = 0;
	if (ret < 0 || state.next_index < vol->log.capacity / 2 ||
	    state.next_index > vol->log.capacity ||
	    getrandom(picks, sizeof(picks), GRND_NONBLOCK) != (ssize_t)sizeof(picks))
		return ret;
	for (size_t i = 0; i < sizeof(picks) / sizeof(picks[0]); i++)
		if (!log_has_entry(&vol->log, picks[i] % state.next_index))
			return 0;
	*expected = state.next_index;
	return 0;
}

int volume_init_replicas(struct famfs_volume *vol, uint64_t expected, struct famfs_error *err)
{
	uint64_t first = (OMF_LOG_OFFSET + vol->sb.log_length) / OMF_ALLOC_UNIT;

	vol->daxdev_sizes[0] = vol->usable;
	memcpy(vol->daxdev_uuids[0], vol->sb.dev_uuid, OMF_UUID_SIZE);
	vol->ndaxdevs = 1;
	vol->suspect = FAMFS_NO_ENTRY;
	vol->first_bad.entry = FAMFS_NO_ENTRY;
	vol->ns = calloc(1, sizeof(*vol->ns));
	vol->batch = malloc(REPLAY_BATCH * sizeof(*vol->batch));
	/* Takes memory only where entries are torn. */
	vol->torn.bits = calloc(vol->log.capacity / 64 + 1, sizeof(uint64_t));
	if (!vol->ns || !vol->batch || !vol->torn.bits ||
	    namespace_init(vol->ns, vol->log.capacity, expected) < 0 ||
	    allocator_init(&vol->alloc, vol->usable / OMF_ALLOC_UNIT, first) < 0)
		return error_set(err, -ENOMEM, "out of memory for the log of '%s'", vol->dev->path);
	return 0;
}

void volume_destroy_replicas(struct famfs_volume *vol)
{
	while (vol->ns) {
		struct namespace *ns = vol->ns;

		vol->ns = ns->before;
		namespace_destroy(ns);
		free(ns);
	}
	overlap_destroy(&vol->overlap);
	allocator_destroy(&vol->alloc);
	free(vol->torn.bits);
	free(vol->batch);
}

static int prepare_replicas(struct famfs_volume *vol, struct famfs_error *err)
{
	uint64_t expected;
	int ret = expect_entries(vol, &expected);

	if (ret < 0)
		return error_errno(err, ret, "cannot read the log of '%s'", vol->dev->path);
	return volume_init_replicas(vol, expected, err);
}

/* A writer that is cut off leaves the whole entries of one publish behind the last index at most.
 * More of them tell that the index went back, and what is appended there would overwrite files. */
static int look_behind_end(struct famfs_volume *vol, struct famfs_error *err)
{
	uint64_t index = vol->applied;
	struct log_state state;
	int ret;

	if (vol->header_fault[0])
		return 0;
	for (uint64_t i = index; i <= index + LOG_MAX_PUBLISH; i++)
		if (i >= vol->log.capacity || !log_has_entry(&vol->log, i))
			return 0;
	/* Unless they were published just now. */
	ret = log_load(&vol->log, &state);
	if (ret < 0)
		return error_errno(err, ret, "cannot read the log of '%s'", vol->dev->path);
	if (state.next_index <= index)
		snprintf(vol->header_fault, sizeof(vol->header_fault),
			 "next index is %" PRIu64 ", but whole entries follow", state.next_index);
	return 0;
}

struct famfs_volume *volume_create(struct device *dev, const struct volume_params *params)
{
	struct famfs_volume *vol = calloc(1, sizeof(*vol));

	if (!vol)
		return NULL;
	vol->dev = dev;
	vol->write = params->access == DEVICE_WRITE;
	vol->dry_run = params->dry_run;
	vol->log_limit = (struct ratelimit)RATELIMIT_INIT;
	vol->log_fn = params->log_fn;
	vol->log_arg = params->log_arg;
	vol->observer = params->observer;
	vol->observer_arg = params->observer_arg;
	vol->suspect = FAMFS_NO_ENTRY;
	vol->first_bad.entry = FAMFS_NO_ENTRY;
	pthread_mutex_init(&vol->mutex, NULL);
	return vol;
}

int volume_load_superblock(struct famfs_volume *vol, const struct volume_params *params,
			   struct famfs_error *err)
{
	int ret = read_superblock(vol, params, err);

	if (ret < 0)
		return ret;
	return identity_role(params->identity_root ? params->identity_root : "",
			     vol->sb.system_uuid, &vol->identity, &vol->role, err);
}

int volume_load_log(struct famfs_volume *vol, struct famfs_error *err)
{
	int ret = read_log_header(vol, err);

	if (ret == 0)
		ret = prepare_replicas(vol, err);
	if (ret == 0)
		ret = replay_all(vol, err);
	if (ret < 0)
		return ret;
	namespace_share(vol->ns);
	return look_behind_end(vol, err);
}

int volume_open(struct device *dev, const struct volume_params *params, struct famfs_volume **out,
		struct famfs_error *err)
{
	cleanup_volume struct famfs_volume *vol = volume_create(dev, params);
	int ret;

	if (!vol) {
		device_close(dev);
		return error_set(err, -ENOMEM, "out of memory");
	}
	ret = volume_load_superblock(vol, params, err);
	if (ret == 0)
		ret = volume_load_log(vol, err);
	if (ret < 0)
		return ret;
	*out = steal_ptr(&vol);
	return 0;
}

void volume_replace_device(struct famfs_volume *vol, struct device *dev)
{
	device_close(vol->dev);
	vol->dev = dev;
	vol->log.dev = dev;
}

struct device *volume_release_device(struct famfs_volume *vol)
{
	struct device *dev = vol->dev;

	volume_destroy_replicas(vol);
	pthread_mutex_destroy(&vol->mutex);
	free(vol);
	return dev;
}

void volume_close(struct famfs_volume *vol)
{
	if (vol)
		device_close(volume_release_device(vol));
}

struct record_limits volume_limits(const struct famfs_volume *vol)
{
	return (struct record_limits){ .data_offset = OMF_LOG_OFFSET + vol->sb.log_length,
				       .ndaxdevs = vol->ndaxdevs,
				       .daxdev_sizes = vol->daxdev_sizes };
}

static int stale_error(const struct famfs_volume *vol, struct famfs_error *err)
{
	error_set(err, -ESTALE, "another file system was made on '%s'", vol->dev->path);
	error_hint(err, "unmount it and mount it again");
	return -ESTALE;
}

static int went_stale(struct famfs_volume *vol, struct famfs_error *err)
{
	if (!__atomic_exchange_n(&vol->stale, true, __ATOMIC_RELAXED))
		volume_log(vol, LOG_ERR, "another file system was made on '%s'", vol->dev->path);
	return stale_error(vol, err);
}

int volume_check_stale(struct famfs_volume *vol, struct famfs_error *err)
{
	struct super_line line;
	int ret;

	if (__atomic_load_n(&vol->stale, __ATOMIC_RELAXED))
		return stale_error(vol, err);
	ret = load_super_line(vol, &line);
	if (ret < 0)
		return error_errno(err, ret, "cannot read the superblock of '%s'", vol->dev->path);
	return memcmp(&line, &vol->super_line, sizeof(line)) == 0 ? 0 : went_stale(vol, err);
}

int volume_catch_up(struct famfs_volume *vol, struct famfs_error *err)
{
	struct log_state state;
	int ret = volume_check_stale(vol, err);

	if (ret < 0 || __atomic_load_n(&vol->imagined, __ATOMIC_RELAXED))
		return ret;
	ret = log_load(&vol->log, &state);
	if (ret < 0)
		return error_errno(err, ret, "cannot read the log of '%s'", vol->dev->path);
	if (state.next_index != __atomic_load_n(&vol->followed, __ATOMIC_ACQUIRE))
		pthread_mutex_lock(&vol->mutex);
	/* For torn entries one thread is enough. */
	else if (!heal_wanted(vol) || pthread_mutex_trylock(&vol->mutex) != 0)
		return 0;
	ret = replay(vol, err);
	if (ret == 0 && heal_wanted(vol))
		ret = heal(vol, err);
	pthread_mutex_unlock(&vol->mutex);
	return ret;
}

int famfs_catch_up(struct famfs_volume *vol, struct famfs_error *err)
{
	return volume_catch_up(vol, err);
}

static int not_master(const struct famfs_volume *vol, const uint8_t owner[OMF_UUID_SIZE],
		      struct famfs_error *err)
{
	char master[37], self[37];

	uuid_unparse_lower(owner, master);
	uuid_unparse_lower(vol->identity.uuid, self);
	error_set(err, -EROFS,
		  "'%s' belongs to the master %s; this host is the client %s (from %s)",
		  vol->dev->path, master, self, famfs_identity_source_name(vol->identity.source));
	error_hint(err,
		   "add files on the master; only if it is gone for good, run: famfsctl takeover "
		   "--yes %s",
		   vol->dev->path);
	return -EROFS;
}

static bool is_self(const struct famfs_volume *vol, const uint8_t owner[OMF_UUID_SIZE])
{
	return vol->identity.source != FAMFS_IDENTITY_NONE &&
	       memcmp(owner, vol->identity.uuid, OMF_UUID_SIZE) == 0;
}

int volume_check_master(const struct famfs_volume *vol, struct famfs_error *err)
{
	return vol->role == FAMFS_ROLE_MASTER ? 0 : not_master(vol, vol->sb.system_uuid, err);
}

/* A dry run has no lock that would keep others from adding more. */
static bool went_back(const struct famfs_volume *vol, const struct log_state *state)
{
	return vol->dry_run ? state->next_index < vol->applied : state->next_index != vol->applied;
}

/* Nothing may follow an entry that does not say which space it uses. */
static int check_appendable(const struct famfs_volume *vol, const struct log_state *state,
			    struct famfs_error *err)
{
	if (vol->first_bad.entry != FAMFS_NO_ENTRY)
		error_set(err, -EUCLEAN,
			  "log entry %" PRIu64 " of '%s' is damaged (%s), so nothing "
			  "can be added",
			  vol->first_bad.entry, vol->dev->path, fault_name(vol->first_bad.fault));
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
	else if (!log_state_sane(&vol->log, state))
		error_set(err, -EUCLEAN,
			  "the log header of '%s' is damaged (next sequence number %" PRIu64
			  ", next index %" PRIu64 " of %" PRIu64 "), so nothing can be added",
			  vol->dev->path, state->next_seqnum, state->next_index, vol->log.capacity);
	else if (went_back(vol, state))
		error_set(err, -EUCLEAN,
			  "the log of '%s' went back from %" PRIu64 " to %" PRIu64 " entries",
			  vol->dev->path, vol->applied, state->next_index);
	else
		return 0;
	error_hint(err, "run: famfsctl fsck --repair %s", vol->dev->path);
	return -EUCLEAN;
}

/* The superblock as memory has it; the one of this volume still. */
static int judge_superblock(struct famfs_volume *vol, struct omf_super *raw,
			    struct famfs_error *err)
{
	struct famfs_error why;
	struct superblock sb;
	int ret;

	if (__atomic_load_n(&vol->stale, __ATOMIC_RELAXED))
		return stale_error(vol, err);
	device_invalidate(vol->dev, 0, sizeof(*raw));
	ret = device_read(vol->dev, 0, raw, sizeof(*raw));
	if (ret < 0)
		return error_errno(err, ret, "cannot read the superblock of '%s'", vol->dev->path);
	if (memcmp(raw, &vol->super_line, sizeof(vol->super_line)) != 0)
		return went_stale(vol, err);
	/* A takeover that is under way stores owner and CRC in more than one step. */
	if (superblock_decode(raw, vol->dev->size, &sb, &why) < 0)
		return error_set(err, -EUCLEAN, "the superblock of '%s' was damaged: %s",
				 vol->dev->path, why.message);
	return 0;
}

/* Another host may have taken the file system over since it was opened, or another process of this
 * one. */
static int judge_owner(struct famfs_volume *vol, const struct omf_super *raw,
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
	ret = judge_superblock(vol, raw, err);
	if (ret == 0)
		ret = judge_owner(vol, raw, err);
	if (ret == 0) {
		ret = log_flush_unfinished(&vol->log, vol->applied);
		if (ret < 0)
			error_errno(err, ret, "cannot read the log of '%s'", vol->dev->path);
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
		return error_errno(err, ret, "cannot read the superblock of '%s'", vol->dev->path);
	if (is_self(vol, (const uint8_t *)owner))
		return 0;
	return not_master(vol, (const uint8_t *)owner, err);
}

/* The header may have been damaged since the log was read. */
static int load_header(struct famfs_volume *vol, struct log_state *state, struct famfs_error *err)
{
	struct omf_log_header raw;
	struct famfs_error why;
	int ret;

	device_invalidate(vol->dev, OMF_LOG_OFFSET, sizeof(raw));
	ret = device_read(vol->dev, OMF_LOG_OFFSET, &raw, sizeof(raw));
	if (ret < 0)
		return error_errno(err, ret, "cannot read the log of '%s'", vol->dev->path);
	if (!vol->header_fault[0] && log_header_check(&raw, vol->sb.log_length, &why) < 0)
		snprintf(vol->header_fault, sizeof(vol->header_fault), "%.150s", why.message);
	state->next_seqnum = le64_get(raw.next_seqnum);
	state->next_index = le64_get(raw.next_index);
	return 0;
}

static int prepare_append(struct famfs_volume *vol, struct log_state *state,
			  struct famfs_error *err)
{
	int ret = load_header(vol, state, err);

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
	ret = prepare_append(vol, &state, err);
	if (ret == 0)
		ret = log_reset_unfinished(&vol->log, &state, err);
	if (ret < 0)
		log_unlock(&vol->log);
	return ret;
}

/* Without the lock: taking it flushes what a killed process left, and ends its publish. So other
 * processes may add entries meanwhile, and the counters are judged as they are after the replay.
 * What is imagined follows what was published when it began. */
static int begin_dry(struct famfs_volume *vol, struct famfs_error *err)
{
	struct log_state state;
	struct omf_super raw;
	int ret = judge_superblock(vol, &raw, err);

	if (ret == 0)
		ret = judge_owner(vol, &raw, err);
	if (ret < 0 || vol->imagined)
		return ret;
	ret = replay_all(vol, err);
	if (ret == 0)
		ret = heal_all(vol, err);
	if (ret < 0)
		return ret;
	ret = log_load_settled(&vol->log, &state);
	if (ret < 0)
		return error_errno(err, ret, "cannot read the log of '%s'", vol->dev->path);
	return check_appendable(vol, &state, err);
}

/* What does not depend on the log. */
static int check_writable(const struct famfs_volume *vol, struct famfs_error *err)
{
	int ret = volume_check_master(vol, err);

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
		__atomic_store_n(&vol->imagined, vol->imagined + 1, __ATOMIC_RELAXED);
	return 0;
}

void volume_end_append(struct famfs_volume *vol)
{
	if (!vol->dry_run)
		log_unlock(&vol->log);
	pthread_mutex_unlock(&vol->mutex);
}
