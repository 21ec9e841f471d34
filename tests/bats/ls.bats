#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# ls and stat: the files in the log, on a mount and inside an unmounted device.

load helper

suite_setup()
{
	new_image 4G
	famfsctl mkdir -m 0750 -u 12 -g 34 "$img:/d"
	famfsctl mkdir "$img:/d/deep"
	famfsctl creat -s 3000000 -m 4755 -u 0 -g 0 "$img:/d/f"
	famfsctl creat -s 9M -N 2 -B 3 -C 2M -m 0644 "$img:/striped"
}

@test "ls lists a directory, -R everything below it, and a file by its name" {
	run -0 famfsctl ls "$img"
	assert_output $'d\nstriped'
	run -0 famfsctl ls "$img:/d"
	assert_output $'deep\nf'
	run -0 famfsctl ls -R "$img:/"
	assert_output $'d\nd/deep\nd/f\nstriped'
	run -0 famfsctl ls "$img:/d/f"
	assert_output "d/f"
	run -0 famfsctl ls "$img:/d/deep"
	assert_output ""
}

@test "ls names each of several directories" {
	run -0 famfsctl ls "$img:/d" "$img:/striped"
	assert_output "$img:/d:"$'\ndeep\nf\n\n'"$img:/striped:"$'\nstriped'
}

@test "ls -l shows the modes, owners and sizes that ls(1) shows on the mount" {
	mount_image
	run -0 famfsctl ls -l "$img:/d"
	assert_line --regexp '^-rwsr-xr-x +0 +0 +3000000  f$'
	run -0 famfsctl ls -l "$img"
	assert_line --regexp '^drwxr-x--- +12 +34 +0  d$'
	# The same columns of ls(1), on the mount.
	diff <(famfsctl ls -l "$mnt/d" | awk '{ print $1, $NF }') \
		<(command ls -l "$mnt/d" | awk 'NR > 1 { print $1, $NF }')
}

@test "ls --json has complete paths, types and modes" {
	run -0 famfsctl ls --json -R "$img"
	jq -e '.schema == "famfsctl.ls/1" and (.entries | map(.path)) == ["d", "d/deep", "d/f", "striped"] and
		.entries[0] == { path: "d", type: "directory", mode: "0750", uid: 12, gid: 34, size: 0 } and
		.entries[2] == { path: "d/f", type: "file", mode: "4755", uid: 0, gid: 0, size: 3000000 }' \
		<<<"$output"
}

@test "stat shows the entry, the space and the map, the same on the mount" {
	run -0 famfsctl stat --json "$img:/striped" "$img:/d/f" "$img:/d"
	jq -e '.schema == "famfsctl.stat/1" and (.files | length) == 3 and
		(.files[0] | .map == "interleaved" and .nextents == 2 and .chunk_size == 2097152 and
			.size == 9437184 and .allocated == 12582912 and .entry == 3) and
		(.files[1] | .map == "simple" and .allocated == 4194304 and .mode == "4755") and
		(.files[2] | .type == "directory" and .uid == 12 and .map == null and .allocated == null)' <<<"$output"
	mount_image
	assert_equal "$(famfsctl stat --json "$mnt/striped" | jq '.files[0].inode')" \
		"$(stat -c %i "$mnt/striped")"
	diff <(famfsctl stat "$img:/d/f") <(famfsctl stat "$mnt/d/f")
}

@test "ls and stat continue after a missing file, and exit 1" {
	run -1 --separate-stderr famfsctl ls "$img:/none" "$img:/d"
	assert_regex "$stderr" "'none' does not exist"
	assert_regex "$output" "deep"
	run -1 --separate-stderr famfsctl stat "$img:/none" "$img:/d"
	assert_regex "$stderr" "'none' does not exist"
	assert_regex "$output" "path +d"
}

@test "ls and stat print terminal control characters harmlessly" {
	famfsctl mkdir "$img:/"$'bad\033[2J\nname'
	run -0 famfsctl ls "$img"
	assert_line 'bad\033[2J\012name'
}
