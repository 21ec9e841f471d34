/* SPDX-License-Identifier: Apache-2.0 */
/* Adding entries to the log of an open volume: the permission, the lock and the checks. */
#ifndef FS_APPEND_H
#define FS_APPEND_H

#include "fs/volume.h"

/* Returns 0 on the master, else -EROFS; the message names the master. */
int volume_check_master(const struct famfs_volume *vol, struct famfs_error *err);

/*
 * Takes the append lock of the device and checks the superblock under it; every change of the
 * medium starts with this call. Returns -ESTALE if another file system is on the device, -EUCLEAN
 * if the superblock is damaged, -EROFS if another host became the master. Then flushes the lines
 * that a killed process left in the caches. Unless `raw` is NULL, *raw receives the superblock that
 * was checked. The mutex is held, or the volume is not shared.
 */
int volume_lock_log(struct famfs_volume *vol, struct omf_super *raw, struct famfs_error *err);

/* For space that is reserved but not published: like volume_check_stale(), and also -EROFS if
 * another host became the master, since it may have given the space to another file. */
int volume_check_owner(struct famfs_volume *vol, struct famfs_error *err);

/*
 * Between begin and end this thread has the log to itself: the replicas are up to date and entries
 * can be appended. Returns -EROFS on a client, -EUCLEAN after a damaged entry, -EBADF if the volume
 * is open for reading, or -ESTALE.
 */
int volume_begin_append(struct famfs_volume *vol, struct famfs_error *err);
int volume_append(struct famfs_volume *vol, const struct record *rec, struct famfs_error *err);
void volume_end_append(struct famfs_volume *vol);

#endif
