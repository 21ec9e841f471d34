/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A torn entry changes nothing in the replicas. So if only torn entries follow it, the replay
 * restarts at it. Otherwise the entries after it were applied without it: a name may belong to
 * another entry, a directory may have been implied, an overlap may be reported for the wrong file.
 * Then the whole log is replayed into new replicas, which replace the old ones. Readers take no
 * lock and may keep using the old namespace and its names, so the old namespace stays until the
 * volume is closed, and the number of such rebuilds is limited.
 */
#include "fs/heal.h"

#include "base/bitmap.h"
#include "base/error.h"
#include "base/minmax.h"
#include "fs/replay.h"
#include "fs/torn.h"

#include <inttypes.h>
#include <string.h>
#include <syslog.h>

#define LOOKS_MAX 16   /* entries read per catch-up */
#define WORDS_MAX 4096 /* bitmap words searched per entry */

/* The next torn entry at or after `from`. Searches a limited number of words, and returns the
 * position to continue from if it finds none. */
static uint64_t next_torn(const struct famfs_volume *vol, uint64_t from)
{
	uint64_t end = vol->applied, word = from / BITMAP_WORD_BITS;
	uint64_t bits = vol->torn.bits[word] & bitmap_mask(word, from, UINT64_MAX);

	for (size_t i = 0; !bits && i < WORDS_MAX && (word + 1) * BITMAP_WORD_BITS < end; i++)
		bits = vol->torn.bits[++word];
	if (!bits)
		return min_u64((word + 1) * BITMAP_WORD_BITS, end);
	return word * BITMAP_WORD_BITS + (uint64_t)__builtin_ctzll(bits);
}

/* Reads the next few torn entries, and returns one that is whole now, or FAMFS_NO_ENTRY. */
static uint64_t find_whole(struct famfs_volume *vol)
{
	uint64_t first = torn_is_exhausted(vol) ? vol->torn.whole : 0;
	uint64_t looks = min_u64(LOOKS_MAX, vol->torn.count), *at = &vol->torn.cursor;

	/* The cursor may wrap around at the end of the log once. */
	for (uint64_t steps = 0; looks && steps <= LOOKS_MAX + 1; steps++) {
		*at = *at < vol->applied ? next_torn(vol, max_u64(*at, first)) : first;
		if (*at >= vol->applied || !bitmap_test(vol->torn.bits, *at))
			continue;
		if (log_has_entry(&vol->log, *at))
			return *at;
		++*at;
		looks--;
	}
	return FAMFS_NO_ENTRY;
}

/* Units are marked before the files become visible. Files of the old namespace may still be
 * mapped, so their units count as well until the volume is opened again. */
static void mark_overlaps(struct famfs_volume *vol, const struct namespace *ns, uint64_t entries)
{
	struct famfs_fmap fmap;

	begin_overlap(vol);
	for (uint64_t i = 0; i < entries; i++)
		if (!node_exists(vol->ns, node_of_entry(i)) && entry_fmap(ns, i, &fmap))
			overlap_add(&vol->overlap, &fmap);
}

/* Devices are only ever added to the log, unless the medium is damaged. */
static void take_devices(struct famfs_volume *vol, const struct famfs_volume *fresh)
{
	memcpy(vol->daxdev_sizes, fresh->daxdev_sizes, sizeof(vol->daxdev_sizes));
	memcpy(vol->daxdev_uuids, fresh->daxdev_uuids, sizeof(vol->daxdev_uuids));
	__atomic_store_n(&vol->ndaxdevs, fresh->ndaxdevs, __ATOMIC_RELEASE);
}

/* Moves the replicas of `fresh` to `vol`. `fresh` gets the old ones that are only read with the
 * mutex, so that the caller can free them. */
static void exchange(struct famfs_volume *vol, struct famfs_volume *fresh)
{
	struct allocator alloc = vol->alloc;
	struct torn torn = vol->torn;

	allocator_keep_held(&fresh->alloc, &alloc);
	mark_overlaps(vol, fresh->ns, fresh->applied);
	take_devices(vol, fresh);
	vol->alloc = fresh->alloc;
	fresh->alloc = alloc;
	vol->torn.bits = fresh->torn.bits;
	vol->torn.whole = fresh->torn.whole;
	torn_set_count(vol, fresh->torn.count);
	fresh->torn.bits = torn.bits;
	vol->bad_entries = fresh->bad_entries;
	vol->first_bad = fresh->first_bad;
	vol->suspect = fresh->suspect;
	vol->suspect_since = fresh->suspect_since;
	namespace_share(fresh->ns);
	__atomic_store_n(&vol->ns, fresh->ns, __ATOMIC_RELEASE);
	fresh->ns = NULL;
	__atomic_store_n(&vol->applied, fresh->applied, __ATOMIC_RELEASE);
	__atomic_store_n(&vol->followed, fresh->followed, __ATOMIC_RELEASE);
}

static int replay_anew(struct famfs_volume *vol, struct famfs_volume *fresh,
		       struct famfs_error *err)
{
	int ret = volume_init_replicas(fresh, vol->ns->files + vol->ns->directories, err);

	if (ret < 0)
		return ret;
	namespace_succeed(fresh->ns, vol->ns);
	return replay(fresh, err);
}

static void log_whole(struct famfs_volume *vol, uint64_t index)
{
	volume_log(vol, LOG_NOTICE, "'%s': log entry %" PRIu64 " is whole now", vol->dev->path,
		   index);
}

static void give_up(struct famfs_volume *vol)
{
	torn_set_count(vol, vol->applied - vol->torn.whole);
	volume_log(vol, LOG_WARNING,
		   "'%s': damaged log entries became whole too often: from now on that is "
		   "seen after the next mount",
		   vol->dev->path);
}

/* Replays the whole log because entry `index`, which whole entries follow, is whole now. */
static int rebuild(struct famfs_volume *vol, uint64_t index, struct famfs_error *err)
{
	struct famfs_volume fresh = {
		.dev = vol->dev, .sb = vol->sb, .usable = vol->usable, .log = vol->log
	};
	struct log_state state;
	int ret = log_load(&vol->log, &state);

	if (ret < 0)
		return device_failed(vol->dev, ret, "cannot read the log of", err);
	/* If the log lost whole entries, check_appendable() reports that. */
	if (state.next_index < vol->torn.whole)
		return 0;
	vol->torn.rebuilds++;
	ret = replay_anew(vol, &fresh, err);
	/* The replay ends early if an entry that was whole is torn now. */
	if (ret == 0 && fresh.applied >= vol->torn.whole) {
		exchange(vol, &fresh);
		log_whole(vol, index);
	}
	/* The volume owns the former namespace in either case. */
	if (fresh.ns)
		fresh.ns->before = NULL;
	volume_destroy_replicas(&fresh);
	if (torn_is_exhausted(vol))
		give_up(vol);
	return ret;
}

int heal(struct famfs_volume *vol, struct famfs_error *err)
{
	uint64_t index = find_whole(vol);

	if (index == FAMFS_NO_ENTRY)
		return 0;
	if (index < vol->torn.whole)
		return rebuild(vol, index, err);
	torn_go_back(vol, index);
	log_whole(vol, index);
	return replay(vol, err);
}

int heal_all(struct famfs_volume *vol, struct famfs_error *err)
{
	uint64_t before;
	int ret;

	if (!vol->torn.count || vol->simulated)
		return 0;
	do {
		before = vol->torn.count;
		vol->torn.cursor = 0;
		ret = heal(vol, err);
	} while (ret == 0 && vol->torn.count && vol->torn.count < before);
	return ret ? ret : replay_all(vol, err);
}
