/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/volume_io.h"

#include "fs/extents.h"

#include <errno.h>

typedef int (*piece_fn)(struct device *dev, const struct piece *piece, void *buf);

static int read_piece(struct device *dev, const struct piece *piece, void *buf)
{
	device_invalidate(dev, piece->offset, piece->length);
	return device_read(dev, piece->offset, buf, piece->length);
}

/* Stores zeros if `buf` is NULL. */
static int store_piece(struct device *dev, const struct piece *piece, void *buf)
{
	return device_store(dev, piece->offset, buf, piece->length);
}

/* For a dry run: checks that all pieces exist, and stores nothing. */
static int skip_piece(struct device *dev, const struct piece *piece, void *buf)
{
	(void)dev, (void)piece, (void)buf;
	return 0;
}

static piece_fn storing(const struct famfs_volume *vol)
{
	return vol->dry_run ? skip_piece : store_piece;
}

static int for_pieces(struct famfs_volume *vol, const struct famfs_fmap *fmap, uint64_t offset,
		      void *buf, uint64_t length, piece_fn fn)
{
	char *p = buf;

	while (length) {
		struct piece piece = fmap_piece(fmap, offset, length);
		int ret;

		if (piece.length == 0)
			return -EIO;
		if (piece.daxdev != 0)
			return -ENXIO; /* only the primary device is attached */
		ret = fn(vol->dev, &piece, p);
		if (ret < 0)
			return ret;
		offset += piece.length;
		length -= piece.length;
		p = p ? p + piece.length : NULL;
	}
	return 0;
}

int volume_read_map(struct famfs_volume *vol, const struct famfs_fmap *fmap, uint64_t offset,
		    void *buf, size_t length)
{
	return for_pieces(vol, fmap, offset, buf, length, read_piece);
}

int volume_write_map(struct famfs_volume *vol, const struct famfs_fmap *fmap, uint64_t offset,
		     const void *buf, size_t length)
{
	/* store_piece() does not write to its buffer. */
	int ret = for_pieces(vol, fmap, offset, (void *)(uintptr_t)buf, length, storing(vol));

	device_fence(vol->dev);
	return ret;
}

int volume_zero_map(struct famfs_volume *vol, const struct famfs_fmap *fmap, uint64_t offset,
		    uint64_t length)
{
	int ret = for_pieces(vol, fmap, offset, NULL, length, storing(vol));

	device_fence(vol->dev);
	return ret;
}

int volume_read_raw(struct famfs_volume *vol, uint64_t offset, void *buf, size_t length)
{
	device_invalidate(vol->dev, offset, length);
	return device_read(vol->dev, offset, buf, length);
}
