# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # $mnt is of the suite
# Mounts of a user without privileges, for suites that have $mnt in a folder of that user's.

# Distributions let every user open /dev/fuse. Where only root may, users get a node of their own,
# in a mount namespace that ends with the test. A chroot cannot have one; there the node's mode is
# changed for the time of the test, under a lock, since another run may do the same.
open_fuse()
{
	needs_mount
	command -v fusermount3 >/dev/null || skip "needs fusermount3"
	as_user test -w /dev/fuse || private_fuse || opened_fuse || skip "needs /dev/fuse to be open to users"
}

private_fuse()
{
	unshare -m --propagation private true 2>/dev/null || return
	unshare -m --propagation private bash -c '
		set -e
		mkdir -p "$1/dev"
		mount -t tmpfs -o mode=755 tmpfs "$1/dev"
		mknod -m 666 "$1/dev/fuse" c 10 229
		mount --bind "$1/dev/fuse" /dev/fuse
		echo ready >"$1/ready"
		exec sleep 600' - "$BATS_TEST_TMPDIR" 3>&- >"$BATS_TEST_TMPDIR/log" 2>&1 &
	namespace=$!
	wait_for 5 test -s "$BATS_TEST_TMPDIR/ready"
}

opened_fuse()
{
	exec 8</dev/fuse
	flock -w 60 8 || return
	fuse_mode=$(stat -c %a /dev/fuse)
	chmod 666 /dev/fuse
}

close_fuse()
{
	[[ -n ${fuse_mode:-} ]] || return 0
	chmod "$fuse_mode" /dev/fuse
	exec 8<&-
}

umount_private()
{
	[[ -n ${namespace:-} ]] || return 0
	here umount -l "$mnt" 2>/dev/null || true
	kill "$namespace" 2>/dev/null || true
	wait "$namespace" || true
}
