# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The master again, after its power was cut.
. tests/vm/guest.bash
export FAMFS_SYSTEM_UUID=$master

await client-checked
try "the medium is clean" "$famfsctl" fsck "$dax"
try "the master mounts again" "$famfsctl" mount "$dax" "$mnt"
try "what was made before is there" "$famfsctl" verify -S 11 "$mnt/one"
try "space that was being filled is free" "$famfsctl" creat --no-zero -s 3G "$mnt/room"
try "it goes on" "$famfsctl" creat -s 7M -S 13 "$mnt/three"
step three-made
await three-seen
try "it unmounts" "$famfsctl" umount "$mnt"
try "and formats again" "$famfsctl" mkfs -f "$dax"
step formatted-again
[[ $failures == 0 ]]
