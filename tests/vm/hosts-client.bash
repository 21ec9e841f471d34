# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The client of two hosts.
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
try "and sees nothing yet" has_names ""
step client-mounted
await one-made
try "the master's file is there at the next lookup" test -f "$mnt/one"
try "byte for byte" "$famfsctl" verify -S 11 "$mnt/one"
try "the client cannot add, and hears whose file system it is" \
	fails 1 "belongs to the master $master; this host is the client $client" \
	"$famfsctl" creat -s 1M "$mnt/mine"
try "nor through the mount" fails 1 "Read-only file system" cp /etc/passwd "$mnt/mine"
step client-waits
try "wait ends when the file is there" "$famfsctl" wait --timeout "$patience_seconds" "$mnt/two"
try "which is complete then" "$famfsctl" verify -S 12 "$mnt/two"
try "what came before it is there too" diff -r /usr/include/asm-generic "$mnt/tree"
step two-seen

await power-was-cut
try "after the power cut, the client sees whole files only" has_names "one tree two "
try "the medium is clean" "$famfsctl" fsck "$mnt"
try "and readable" "$famfsctl" verify -S 11 "$mnt/one"
step client-checked
try "the master's next file comes" "$famfsctl" wait --timeout "$patience_seconds" "$mnt/three"
try "complete" "$famfsctl" verify -S 13 "$mnt/three"
step three-seen

await formatted-again
try "a new file system is no old tree: reading" fails 1 "Stale file handle" cat "$mnt/one"
try "a new file system is no old tree: listing" fails 2 "Stale file handle" ls -l "$mnt"
try "the client unmounts" "$famfsctl" umount "$mnt"
try "mounts again" "$famfsctl" mount "$dax" "$mnt"
try "and sees the new one" has_names ""
try "which it leaves" "$famfsctl" umount "$mnt"
[[ $failures == 0 ]]
