/* SPDX-License-Identifier: Apache-2.0 */
/* The expected contents of a file system, step by step. */
#include "memdev.h"

#include "fs/extents.h"

#include <string.h>
#include <sys/stat.h>

static uint32_t seed_of(size_t index)
{
	return (uint32_t)index + 1000;
}

static int add_directory(struct famfs_volume *vol, const struct plan_entry *entry, size_t index,
			 struct famfs_error *err)
{
	const struct famfs_mkdir_params params = { .mode = 0700 + (uint32_t)(index & 7),
						   .uid = (uint32_t)index,
						   .gid = 7 };

	return famfs_mkdir(vol, entry->path, &params, err);
}

static int add_planned_file(struct famfs_volume *vol, const struct plan_entry *entry, size_t index,
			    struct famfs_error *err)
{
	const struct famfs_create_params params = { .size = entry->size,
						    .mode = 0600 + (uint32_t)(index & 7),
						    .uid = (uint32_t)index,
						    .gid = 7,
						    .nstrips = entry->nstrips,
						    .nbuckets = entry->nstrips,
						    .chunk_size = entry->nstrips ? AU : 0,
						    .no_zero = true };
	struct famfs_file *file;
	unsigned char bytes[8192];
	int ret;

	if (entry->unfilled)
		return famfs_create_unfilled(vol, entry->path, &params, err);
	ret = famfs_create(vol, entry->path, &params, &file, err);
	if (ret < 0)
		return ret;
	/* Writes a file in two parts, and only the ends of a long file. */
	fill_bytes(bytes, sizeof(bytes), seed_of(index));
	if (entry->size > sizeof(bytes))
		ret = famfs_file_write(file, entry->size - 512, bytes + 512, 512, err);
	if (ret == 0)
		ret = famfs_file_write(file, 0, bytes,
				       entry->size < sizeof(bytes) ? entry->size : sizeof(bytes),
				       err);
	if (ret == 0)
		return famfs_file_publish(file, err);
	famfs_file_close(file);
	return ret;
}

int plan_add(struct famfs_volume *vol, const struct plan *plan, size_t index,
	     struct famfs_error *err)
{
	const struct plan_entry *entry = &plan->entries[index];

	return entry->size ? add_planned_file(vol, entry, index, err)
			   : add_directory(vol, entry, index, err);
}

static const char *bytes_fault(struct famfs_file *file, const struct plan_entry *entry,
			       size_t index)
{
	unsigned char want[8192], got[8192];
	size_t length = entry->size < sizeof(want) ? entry->size : sizeof(want);
	struct famfs_error err;

	fill_bytes(want, sizeof(want), seed_of(index));
	if (famfs_file_read(file, 0, got, length, &err) < 0)
		return "a file cannot be read";
	if (memcmp(want, got, length) != 0)
		return "a file has other contents";
	if (entry->size <= sizeof(want))
		return NULL;
	if (famfs_file_read(file, entry->size - 512, got, 512, &err) < 0)
		return "the end of a file cannot be read";
	return memcmp(want + 512, got, 512) ? "a file has other contents at its end" : NULL;
}

static const char *contents_fault(struct famfs_volume *vol, const struct plan_entry *entry,
				  size_t index)
{
	struct famfs_file *file;
	struct famfs_error err;
	const char *fault;

	if (famfs_file_open(vol, entry->path, &file, &err) < 0)
		return "a file cannot be opened";
	fault = bytes_fault(file, entry, index);
	famfs_file_close(file);
	return fault;
}

const char *plan_entry_fault(struct famfs_volume *vol, const struct plan *plan, size_t index)
{
	const struct plan_entry *entry = &plan->entries[index];
	struct famfs_stat st;
	struct famfs_error err;

	if (famfs_stat(vol, entry->path, &st, &err) < 0)
		return "an entry is missing";
	if (st.entry != index || st.uid != index || st.gid != 7 || st.size != entry->size)
		return "an entry has other attributes";
	if (st.mode != (entry->size ? S_IFREG | 0600 : S_IFDIR | 0700) + (index & 7))
		return "an entry has another mode";
	return entry->size && !entry->unfilled ? contents_fault(vol, entry, index) : NULL;
}

const char *plan_fault(struct famfs_volume *vol, const struct plan *plan)
{
	uint64_t bytes = 0;
	struct famfs_info info;
	struct famfs_fmap fmap;

	famfs_info(vol, &info);
	if (info.bad_entries)
		return "a damaged entry is seen";
	if (info.log_entries > plan->count)
		return "there are entries that are not in the plan";
	if (info.files + info.directories != info.log_entries)
		return "there are more or fewer names than entries";
	for (size_t i = 0; i < info.log_entries; i++) {
		const char *fault = plan_entry_fault(vol, plan, i);

		if (fault)
			return fault;
		if (plan->entries[i].size &&
		    famfs_fmap(vol, plan->entries[i].path, &fmap, NULL) == 0)
			bytes += fmap_allocated(&fmap);
	}
	return info.allocated_bytes == bytes ? NULL : "space is taken that no file has";
}

/* Checks the bytes from the end of the file to the end of its extents, in memory. */
static bool slack_is_zero(const struct famfs_fmap *fmap, const struct memory *mem)
{
	uint64_t at = fmap->size, end = fmap_capacity(fmap);

	while (at < end) {
		struct piece piece = fmap_piece(fmap, at, end - at);
		const unsigned char *p = mem->base + piece.offset;

		if (p[0] != 0 || memcmp(p, p + 1, piece.length - 1) != 0)
			return false;
		at += piece.length;
	}
	return true;
}

const char *plan_slack_fault(struct famfs_volume *vol, const struct plan *plan,
			     const struct memory *mem)
{
	struct famfs_info info;
	struct famfs_fmap fmap;

	famfs_info(vol, &info);
	for (size_t i = 0; i < info.log_entries; i++)
		if (plan->entries[i].size &&
		    (famfs_fmap(vol, plan->entries[i].path, &fmap, NULL) < 0 ||
		     !slack_is_zero(&fmap, mem)))
			return "old data shows after the end of a file";
	return NULL;
}
