/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Adding files and directories: reserve, fill, flush, publish.
 *
 * The log is locked only to pick extents and to append, so that a terabyte copy blocks no other
 * writer.
 */
#include "device/usage.h"
#include "fs/append.h"
#include "fs/extents.h"
#include "fs/file.h"
#include "fs/reservation.h"
#include "fs/stripe.h"
#include "media/path.h"

#include "base/error.h"
#include "shared/cleanup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Adds the remedy that creates the parent directory, the first `length` bytes of `path`. */
static void suggest_mkdir(const struct famfs_volume *vol, const char *path, size_t length,
			  struct famfs_error *err)
{
	cleanup_free char *parent = NULL;

	if (asprintf(&parent, "%s:/%.*s", vol->dev->path, (int)length, path) < 0)
		parent = NULL;
	else
		error_remedy(err, FAMFS_REMEDY_MAKE_PARENT, parent);
}

/* Checks that `path` can be created: it is free, its parent is a directory, and the log has
 * room. */
static int check_free(const struct famfs_volume *vol, const char *path, struct famfs_error *err)
{
	size_t length = strlen(path), leaf = path_leaf(path, length);
	size_t parent_length = leaf ? leaf - 1 : 0;
	bool is_file;
	node_t parent = namespace_resolve(vol->ns, path, parent_length, &is_file);

	if (parent == NODE_NONE && !is_file) {
		error_set(err, -ENOENT, "cannot create '%s': no directory '%.*s'", path,
			  (int)parent_length, path);
		suggest_mkdir(vol, path, parent_length, err);
		return -ENOENT;
	}
	if (is_file || !node_is_dir(vol->ns, parent))
		return error_set(err, -ENOTDIR, "cannot create '%s': '%.*s' is not a directory",
				 path, (int)parent_length, path);
	if (namespace_lookup(vol->ns, parent, path + leaf, length - leaf) != NODE_NONE)
		return error_set(err, -EEXIST, "'%s' exists already", path);
	if (vol->applied >= vol->log.capacity)
		return error_set(err, -ENOSPC,
				 "cannot create '%s': log is full: all %" PRIu64
				 " entries are in use",
				 path, vol->log.capacity);
	return 0;
}

static int append_path(struct famfs_volume *vol, struct record *rec, const char *path,
		       struct famfs_error *err)
{
	int ret = check_free(vol, path, err);

	if (ret < 0)
		return ret;
	record_set_path(rec, path);
	return volume_append(vol, rec, err);
}

static int check_attributes(uint32_t mode, const uint32_t reserved[4], struct famfs_error *err)
{
	int ret = error_if_reserved(reserved, 4, err);

	if (ret < 0)
		return ret;
	if (mode & ~(uint32_t)OMF_MODE_BITS)
		return error_set(err, -EINVAL, "mode %#o has more than permission bits", mode);
	return 0;
}

static int check_params(const struct famfs_volume *vol, const char *path,
			const struct famfs_create_params *params, struct layout *layout,
			struct famfs_error *err)
{
	int ret = check_attributes(params->mode, params->reserved, err);

	*layout = (struct layout){ params->size, params->nstrips, params->nbuckets,
				   params->chunk_size };
	if (ret == 0)
		ret = path_check(path, params->raw_names, err);
	return ret ? ret : layout_check(vol, layout, err);
}

/* Prefixes the message with the file's name. */
static int name_failure(const struct famfs_volume *vol, const char *path, int code,
			struct famfs_error *why, struct famfs_error *err)
{
	const uint64_t data = vol->log.length + OMF_LOG_OFFSET;
	struct usage_text user;
	uint64_t end;

