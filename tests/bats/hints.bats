#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A hint that names a command names it as it can be pasted: it runs, and it is a way out.

load helper

suite_setup()
{
	needs_image
	cd "$BATS_TEST_TMPDIR" || return
	img="$BATS_TEST_TMPDIR/an image"
	new_image 64M
	famfsctl creat -s 5000 -S 1 "$img:/f"
}

# follow CODE ARG...: the command fails with CODE, and what its hint says succeeds.
follow()
{
	local command
	run "-$1" famfsctl "${@:2}"
	command=$(sed -nE 's/^hint: .*: ((famfsctl|umount) .*)/\1/p' <<<"$output")
	[[ -n $command ]]
	PATH=$(dirname "$FAMFSCTL"):$PATH run -0 bash -c "$command" 3>&-
}

@test "where a directory is missing, the hint makes it" {
	follow 1 mkdir "$img:/a/b/c"
	famfsctl mkdir "$img:/a/b/c"
	echo x >x
	follow 1 cp x "$img:/none/x"
	famfsctl cp x "$img:/none/x"
	follow 1 cp x "$img:/new/"
	famfsctl cp x "$img:/new/"
	run -0 famfsctl ls "$img:/new"
	assert_output x
}

@test "cp out of a famfs is refused with the command that does it" {
	follow 1 cp "$img:/f" out
	cmp out <(famfsctl cat "$img:/f")
	mkdir dir
	follow 1 cp "$img:/f" dir
	cmp dir/f out
	run famfsctl cp x y
	assert_error 1 "cannot open 'y'"
	refute_output --partial "hint:"
}

@test "what is no famfs can be made one, where there is room for it" {
	truncate -s 64M "other image"
	follow 1 ls "other image"
	run -0 famfsctl ls "other image"
	truncate -s 3M small
	run famfsctl ls small
	assert_error 1 "does not hold a famfs"
	refute_output --partial "hint:"
}

@test "what is not mounted is checked by fsck" {
	follow 8 check "$img"
	assert_line clean
}

@test "what is mounted is unmounted first" {
	needs_mount
	for command in "mkfs -f" "fsck --repair"; do
		mount_image
		code=3
		[[ $command != fsck* ]] || code=8
		# shellcheck disable=SC2086 # command and option
		follow $code $command "$img"
		run is_mounted "$mnt"
		assert_failure
	done
}
