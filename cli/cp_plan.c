/* SPDX-License-Identifier: Apache-2.0 */
#include "cleanup.h"
#include "cp.h"
#include "text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

void cp_plan_begin(struct cp *cp)
{
	struct famfs_info info;

	famfs_info(cp->volume, &info);
	cp->room = (struct cp_room){ .bytes = info.free_bytes,
				     .entries = info.log_capacity - info.log_entries,
				     .capacity = info.log_capacity };
}

static uint64_t round_up(uint64_t n, uint64_t unit)
{
	return (n + unit - 1) / unit * unit;
}

/* Whole units, or of an interleaved file as many whole chunks in every strip. */
static uint64_t space_of(const struct cp *cp, uint64_t size)
{
	const struct layout *layout = &cp->options->layout;

	if (!layout->nstrips || size < layout->chunk_size)
		return round_up(size, FAMFS_ALLOC_UNIT);
	return round_up(size, layout->nstrips * layout->chunk_size);
}

static int take_entry(struct cp *cp, const char *path, struct famfs_error *err)
{
	if (!cp->room.entries)
		return cp_set_error(err, -ENOSPC,
				    "cannot create '%s': log is full: all %" PRIu64
				    " entries are in use",
				    path, cp->room.capacity);
	cp->room.entries--;
	return 0;
}

static int plan_new(const struct cp_file *file, struct famfs_error *err)
{
	uint64_t need = space_of(file->cp, (uint64_t)file->st.st_size);
	char needed[TEXT_SIZE_LENGTH], left[TEXT_SIZE_LENGTH];
	struct cp_room *room = &file->cp->room;

	if (need > room->bytes)
		return cp_set_error(err, -ENOSPC, "cannot create '%s': need %s, %s free",
				    file->destination, text_size(needed, need),
				    text_size(left, room->bytes));
	if (take_entry(file->cp, file->destination, err) < 0)
		return err->code;
	room->bytes -= need;
	cp_did(file->cp, CP_COPIED, file->source, file->destination, (uint64_t)file->st.st_size);
	return 0;
}

/* --resume has to read both to know. */
static int plan_resume(const struct cp_file *file, struct famfs_error *err)
{
	cleanup_file struct famfs_file *to = NULL;
	int ret = famfs_file_open(file->cp->volume, file->destination, &to, err);

	if (ret == 0)
		ret = famfs_file_compare(to, file->fd, NULL, NULL, err);
	if (ret < 0 && ret != -EBADMSG)
		return ret;
	cp_did(file->cp, ret == 0 ? CP_SAME : CP_UPDATED, file->source, file->destination, 0);
	return 0;
}

static int plan_existing(const struct cp_file *file, struct famfs_error *err)
{
	const struct cp_options *options = file->cp->options;
	int ret;

	if (!options->overwrite && !options->resume) {
		cp_set_error(err, -EEXIST, "'%s' exists already", file->destination);
		return -EEXIST;
	}
	ret = cp_check_existing(file, err);
	if (ret == 0 && options->resume)
		return plan_resume(file, err);
	if (ret == 0)
		cp_did(file->cp, CP_OVERWRITTEN, file->source, file->destination,
		       (uint64_t)file->st.st_size);
	return ret;
}

void cp_plan_file(const struct cp_file *file)
{
	struct famfs_error err = { 0 };
	struct famfs_stat there;
	int ret = famfs_path_check(file->destination, &err);

	if (ret == 0) {
		ret = famfs_stat(file->cp->volume, file->destination, &there, &err);
		if (ret == 0)
			ret = plan_existing(file, &err);
		else if (ret == -ENOENT)
			ret = plan_new(file, &err);
	}
	if (ret < 0)
		cp_failed(file->cp, &err);
}

int cp_plan_directory(struct cp *cp, const char *source, const char *destination)
{
	struct famfs_error err = { 0 };
	struct famfs_stat there;
	int ret = famfs_path_check(destination, &err);

	if (ret == 0) {
		ret = famfs_stat(cp->volume, destination, &there, &err);
		if (ret == 0 && S_ISDIR(there.mode))
			return 0;
		if (ret == 0)
			ret = cp_set_error(&err, -EEXIST, "'%s' exists already", destination);
		else if (ret == -ENOENT)
			ret = take_entry(cp, destination, &err);
	}
	if (ret < 0)
		cp_failed(cp, &err);
	else
		cp_did(cp, CP_DIRECTORY, source, destination, 0);
	return ret;
}