	error_set(err, code, "cannot create '%s': %.500s", path, why->message);
	if (code == -ENOSPC &&
	    device_lock_conflict(vol->dev, data, vol->dev->size - data, &end) > 0) {
		(void)device_lock_holder(vol->dev, data, vol->dev->size - data, "reserved", &user);
		error_set(err, code, "cannot create '%s': %.500s; other space is %s", path,
			  why->message, user.text);
	}
	if (code == -ENOSPC)
		error_remedy(err, FAMFS_REMEDY_SHOW_SPACE, vol->dev->path);
	return code;
}

static int reserve_space(struct famfs_file *file, const struct layout *layout,
			 struct famfs_error *err)
{
	struct famfs_volume *vol = file->vol;
	struct famfs_error why;
	int ret = volume_begin_append(vol, err);

	if (ret < 0)
		return ret;
	ret = check_free(vol, file->path, err);
	if (ret == 0) {
		ret = layout_place(vol, layout,
				   vol->dry_run ? extent_take_unlocked : extent_take_locked,
				   &file->fmap, &why);
		if (ret < 0)
			name_failure(vol, file->path, ret, &why, err);
	}
	volume_end_append(vol);
	return ret;
}

static struct famfs_file *file_alloc(struct famfs_volume *vol, const char *path,
				     const struct famfs_create_params *params)
{
	struct famfs_file *file = calloc(1, sizeof(*file));

	if (!file)
		return NULL;
	file->vol = vol;
	file->uid = params->uid;
	file->gid = params->gid;
	file->mode = params->mode;
	strcpy(file->path, path); /* path_check() checked its length */
	return file;
}

int famfs_create(struct famfs_volume *vol, const char *path,
		 const struct famfs_create_params *params, struct famfs_file **out,
		 struct famfs_error *err)
{
	struct famfs_file *file;
	struct layout layout;
	int ret = check_params(vol, path, params, &layout, err);

	if (ret < 0)
		return ret;
	file = file_alloc(vol, path, params);
	if (!file)
		return error_set(err, -ENOMEM, "out of memory");
	ret = reserve_space(file, &layout, err);
	if (ret < 0) {
		free(file);
		return ret;
	}
	file->pending = true;
	if (!params->no_zero)
		ret = famfs_file_zero(file, 0, file->fmap.size, err);
	if (ret < 0) {
		famfs_file_close(file);
		return ret;
	}
	*out = file;
	return 0;
}

static struct record file_record(const struct famfs_file *file)
{
	return (struct record){ .type = OMF_FILE,
				.uid = file->uid,
				.gid = file->gid,
				.mode = file->mode,
				.fmap = file->fmap };
}

static int publish(struct famfs_file *file, struct famfs_error *err)
{
	struct record rec = file_record(file);
	int ret = file_zero_slack(file, err);

	if (ret < 0)
		return ret;
	ret = volume_begin_append(file->vol, err);
	if (ret < 0)
		return ret;
	ret = append_path(file->vol, &rec, file->path, err);
	volume_end_append(file->vol);
	return ret;
}

int famfs_file_publish(struct famfs_file *file, struct famfs_error *err)
{
	int ret = file->pending ? publish(file, err) : 0;

	/* The reservation ends either way: the log has the extents now, or they are free again. */
	famfs_file_close(file);
	return ret;
}

/* The slack is zeroed between the two locks, so that other writers need not wait for it. */
static int create_and_publish(struct famfs_volume *vol, const char *path,
			      const struct famfs_create_params *params, struct famfs_error *err)
{
	struct famfs_file *file;
	int ret = famfs_create(vol, path, params, &file, err);

	return ret < 0 ? ret : famfs_file_publish(file, err);
}

/* Creates a file that fills its extents: without slack, only its entry has to be written. */
static int create_locked(struct famfs_file *file, const struct layout *layout,
			 struct famfs_error *err)
{
	struct famfs_volume *vol = file->vol;
	struct famfs_error why;
	struct record rec;
	int ret = check_free(vol, file->path, err);

