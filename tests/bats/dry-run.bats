#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# --dry-run: the same checks, the same errors, the word "would", and no change of the medium.

load helper

suite_setup()
{
	needs_image
	new_image 32M
	famfsctl mkdir "$img:/d"
	famfsctl creat -s 5000 -S 1 "$img:/d/f"
}

# Every byte, and the time of the last write.
whole()
{
	stat -c '%s %b %y' "$img"
	md5sum <"$img"
}

# would TEXT COMMAND...: succeeds, prints the text, and writes nothing.
would()
{
	local before
	before=$(whole)
	run --separate-stderr -0 famfsctl "${@:2}"
	assert_output --partial "$1"
	assert_equal "$stderr" ""
	assert_equal "$(whole)" "$before"
}

@test "no command writes anything in a dry run" {
	would "would create '$img:/d/g' of 3 MiB" creat -n -s 3M -S 7 "$img:/d/g"
	would "would create '$img:/d/g' of 2 MiB" creat --dry-run --no-zero -s 2M "$img:/d/g"
	would "would create '$img:/b' of 4 MiB" creat -n -M a,2M -M b,4M,3 "$img:/"
	would "would make directory '$img:/e'" mkdir -n "$img:/e"
	would "would make directory '$img:/x/y/z'" mkdir -n -p "$img:/x/y/z"
	would "would destroy" mkfs -n -f "$img"
	# Before the command as well.
	would "would make directory" --dry-run mkdir "$img:/e"
	# The directories did not really exist.
	run famfsctl ls -R "$img:/"
	assert_output "$(printf 'd\nd/f')"
}

@test "a dry run counts the files that it would have made" {
	would "would make directory '$img:/a/b'" mkdir -n "$img:/a" "$img:/a/b"
	before=$(whole)
	run famfsctl mkdir -n "$img:/a" "$img:/a"
	assert_error 1 "'a' exists already"
	# 20 MiB are free: one of these is possible, two are not.
	run famfsctl creat -n -s 15M "$img:/one" "$img:/two"
	assert_error 1 "cannot create 'two'"
	assert_line --partial "would create '$img:/one'"
	assert_equal "$(whole)" "$before"
}

@test "a dry run fails as the real run does" {
	before=$(whole)
	for arguments in "mkdir $img:/d" "mkdir $img:/none/e" "creat -s 1M $img:/d/f" \
		"creat -s 500M $img:/big" "mkfs $img" "mount $img $BATS_TEST_TMPDIR/none" \
		"mount -o bogus $img $BATS_TEST_TMPDIR" "mkdir $img:/.meta" "takeover $img.none"; do
		# shellcheck disable=SC2086 # arguments are words
		run famfsctl $arguments
		expected=$output code=$status
		[[ $code -ne 0 ]]
		# shellcheck disable=SC2086
		run famfsctl --dry-run $arguments
		assert_equal "$status: $output" "$code: $expected"
	done
	export FAMFS_SYSTEM_UUID=$OTHER
	for command in mkdir "creat -s 1M"; do
		# shellcheck disable=SC2086
		run famfsctl $command -n "$img:/e"
		assert_error 1 "belongs to the master $MASTER"
	done
	assert_equal "$(whole)" "$before"
}

@test "takeover -n asks for confirmation, and changes nothing" {
	export FAMFS_SYSTEM_UUID=$OTHER
	before=$(whole)
	run famfsctl takeover -n "$img"
	assert_error 3 "$MASTER"
	assert_output --partial "use --yes"
	would "this host would be the master; the master was $MASTER" takeover -n --yes "$img"
	run -0 famfsctl takeover --yes "$img"
	assert_output "this host is the master now; the master was $MASTER"
}

@test "mount -n checks everything and mounts nothing" {
	needs_mount
	mkdir "$mnt"
	would "would mount '$img' at '$mnt'" mount -n -o ro "$img" "$mnt"
	run is_mounted "$mnt"
	assert_failure
	famfsctl mount "$img" "$mnt"
	run famfsctl mount -n "$img" "$mnt"
	assert_error 1 "already a mount"
	famfsctl umount "$mnt"
	head -c 20M /dev/zero >"$BATS_TEST_TMPDIR/blank.img"
	run famfsctl mount -n "$BATS_TEST_TMPDIR/blank.img" "$mnt"
	assert_error 1 "does not hold a famfs"
}

@test "fsck -n --repair shows the repairs, and makes none" {
	for name in a b c; do
		famfsctl mkdir "$img:/$name"
	done
	"$OMFEDIT" "$img" set 3 crc=1
	"$OMFEDIT" "$img" set 4 crc=1
	before=$(whole)
	run --separate-stderr famfsctl fsck -n --repair "$img"
	assert_failure 4
	assert_line --partial "(would be repaired: cut the entry off the end of the log)"
	assert_line "2 problems found, 2 would be repaired"
	run famfsctl fsck -n --repair --json "$img"
	assert_failure 4
	jq -e '[.repaired_count, .would_repair_count] == [0, 2]
		and all(.problems[]; .would_repair and (.repaired | not))' <<<"$output"
	assert_equal "$(whole)" "$before"
	assert_equal "$(find "$BATS_TEST_TMPDIR" -name '*.undo')" ""
	(cd "$BATS_TEST_TMPDIR" && run -1 famfsctl fsck --repair "$img")
	run -0 famfsctl fsck "$img"
}

@test "a command that writes nothing refuses --dry-run, before its name as well" {
	run famfsctl --dry-run ls "$img:/"
	assert_error 2 "ls does not take --dry-run"
	run famfsctl ls --dry-run "$img:/"
	assert_error 2 "unknown option '--dry-run'"
}
