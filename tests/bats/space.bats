#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# usage: where the space goes.

load helper

usage()
{
	famfsctl usage --json "$img" | jq -e "$1"
}

@test "usage adds up to the device" {
	new_image 1G
	famfsctl creat -s 3M "$img:/a"
	famfsctl creat -s 1 "$img:/b"
	usage '.schema == "famfsctl.usage/1" and .reserved_bytes == 10485760 and
		.file_bytes == 3145729 and .slack_bytes == 4194304 + 2097152 - 3145729 and
		.lost_bytes == 0 and .log_entries == 2 and .log_entries_left == 15418'
	usage '.reserved_bytes + .file_bytes + .slack_bytes + .lost_bytes + .free_bytes == .usable_size'
}

@test "usage shows what a damaged entry keeps from everybody" {
	needs_image
	new_image 1G
	famfsctl creat -s 5M "$img:/a"
	famfsctl creat -s 5M "$img:/b"
	"$MEDIUM" "$img" set 0 path=../x
	usage '.lost_bytes == 6291456 and .file_bytes == 5242880'
	usage '.reserved_bytes + .file_bytes + .slack_bytes + .lost_bytes + .free_bytes == .usable_size'
}

@test "usage of a mount is that of its device, for people too" {
	new_image 1G
	famfsctl creat -s 3M "$img:/a"
	mount_image
	diff <(famfsctl usage "$img") <(famfsctl usage "$mnt")
	run -0 famfsctl usage "$mnt"
	assert_line --regexp '^in files +3 MiB \(3145728\)$'
	assert_line --regexp '^behind file ends +1 MiB \(1048576\)$'
}
