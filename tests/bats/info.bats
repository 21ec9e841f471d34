#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# info, statfs and the usage of the commands.

load helper

info()
{
	famfsctl info --json "${2:-$img}" | jq -e "$1"
}

@test "info shows superblock, identity, role, counts, log and space" {
	new_image 1G --uuid aaaaaaaa-0000-4000-8000-000000000001
	famfsctl mkdir "$img:/d"
	famfsctl creat -s 3M "$img:/d/f"
	run -0 famfsctl info "$img"
	for text in aaaaaaaa-0000-4000-8000-000000000001 "$MASTER" master '$FAMFS_SYSTEM_UUID' 15420; do
		assert_output --partial "$text"
	done
	info '.uuid == "aaaaaaaa-0000-4000-8000-000000000001"'
	info '.role == "master" and .files == 1 and .directories == 1 and .file_bytes == 3145728'
	info '.log_entries == 2 and .log_capacity == 15420 and .bad_entries == 0'
	info ".allocated_bytes == 4194304 and .free_bytes == $((GiB - 10 * MiB - 4 * MiB))"
	info '.schema == "famfsctl.info/1"'
}

@test "info names the source of the identity" {
	new_image 64M
	run -0 famfsctl info "$img"
	assert_output --partial '$FAMFS_SYSTEM_UUID'
	run env -u FAMFS_SYSTEM_UUID "$FAMFSCTL" info "$img" 3>&-
	assert_success
	refute_output --partial '$FAMFS_SYSTEM_UUID'
	run -0 famfsctl_as "$OTHER" info "$img"
	assert_output --partial "client"
}

@test "info on a mount equals info on the image" {
	new_image 1G
	famfsctl creat -s 3M "$img:/f"
	mount_image
	for key in uuid files log_entries free_bytes role; do
		assert_equal "$(info .$key "$mnt")" "$(info .$key)"
	done
}

@test "info changes nothing" {
	new_image 64M
	before=$(fingerprint)
	famfsctl info "$img"
	assert_equal "$(fingerprint)" "$before"
}

@test "info shows a recorded size that is not the real one, and uses the smaller one" {
	needs_image
	new_image 128M
	truncate -s 64M "$img"
	info '.recorded_size == 134217728 and .device_size == 67108864 and .usable_size == 67108864'
	info ".free_bytes == $((54 * MiB))"
	new_image 128M -f
	"$OMFEDIT" "$img" set super dd_size=$((64 * MiB))
	info '.usable_size == 67108864'
}

@test "df shows the size and the free space of the famfs" {
	new_image 1G
	mount_image
	famfsctl creat -s 100M "$mnt/f"
	read -r size used free < <(df -B1 --output=size,used,avail "$mnt" | tail -n 1)
	assert_equal "$free" "$(info .free_bytes)"
	assert_equal "$used" $((100 * MiB))
	assert_equal "$size" $((GiB - 10 * MiB))
	read -r slots left < <(df --output=itotal,iavail "$mnt" | tail -n 1)
	assert_equal "$left" $((15420 - 1))
	[[ $slots -ge 15420 ]]
}

@test "info names a file that is not a famfs" {
	truncate -s 64M "$img"
	for command in info fsck dump-fmap; do
		run famfsctl $command "$img"
		assert_failure
		assert_output --partial "famfs"
	done
	run famfsctl creat -s 1 "$img:/f"
	assert_error 1 "famfs"
}

@test "a file that is shorter than a superblock is an error" {
	: >"$img"
	run famfsctl info "$img"
	assert_failure 1
	printf 'x' >"$img"
	run famfsctl info "$img"
	assert_failure 1
	run famfsctl fsck "$img"
	assert_failure 8
}
