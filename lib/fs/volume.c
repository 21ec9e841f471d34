/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/volume.h"

#include "base/error.h"
#include "fs/heal.h"
#include "fs/replay.h"
#include "shared/cleanup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <syslog.h>

static int load_super_line(const struct famfs_volume *vol, struct super_line *line)
{
	device_invalidate(vol->dev, 0, sizeof(*line));
	return device_read(vol->dev, 0, line, sizeof(*line));
}

/* The smaller of the recorded and the real size. Ignores the recorded size if the log does not fit
 * in it, or when fsck asks. */
static uint64_t usable_size(const struct famfs_volume *vol, bool ignore_recorded_size)
{
	uint64_t least = OMF_LOG_OFFSET + vol->sb.log_length;
	uint64_t real = vol->dev->size, recorded = vol->sb.recorded_size;
	uint64_t usable = recorded;

	if (real && (real < recorded || recorded < least || ignore_recorded_size))
		usable = real;
	return usable < OMF_DEVICE_MAX ? usable : OMF_DEVICE_MAX;
}

static int not_famfs(const struct famfs_volume *vol, struct famfs_error *err)
{
	error_set(err, -EMEDIUMTYPE, "'%s' does not hold a famfs file system", vol->dev->path);
	/* Do not suggest mkfs on a device that it would refuse. */
	if (vol->dev->size >= OMF_LOG_OFFSET + OMF_LOG_LENGTH_MIN + OMF_ALLOC_UNIT)
		error_remedy(err, FAMFS_REMEDY_FORMAT, vol->dev->path);
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
		return device_failed(vol->dev, ret, "cannot read the superblock of", err);
	ret = superblock_decode(&raw, vol->dev->size, &vol->sb, &why);
	if (ret == -EMEDIUMTYPE)
		return not_famfs(vol, err);
	if (ret < 0)
		return error_set(err, ret, "the famfs on '%s' cannot be used: %s", vol->dev->path,
				 why.message);
	memcpy(&vol->super_line, &raw, sizeof(vol->super_line));
	vol->usable = usable_size(vol, params->ignore_recorded_size);
	return 0;
}

int volume_read_header(struct famfs_volume *vol, struct log_state *state, struct famfs_error *err)
{
	struct omf_log_header raw;
	struct fault_text why;
	int ret = log_read_header(&vol->log, &raw);

	if (ret < 0)
		return device_failed(vol->dev, ret, "cannot read the log of", err);
	/* The superblock and the entries replace everything in a damaged header, so files can
	 * still be read. Only appending needs a repair first. */
	if (!vol->header_fault[0] &&
	    log_header_check(&raw, vol->sb.log_length, &why) != FAMFS_FAULT_NONE)
		snprintf(vol->header_fault, sizeof(vol->header_fault), "%.150s", why.text);
	*state = log_state_of(&raw);
	return 0;
}

/* Estimates how many entries will be replayed, to populate their memory if they are many. The
 * header could contain any number, so it is trusted only if entries at random positions are whole,
 * which the author of a hostile medium cannot predict. So most of that memory will be used. */
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

static int prepare_replicas(struct famfs_volume *vol, struct famfs_error *err)
{
	uint64_t expected;
	int ret = expect_entries(vol, &expected);

	if (ret < 0)
		return device_failed(vol->dev, ret, "cannot read the log of", err);
	return volume_init_replicas(vol, expected, err);
}

/* An interrupted writer leaves at most the entries of one publish behind the index. If more
 * whole entries follow, the index went back, and appending there would overwrite files. */
static int look_behind_end(struct famfs_volume *vol, struct famfs_error *err)
{
	uint64_t index = vol->applied;
	struct log_state state;
	int ret;

	if (vol->header_fault[0])
		return 0;
	for (uint64_t i = index; i <= index + OMF_MAX_PUBLISH; i++)
		if (i >= vol->log.capacity || !log_has_entry(&vol->log, i))
			return 0;
	/* They may have been published just now. */
	ret = log_load(&vol->log, &state);
	if (ret < 0)
		return device_failed(vol->dev, ret, "cannot read the log of", err);
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
	struct log_state state;
	int ret;

	log_init(&vol->log, vol->dev, vol->sb.log_length);
	ret = volume_read_header(vol, &state, err);
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

static int stale_error(const struct famfs_volume *vol, struct famfs_error *err)
{
	error_set(err, -ESTALE, "another file system was made on '%s'", vol->dev->path);
	error_remedy(err, FAMFS_REMEDY_REMOUNT, NULL);
	return -ESTALE;
}

int volume_check_line(struct famfs_volume *vol, const struct super_line *line,
		      struct famfs_error *err)
{
	if (volume_is_stale(vol))
		return stale_error(vol, err);
	if (memcmp(line, &vol->super_line, sizeof(*line)) == 0)
		return 0;
	if (!__atomic_exchange_n(&vol->stale, true, __ATOMIC_RELAXED))
		volume_log(vol, LOG_ERR, "another file system was made on '%s'", vol->dev->path);
	return stale_error(vol, err);
}

int volume_check_stale(struct famfs_volume *vol, struct famfs_error *err)
{
	struct super_line line;
	int ret;

	if (volume_is_stale(vol))
		return stale_error(vol, err);
	ret = load_super_line(vol, &line);
	if (ret < 0)
		return device_failed(vol->dev, ret, "cannot read the superblock of", err);
	return volume_check_line(vol, &line, err);
}

int volume_catch_up(struct famfs_volume *vol, struct famfs_error *err)
{
	struct log_state state;
	int ret = volume_check_stale(vol, err);

	if (ret < 0 || __atomic_load_n(&vol->simulated, __ATOMIC_RELAXED))
		return ret;
	ret = log_load(&vol->log, &state);
	if (ret < 0)
		return device_failed(vol->dev, ret, "cannot read the log of", err);
	if (state.next_index != __atomic_load_n(&vol->followed, __ATOMIC_ACQUIRE))
		pthread_mutex_lock(&vol->mutex);
	/* One thread is enough to read torn entries again. */
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

void volume_space(struct famfs_volume *vol, struct volume_space *out)
{
	pthread_mutex_lock(&vol->mutex);
	*out = (struct volume_space){
		.data_units = vol->alloc.units - vol->alloc.first,
		.free_units = vol->alloc.free,
		.log_capacity = vol->log.capacity,
		.log_entries = vol->applied,
	};
	pthread_mutex_unlock(&vol->mutex);
}