	if (ret < 0)
		return ret;
	ret = layout_place(vol, layout, extent_take_unlocked, &file->fmap, &why);
	if (ret < 0)
		return name_failure(vol, file->path, ret, &why, err);
	rec = file_record(file);
	ret = append_path(vol, &rec, file->path, err);
	extents_release_unlocked(vol, &file->fmap);
	return ret;
}

int famfs_create_unfilled(struct famfs_volume *vol, const char *path,
			  const struct famfs_create_params *params, struct famfs_error *err)
{
	struct famfs_file file = {
		.vol = vol, .uid = params->uid, .gid = params->gid, .mode = params->mode
	};
	struct layout layout;
	int ret = check_params(vol, path, params, &layout, err);

	if (ret < 0)
		return ret;
	if (!params->no_zero)
		return error_set(err, -EINVAL, "an unfilled file cannot be a zeroed one");
	if (params->nstrips || params->size % OMF_ALLOC_UNIT)
		return create_and_publish(vol, path, params, err);
	strcpy(file.path, path); /* path_check() has its length */
	ret = volume_begin_append(vol, err);
	if (ret < 0)
		return ret;
	ret = create_locked(&file, &layout, err);
	volume_end_append(vol);
	return ret;
}

static uint32_t dir_mode(const struct famfs_mkdir_params *params, bool leaf)
{
	if (leaf)
		return params->mode;
	return params->parents_mode ? params->parents_mode : 0755;
}

/* Appends the directory; with `parents`, accepts one that exists. */
static int append_dir(struct famfs_volume *vol, const char *path,
		      const struct famfs_mkdir_params *params, bool leaf, struct famfs_error *err)
{
	struct record rec = { .type = OMF_MKDIR,
			      .uid = params->uid,
			      .gid = params->gid,
			      .mode = dir_mode(params, leaf) };
	bool is_file;
	node_t node = namespace_resolve(vol->ns, path, strlen(path), &is_file);

	if (params->parents && node != NODE_NONE && node_is_dir(vol->ns, node))
		return 0;
	return append_path(vol, &rec, path, err);
}

/* Checks that the log has room for all missing directories, so that none is created in vain. */
static int check_room(const struct famfs_volume *vol, const char *path, struct famfs_error *err)
{
	uint64_t missing = 1, room = vol->log.capacity - vol->applied;
	bool is_file;

	for (const char *p = path; (p = strchr(p, '/')); p++)
		missing +=
			namespace_resolve(vol->ns, path, (size_t)(p - path), &is_file) == NODE_NONE;
	if (missing == 1 || missing <= room)
		return 0;
	return error_set(err, -ENOSPC,
			 "cannot create '%s': log is full: of %" PRIu64 " entries %" PRIu64
			 " are free, %" PRIu64 " are needed",
			 path, vol->log.capacity, room, missing);
}

static int append_dirs(struct famfs_volume *vol, const char *path,
		       const struct famfs_mkdir_params *params, struct famfs_error *err)
{
	int ret = params->parents ? check_room(vol, path, err) : 0;
	char parent[OMF_PATH_SIZE];

	for (const char *p = path; params->parents && ret == 0 && (p = strchr(p, '/')); p++) {
		memcpy(parent, path, (size_t)(p - path));
		parent[p - path] = '\0';
		ret = append_dir(vol, parent, params, false, err);
	}
	return ret ? ret : append_dir(vol, path, params, true, err);
}

int famfs_mkdir(struct famfs_volume *vol, const char *path, const struct famfs_mkdir_params *params,
		struct famfs_error *err)
{
	int ret = check_attributes(params->mode, params->reserved, err);

	if (ret == 0 && params->parents && path[0] == '\0')
		return 0;
	if (ret == 0)
		ret = path_check(path, params->raw_names, err);
	if (ret == 0)
		ret = volume_begin_append(vol, err);
	if (ret < 0)
		return ret;
	ret = append_dirs(vol, path, params, err);
	volume_end_append(vol);
	return ret;
}
