#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# info --kernel: the famfs support of the running kernel.

load helper

kernel()
{
	famfsctl info --kernel --json | jq -e "$1"
}

# Tests of a verdict that would differ on another kernel.
needs_stock_kernel()
{
	kernel '.support == "none"' || skip "needs a kernel without famfs support"
}

@test "info --kernel names each piece of evidence, and whether it was found" {
	run -0 famfsctl info --kernel
	assert_line --regexp "^kernel +$(uname -r)$"
	for name in FUSE_DEV_IOC_DAXDEV_OPEN CONFIG_FUSE_FAMFS_DAX FUSE_GET_FMAP FUSE_GET_DAXDEV \
		famfs_iomap daxdev_index dax_fmap_ops fuse_iomap_begin_in famfs_file_init_dax \
		famfs_teardown fuse_get_fmap famfs_fuse_mmap famfs_daxdev_open; do
		assert_line --regexp "^[^ ]+ +$name +(yes|no|cannot be read)( +[0-9]+)?$"
	done
	assert_line --regexp "^verdict +[a-z]"
}

@test "info --kernel --json has the same as values" {
	kernel '.schema == "famfsctl.kernel/1"'
	kernel ".release == \"$(uname -r)\""
	kernel '.support | IN("none", "other", "famfs", "unknown")'
	kernel '.evidence | length >= 15'
	kernel '[.evidence[] | .found | IN(true, false, null)] | all'
	kernel '[.evidence[] | .source | IN("BTF", "symbols", "configuration", "/dev/fuse")] | all'
	kernel '.verdict | length > 0'
}

@test "a kernel without famfs support is said to have none, to a user too" {
	needs_stock_kernel
	run -0 famfsctl info --kernel
	assert_line --regexp \
		"^verdict +this kernel has no famfs support: mounts are served by the server$"
	kernel '.generation == null'
	kernel '[.evidence[] | select(.found) | .name] - ["fuse_opcode"] == []'
	needs_root
	run -0 user_famfsctl info --kernel
	assert_output --partial "mounts are served by the server"
}

@test "info --kernel takes no argument" {
	run famfsctl info --kernel /mnt
	assert_error 2 "--kernel takes no argument, got '/mnt'"
}

@test "a forced profile neither breaks a mount nor changes the bytes that are read and written" {
	new_image 64M
	famfsctl creat -r -S 42 -s 5M "$img:/f"
	famfsctl creat -s 5M "$img:/written"
	mkdir -p "$mnt"
	for profile in off v2 pull push auto; do
		run -0 famfsctl mount --fmap "$profile" -o clone_fd "$img" "$mnt"
		run -0 famfsctl verify -S 42 "$mnt/f"
		printf %-4s "$profile" | dd of="$mnt/written" bs=4 seek=1048575 conv=notrunc status=none
		assert_equal "$(tail -c +4194301 "$mnt/written" | head -c 4)" "$(printf %-4s "$profile")"
		run -0 famfsctl info "$mnt"
		assert_output --partial "by the server"
		run -0 famfsctl umount "$mnt"
		assert_equal "$(famfsctl cat "$img:/written" | tail -c +4194301 | head -c 4)" "$(printf %-4s "$profile")"
	done
	run -0 famfsctl fsck "$img"
	run -0 famfsctl verify -S 42 "$img:/f"
	run famfsctl mount --fmap sideways "$img" "$mnt"
	assert_error 2 "fmap= expects auto, off, v2, pull or push, got 'sideways'"
}
