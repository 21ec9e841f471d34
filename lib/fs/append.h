/* SPDX-License-Identifier: Apache-2.0 */
/* Adding entries to the log of an open volume: who may, under which lock, and after what checks. */
#ifndef FS_APPEND_H
#define FS_APPEND_H

#include "fs/volume.h"

/* -EROFS and whose file system it is, or 0. */
int volume_check_master(const struct famfs_volume *vol, struct famfs_error *err);

/*
 * Takes the append lock of the device and judges the superblock under it, as every change of the
 * medium begins: -ESTALE when it is not the one that this volume knows, -EUCLEAN when it is
 * damaged, -EROFS when another host became the master. Then flushes what a killed process left in
 * the caches.
 * *raw, unless NULL, is the superblock that was judged. Mutex held, or the volume not shared.
 */
int volume_lock_log(struct famfs_volume *vol, struct omf_super *raw, struct famfs_error *err);

/* For space that is reserved, and not published: like volume_check_stale(), and -EROFS when another
 * host became the master, who may have given the space to another file. */
int volume_check_owner(struct famfs_volume *vol, struct famfs_error *err);

/*
 * Between begin and end the log is this thread's: the replicas are up to date and entries can be
 * appended. -EROFS on a client, -EUCLEAN after a damaged entry, -EBADF when the volume is open for
 * reading, -ESTALE.
 */
int volume_begin_append(struct famfs_volume *vol, struct famfs_error *err);
int volume_append(struct famfs_volume *vol, const struct record *rec, struct famfs_error *err);
void volume_end_append(struct famfs_volume *vol);

#endif
