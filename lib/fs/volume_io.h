/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and writing the device of an open volume. */
#ifndef FS_VOLUME_IO_H
#define FS_VOLUME_IO_H

#include "fs/volume.h"

/* Read or write the bytes of a file through its fmap. Reads bypass this host's caches, except
 * in famfs mode, where struct famfs_file does it; writes are in memory when the call returns.
 * Return -ENXIO for a device that is not attached, or -EIO. The caller has checked the range. */
int volume_read_map(struct famfs_volume *vol, const struct famfs_fmap *fmap, uint64_t offset,
		    void *buf, size_t length);
int volume_write_map(struct famfs_volume *vol, const struct famfs_fmap *fmap, uint64_t offset,
		     const void *buf, size_t length);
/* Like volume_write_map() with zeros; the range may reach into the slack. */
int volume_zero_map(struct famfs_volume *vol, const struct famfs_fmap *fmap, uint64_t offset,
		    uint64_t length);

/* Reads metadata from memory, past this host's caches. 0 or -errno. */
int volume_read_raw(struct famfs_volume *vol, uint64_t offset, void *buf, size_t length);

#endif
