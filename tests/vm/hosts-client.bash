# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# In the guest: the client of two hosts.
. tests/vm/guest.bash
export FAMFS_SYSTEM_UUID=$client

names()
{
	find "$mnt" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | tr '\n' ' '
}

has_names()
{
	local have
	have=$(names)
	echo "there is: $have"
	[[ $have == "$1" ]]
}

await formatted
try "the client mounts" "$famfsctl" mount "$dax" "$mnt"
try "the client sees an empty file system" has_names ""
step client-mounted
await one-made
try "the client sees the master's file at the next lookup" test -f "$mnt/one"
try "the client reads the bytes of the master's file" "$famfsctl" verify -S 11 "$mnt/one"
try "the client cannot add files, and the message names the master" \
	fails 1 "belongs to the master $master; this host is the client $client" \
	"$famfsctl" creat -s 1M "$mnt/mine"
try "the client cannot write through the mount" fails 1 "Read-only file system" cp /etc/passwd "$mnt/mine"
step client-waits
try "wait on the client ends when the master has made the file" "$famfsctl" wait --timeout "$patience_seconds" "$mnt/two"
try "the file is complete when wait ends" "$famfsctl" verify -S 12 "$mnt/two"
try "the files before it are complete, too" diff -r /usr/include/asm-generic "$mnt/tree"
step two-seen

await power-was-cut
try "after the power cut, the client sees whole files only" has_names "one tree two "
try "the medium is clean after the power cut" "$famfsctl" fsck "$mnt"
try "the client reads the master's file after the power cut" "$famfsctl" verify -S 11 "$mnt/one"
step client-checked
try "the client sees the next file of the restarted master" "$famfsctl" wait --timeout "$patience_seconds" "$mnt/three"
try "the next file is complete" "$famfsctl" verify -S 13 "$mnt/three"
step three-seen

await formatted-again
try "reading a file of the old file system fails" fails 1 "Stale file handle" cat "$mnt/one"
try "listing the old file system fails" fails 2 "Stale file handle" ls -l "$mnt"
try "the client unmounts" "$famfsctl" umount "$mnt"
try "the client mounts again" "$famfsctl" mount "$dax" "$mnt"
try "the client sees the new file system" has_names ""
try "the client unmounts the new file system" "$famfsctl" umount "$mnt"
[[ $failures == 0 ]]
