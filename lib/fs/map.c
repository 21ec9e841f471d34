/* SPDX-License-Identifier: Apache-2.0 */
/* Maps a file into one range of addresses. */
#include "famfs.h"

#include "base/error.h"
#include "device/mapping.h"
#include "fs/extents.h"
#include "fs/volume.h"
#include "shared/cleanup.h"

#include <errno.h>
#include <inttypes.h>

struct plan {
	const char *path;
	const struct device *dev;
	struct famfs_fmap fmap;
	struct map_piece *pieces; /* NULL on the first pass, which counts them */
	size_t count;
	struct map_piece last;
};

static int check_piece(const struct plan *plan, const struct piece *piece, struct famfs_error *err)
{
	uint64_t align = plan->dev->align;

	if (piece->daxdev != 0)
		return error_set(err, -ENXIO,
				 "'%s' is on device %" PRIu64 ", which is not attached", plan->path,
				 piece->daxdev);
	if (piece->length && piece->offset % align == 0 && piece->length % align == 0)
		return 0;
	return error_set(err, -EOPNOTSUPP,
			 "'%s' has a piece of %" PRIu64 " bytes at device offset %" PRIu64
			 ", and '%s' is mapped in units of %" PRIu64,
			 plan->path, piece->length, piece->offset, plan->dev->path, align);
}

/* Adds a piece, or extends the last one if the new piece continues it. */
static void add_piece(struct plan *plan, const struct piece *piece)
{
	if (plan->count && plan->last.offset + plan->last.length == piece->offset) {
		plan->last.length += piece->length;
	} else {
		plan->last = (struct map_piece){ piece->offset, piece->length };
		plan->count++;
	}
	if (plan->pieces)
		plan->pieces[plan->count - 1] = plan->last;
}

static int walk_pieces(struct plan *plan, struct famfs_error *err)
{
	uint64_t align = plan->dev->align, at = 0;
	uint64_t end = (plan->fmap.size + align - 1) / align * align;

	plan->count = 0;
	while (at < end) {
		struct piece piece = fmap_piece(&plan->fmap, at, end - at);
		int ret = check_piece(plan, &piece, err);

		if (ret < 0)
			return ret;
		add_piece(plan, &piece);
		at += piece.length;
	}
	return 0;
}

static int make_plan(struct famfs_volume *vol, struct plan *plan, struct famfs_error *err)
{
	int ret = volume_check_stale(vol, err);

	if (ret == 0)
		ret = famfs_fmap(vol, plan->path, &plan->fmap, err);
	if (ret < 0)
		return ret;
	if (!plan->dev->align)
		return error_set(err, -EOPNOTSUPP,
				 "'%s' cannot be mapped: %s are all there is of it", plan->path,
				 plan->dev->ops->kind);
	ret = walk_pieces(plan, err);
	if (ret < 0)
		return ret;
	plan->pieces = malloc(plan->count * sizeof(*plan->pieces));
	if (!plan->pieces)
		return error_set(err, -ENOMEM, "out of memory");
	return walk_pieces(plan, err);
}

static int unmap_if_stale(struct famfs_volume *vol, struct famfs_mapping **mapping,
			  struct famfs_error *err)
{
	int ret = volume_check_stale(vol, err);

	if (ret == 0)
		return 0;
	famfs_unmap(*mapping);
	*mapping = NULL;
	return ret;
}

static int map_pieces(struct famfs_volume *vol, const char *path, bool write,
		      struct famfs_mapping **out, struct famfs_error *err)
{
	struct plan plan = { .path = path, .dev = vol->dev };
	int ret = make_plan(vol, &plan, err);

	if (ret == 0) {
		const struct map_request request = { .name = path,
						     .pieces = plan.pieces,
						     .count = plan.count,
						     .size = plan.fmap.size,
						     .write = write };

		ret = device_map(vol->dev, &request, out, err);
		/* From now on the lock of the mapping keeps mkfs away. */
		if (ret == 0)
			ret = unmap_if_stale(vol, out, err);
	}
	free(plan.pieces);
	return ret;
}

/* In famfs mode the device node cannot be mapped, so the file is mapped through its mount. */
static int map_file(struct famfs_volume *vol, const char *path, bool write,
		    struct famfs_mapping **out, struct famfs_error *err)
{
	struct map_request request = { .name = path, .write = write };
	cleanup_fd int file = -1;
	struct famfs_fmap fmap;
	int ret = volume_check_stale(vol, err);

	if (ret == 0)
		ret = famfs_fmap(vol, path, &fmap, err);
	if (ret < 0)
		return ret;
	file = vol->dev->ops->open_file(vol->dev, path, write);
	if (file == -EOPNOTSUPP)
		return error_set(err, file, "'%s' cannot be mapped: %s are all there is of it",
				 path, vol->dev->ops->kind);
	if (file < 0)
		return device_explain(vol->dev,
				      error_errno(err, file, "cannot open '%s'%s", path,
						  write ? " for writing" : ""),
				      err);
	request.size = fmap.size;
	return device_map_file(vol->dev, file, &request, out, err);
}

int famfs_map(struct famfs_volume *vol, const char *path, const struct famfs_map_params *params,
	      struct famfs_mapping **out, struct famfs_error *err)
{
	int ret = error_if_reserved(params->reserved, 4, err);

	if (ret == 0 && params->write && vol->dry_run)
		ret = error_set(err, -EBADF, "'%s' is open for a dry run only", vol->dev->path);
	if (ret < 0)
		return ret;
	if (vol->dev->ops->open_file)
		return map_file(vol, path, params->write, out, err);
	return map_pieces(vol, path, params->write, out, err);
}
