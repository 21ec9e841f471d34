/* SPDX-License-Identifier: Apache-2.0 */
/* Queries of an open famfs: facts, files, trees. */
#include "base/error.h"
#include "fs/volume.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void famfs_info(struct famfs_volume *vol, struct famfs_info *info)
{
	const struct superblock *sb = &vol->sb;

	memset(info, 0, sizeof(*info));
	/* An append that notices a takeover changes the master. */
	pthread_mutex_lock(&vol->mutex);
	memcpy(info->uuid, sb->uuid, sizeof(info->uuid));
	memcpy(info->device_uuid, sb->dev_uuid, sizeof(info->device_uuid));
	memcpy(info->master_uuid, sb->system_uuid, sizeof(info->master_uuid));
	memcpy(info->system_uuid, vol->identity.uuid, sizeof(info->system_uuid));
	info->system_uuid_source = vol->identity.source;
	info->role = vol->role;
	info->version = sb->version;
	info->omf_major = sb->major;
	info->omf_minor = sb->minor;
	info->alloc_unit = sb->alloc_unit;
	info->device_size = vol->dev->size;
	info->recorded_size = sb->recorded_size;
	info->usable_size = vol->usable;
	info->log_length = sb->log_length;
	info->log_capacity = vol->log.capacity;
	snprintf(info->recorded_name, sizeof(info->recorded_name), "%s", sb->name);
	info->log_entries = vol->applied;
	info->bad_entries = vol->bad_entries;
	info->files = vol->ns->files;
	info->directories = vol->ns->directories;
	info->file_bytes = vol->ns->file_bytes;
	info->data_length = (vol->alloc.units - vol->alloc.first) * OMF_ALLOC_UNIT;
	info->free_bytes = vol->alloc.free * OMF_ALLOC_UNIT;
	info->allocated_bytes = info->data_length - info->free_bytes;
	info->largest_free = allocator_largest(&vol->alloc) * OMF_ALLOC_UNIT;
	pthread_mutex_unlock(&vol->mutex);
}

uint32_t famfs_daxdev_count(struct famfs_volume *vol)
{
	/* Takes no lock: a kernel that waits for a device must not wait for a replay. */
	return __atomic_load_n(&vol->ndaxdevs, __ATOMIC_ACQUIRE);
}

int famfs_daxdev(struct famfs_volume *vol, uint32_t index, struct famfs_daxdev *out)
{
	if (index >= famfs_daxdev_count(vol))
		return -ENODEV;
	memset(out, 0, sizeof(*out));
	out->index = index;
	out->size = vol->daxdev_sizes[index];
	memcpy(out->uuid, vol->daxdev_uuids[index], sizeof(out->uuid));
	if (index == 0)
		snprintf(out->name, sizeof(out->name), "%s", vol->dev->path);
	return 0;
}

/* The caller passes the namespace that it also uses afterwards, since another thread may replace
 * that of the volume. */
static int find_node(const struct namespace *ns, const char *path, node_t *node,
		     struct famfs_error *err)
{
	size_t length = strlen(path);
	bool is_file = false;

	if (length >= OMF_PATH_SIZE)
		return error_set(err, -ENAMETOOLONG,
				 "path '%.100s...' has %zu bytes, the limit is %d bytes", path,
				 length, FAMFS_MAX_PATH);
	*node = namespace_resolve(ns, path, length, &is_file);
	if (*node != NODE_NONE)
		return 0;
	if (is_file)
		return error_set(err, -ENOTDIR, "cannot find '%s': a parent is not a directory",
				 path);
	return error_set(err, -ENOENT, "'%s' does not exist", path);
}

int famfs_stat(struct famfs_volume *vol, const char *path, struct famfs_stat *out,
	       struct famfs_error *err)
{
	const struct namespace *ns = volume_namespace(vol);
	node_t node;
	int ret = find_node(ns, path, &node, err);

	if (ret == 0)
		node_stat(ns, node, out);
	return ret;
}

int famfs_fmap(struct famfs_volume *vol, const char *path, struct famfs_fmap *out,
	       struct famfs_error *err)
{
	const struct namespace *ns = volume_namespace(vol);
	node_t node;
	int ret = find_node(ns, path, &node, err);

	if (ret < 0)
		return ret;
	if (node_is_dir(ns, node))
		return error_set(err, -EISDIR, "'%s' is a directory", *path ? path : "/");
	memset(out, 0, sizeof(*out));
	node_fmap(ns, node, out);
	return 0;
}

struct walk {
	const struct namespace *ns;
	bool recursive;
	famfs_visit_fn visit;
	void *arg;
};

static int visit_node(const struct walk *walk, node_t node)
{
	char path[OMF_PATH_SIZE];
	struct famfs_stat st;

	node_path(walk->ns, node, path);
	node_stat(walk->ns, node, &st);
	return walk->visit(walk->arg, path, &st);
}

/* Recurses once per path component, at most 40 deep. */
static int visit_children(const struct walk *walk, node_t dir)
{
	for (node_t child = node_first_child(walk->ns, dir); child != NODE_NONE;
	     child = node_next_sibling(walk->ns, child)) {
		int ret = visit_node(walk, child);

		if (ret == 0 && walk->recursive && node_is_dir(walk->ns, child))
			ret = visit_children(walk, child);
		if (ret)
			return ret;
	}
	return 0;
}

int famfs_walk(struct famfs_volume *vol, const char *path, bool recursive, famfs_visit_fn visit,
	       void *arg, struct famfs_error *err)
{
	struct walk walk = { volume_namespace(vol), recursive, visit, arg };
	node_t node;
	int ret = find_node(walk.ns, path, &node, err);

	if (ret == 0)
		ret = visit_node(&walk, node);
	if (ret == 0 && node_is_dir(walk.ns, node))
		ret = visit_children(&walk, node);
	return ret;
}
