/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/torn.h"

#include "base/bitmap.h"

void torn_set_count(struct famfs_volume *vol, uint64_t count)
{
	__atomic_store_n(&vol->torn.count, count, __ATOMIC_RELAXED);
}

bool torn_is_exhausted(const struct famfs_volume *vol)
{
	return vol->torn.rebuilds == TORN_MAX_REBUILDS;
}

void torn_note(struct famfs_volume *vol, uint64_t index, enum famfs_fault fault)
{
	if (!fault_is_torn(fault)) {
		vol->torn.whole = index + 1;
		if (torn_is_exhausted(vol))
			torn_set_count(vol, 0);
		return;
	}
	bitmap_set(vol->torn.bits, index);
	torn_set_count(vol, vol->torn.count + 1);
}

void torn_go_back(struct famfs_volume *vol, uint64_t index)
{
	for (uint64_t i = index; i < vol->applied; i++)
		bitmap_clear(vol->torn.bits, i);
	torn_set_count(vol, vol->torn.count - (vol->applied - index));
	vol->bad_entries -= vol->applied - index;
	if (vol->first_bad.entry != FAMFS_NO_ENTRY && vol->first_bad.entry >= index)
		vol->first_bad.entry = FAMFS_NO_ENTRY;
	/* Its time belongs to an entry that was removed. */
	if (vol->suspect >= index)
		vol->suspect = FAMFS_NO_ENTRY;
	__atomic_store_n(&vol->applied, index, __ATOMIC_RELEASE);
}

void torn_cut(struct famfs_volume *vol, uint64_t published)
{
	if (published < vol->applied && published >= vol->torn.whole && !vol->simulated)
		torn_go_back(vol, published);
}
