# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# In the guest: the master after the power cut.
. tests/vm/guest.bash
export FAMFS_SYSTEM_UUID=$master

await client-checked
try "the medium is clean" "$famfsctl" fsck "$dax"
try "the master mounts again" "$famfsctl" mount "$dax" "$mnt"
try "the master's first file survives the power cut" "$famfsctl" verify -S 11 "$mnt/one"
try "the space of the interrupted copy is free" "$famfsctl" creat --no-zero -s 3G "$mnt/room"
try "the master adds another file" "$famfsctl" creat -s 7M -S 13 "$mnt/three"
step three-made
await three-seen
try "the master unmounts" "$famfsctl" umount "$mnt"
try "the master formats the device again" "$famfsctl" mkfs -f "$dax"
step formatted-again
[[ $failures == 0 ]]
