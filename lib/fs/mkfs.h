/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FS_MKFS_H
#define FS_MKFS_H

#include "device/device.h"
#include "media/superblock.h"

/* Writes an empty file system, without checks and without reading it back. Erases the old magic
 * first and writes the new one last, so that a power cut leaves the old file system, none, or the
 * new one. */
int mkfs_write(struct device *dev, const struct superblock *sb);

#endif
