#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The command that udev's rule runs: famfsctl __udev. tests/vm/udev.bats runs the rule itself.

load helper

@test "__udev prints the properties of a famfs, even if the device is locked" {
	new_image 1G --uuid 6f1c8a52-0d8e-4a83-9d29-5a0c7f1b2e34
	run -0 famfsctl __udev "$img"
	assert_line ID_FS_TYPE=famfs
	assert_line ID_FS_USAGE=filesystem
	assert_line ID_FS_VERSION=2.2
	assert_line ID_FS_UUID=6f1c8a52-0d8e-4a83-9d29-5a0c7f1b2e34
	assert_line ID_FS_UUID_ENC=6f1c8a52-0d8e-4a83-9d29-5a0c7f1b2e34
	assert_equal "$(grep -vc = <<<"$output")" 0
	local before=$output
	mount_image
	run -0 famfsctl __udev "$img"
	assert_output "$before"
}

@test "__udev prints nothing for a device without a famfs, and succeeds" {
	needs_image
	truncate -s 16M "$img"
	run -0 famfsctl __udev "$img"
	refute_output
	run famfsctl __udev "$BATS_TEST_TMPDIR/nothing"
	assert_error 1 "cannot open '$BATS_TEST_TMPDIR/nothing'"
	run famfsctl __udev /dev/null
	assert_error 1 "'/dev/null' is a character device, but not a DAX device"
}

@test "__udev reports a damaged superblock and prints no properties" {
	new_image 1G
	"$OMFEDIT" "$img" set super crc=1
	run famfsctl __udev "$img"
	assert_error 1 "superblock CRC"
	refute_output --partial "ID_FS"
}

@test "FAMFS_NO_PROBE keeps udev from looking" {
	new_image 1G
	FAMFS_NO_PROBE=1 run -0 famfsctl __udev "$img"
	refute_output
	FAMFS_NO_PROBE='' run -0 famfsctl __udev "$img"
	assert_line ID_FS_TYPE=famfs
}
