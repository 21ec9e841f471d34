# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# In the guest: the master of two hosts, until a power cut during a copy.
. tests/vm/guest.bash
export FAMFS_SYSTEM_UUID=$master

try "the master formats the device" "$famfsctl" mkfs -f --force-foreign "$dax"
try "the master mounts" "$famfsctl" mount "$dax" "$mnt"
step formatted
await client-mounted

try "the master makes a file" "$famfsctl" creat -s 5M -S 11 "$mnt/one"
step one-made
await client-waits
try "the master copies a tree" "$famfsctl" cp -r /usr/include/asm-generic "$mnt/tree"
try "the master makes the file that the client waits for" "$famfsctl" creat -s 9M -N 2 -B 3 -C 2M -S 12 "$mnt/two"
await two-seen

"$famfsctl" creat -s 3G "$mnt/never" &
sleep 2
try "a file is still being filled" kill -0 $!
step cut-the-power
sleep "$patience_seconds"
