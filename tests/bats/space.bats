#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# usage: how space is used.

load helper

usage()
{
	famfsctl usage --json "$img" | jq -e "$1"
}

@test "the numbers of usage add up to the device" {
	new_image 1G
	famfsctl creat -s 3M "$img:/a"
	famfsctl creat -s 1 "$img:/b"
	usage '.schema == "famfsctl.usage/1" and .reserved_bytes == 10485760 and
		.file_bytes == 3145729 and .slack_bytes == 4194304 + 2097152 - 3145729 and
		.lost_bytes == 0 and .log_entries == 2 and .log_entries_left == 15418'
	usage '.reserved_bytes + .file_bytes + .slack_bytes + .lost_bytes + .free_bytes == .usable_size'
}

@test "usage shows the space that is lost to a damaged entry" {
	needs_image
	new_image 1G
	famfsctl creat -s 5M "$img:/a"
	famfsctl creat -s 5M "$img:/b"
	"$OMFEDIT" "$img" set 0 path=../x
	usage '.lost_bytes == 6291456 and .file_bytes == 5242880'
	usage '.reserved_bytes + .file_bytes + .slack_bytes + .lost_bytes + .free_bytes == .usable_size'
}

@test "usage counts striped files, shared space and a device that grew" {
	needs_image
	new_image 4G
	famfsctl creat --no-zero -s 9M -N 2 -B 3 -C 2M "$img:/striped"
	usage '.allocated_bytes == 12582912 and .slack_bytes == 3145728 and .stripe_slack_bytes == 2097152 and
		.reserved_bytes + .file_bytes + .slack_bytes + .lost_bytes + .free_bytes == .usable_size'
	run -0 famfsctl usage "$img"
	assert_line --regexp '^of it in stripes +2 MiB'
	refute_output --partial "claimed twice"
	famfsctl creat --no-zero -s 4M "$img:/a"
	"$OMFEDIT" "$img" append path=b size=4000000 mode=0644 nextents=1 offset.0=0xc00000 length.0=0x400000
	usage '.shared_bytes == 2097152 and .allocated_bytes == 12582912 + 6291456 and
		.reserved_bytes + .allocated_bytes + .free_bytes == .usable_size and
		.file_bytes + .slack_bytes + .lost_bytes - .shared_bytes == .allocated_bytes'
	run -0 famfsctl usage "$img"
	assert_line --regexp '^claimed twice +2 MiB'
	truncate -s 5G "$img"
	usage '.device_size == 5 * 1024 * 1048576 and .usable_size == 4 * 1024 * 1048576'
	run -0 famfsctl usage "$img"
	assert_line --regexp '^of it recorded +4 GiB'
}

@test "usage shows the same for a mount and its device, as text too" {
	new_image 1G
	famfsctl creat -s 3M "$img:/a"
	mount_image
	diff <(famfsctl usage "$img") <(famfsctl usage "$mnt")
	run -0 famfsctl usage "$mnt"
	assert_line --regexp '^in files +3 MiB \(3145728\)$'
	assert_line --regexp '^behind file ends +1 MiB \(1048576\)$'
}
