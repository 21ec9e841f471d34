#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Paths in forms that the reference implementation writes and famfsctl does not: it records paths as
# they were typed. The files are shown, nothing is damaged, and a repair loses nothing.

load helper

DATA=$((0xa00000))
UNIT=$((2 * 1024 * 1024))

suite_setup()
{
	new_image 1G
	famfsctl mkdir "$img:/d"
}

# typed PATH N: a file with this recorded path and the contents "contents N" in unit N of the data.
typed()
{
	local at=$((DATA + $2 * UNIT))
	"$OMFEDIT" "$img" append "path=$1" size=10 mode=0644 nextents=1 offset.0=$at length.0=$UNIT
	printf 'contents %d' "$2" | "$OMFEDIT" "$img" write $at
}

# Paths that the reference implementation records for everyday commands, and similar ones.
typed_files()
{
	typed 'd//y' 0
	typed './pw2' 1
	typed 'd/../x' 2
	typed 'd/./deep/../z' 3
	typed '//d/slashes//' 4
}

all_clean()
{
	run -0 famfsctl fsck "$img"
	assert_line "clean"
	famfsctl info --json "$img" | jq -e '.bad_entries == 0'
}

@test "files whose paths were recorded as typed are shown under the normalised path" {
	typed_files
	run -0 famfsctl ls -R "$img"
	for path in d/y pw2 x d/z d/slashes; do
		assert_line "$path"
	done
	run -0 famfsctl cat "$img:/d/y" "$img:/pw2" "$img:/x" "$img:/d/z" "$img:/d/slashes"
	assert_output "contents 0contents 1contents 2contents 3contents 4"
	run -0 famfsctl stat --json "$img:/x"
	run -0 jq -e '.files[0] | .path == "x" and .size == 10' <<<"$output"
	famfsctl info --json "$img" | jq -e '.files == 5 and .directories == 1 and .bad_entries == 0'
	famfsctl map --json "$img" | jq -e '[.files[] | [.path, .fault]] == [["d/y", null],
		["pw2", null], ["x", null], ["d/z", null], ["d/slashes", null]]'
}

@test "a mount shows files with paths as typed, even if they are added later" {
	typed 'd//y' 0
	mount_image
	assert_equal "$(<"$mnt/d/y")" "contents 0"
	typed 'd/../x' 2
	assert_equal "$(<"$mnt/x")" "contents 2"
	typed './pw2' 1
	typed 'd//later/' 5
	assert_equal "$(cd "$mnt" && find . -type f -printf '%P\n' | sort | paste -sd ' ')" "d/later d/y pw2 x"
	assert_equal "$(<"$mnt/d/later")" "contents 5"
	run -0 famfsctl info --json "$mnt"
	jq -e '.bad_entries == 0 and .files == 4' <<<"$output"
}

@test "paths as typed are not damage: fsck is clean and files can be added" {
	typed_files
	before=$(fingerprint)
	all_clean
	assert_line "paths not normalised: 5, read as dump-log shows them"
	run -0 famfsctl fsck --json "$img"
	jq -e '.clean and .paths_not_normalised == 5 and .paths_hidden == 0 and .paths_not_utf8 == 0' <<<"$output"
	run -0 famfsctl fsck --repair --yes --save "$BATS_TEST_TMPDIR/none" "$img"
	assert_equal "$(fingerprint)" "$before"
	run -0 famfsctl creat -r -S 7 -s 3M "$img:/new"
	run -0 famfsctl mkdir "$img:/d/deep"
	run -0 famfsctl verify -S 7 "$img:/new"
	run -0 famfsctl cat "$img:/d/y" "$img:/pw2" "$img:/x" "$img:/d/z" "$img:/d/slashes"
	assert_output "contents 0contents 1contents 2contents 3contents 4"
	# Paths that famfsctl itself writes are normalised.
	"$OMFEDIT" "$img" show | jq -e '[.entries[-2:][].path] == ["new", "d/deep"]'
	all_clean
}

@test "a name that a path as typed has taken cannot be made again" {
	typed 'd/../x' 0
	run famfsctl creat -s 1 "$img:/x"
	assert_error 1 "'x' exists already"
	run famfsctl mkdir "$img:/x"
	assert_error 1 "'x' exists already"
	data "$BATS_TEST_TMPDIR/x" 10
	run -0 famfsctl cp --overwrite "$BATS_TEST_TMPDIR/x" "$img:/x"
	run -0 famfsctl cat "$img:/x"
	assert_output "$(<"$BATS_TEST_TMPDIR/x")"
}

@test "dump-log shows the recorded and the normalised path" {
	typed_files
	typed '.meta/secret' 5
	typed 'd/..' 6
	run -0 famfsctl dump-log "$img"
	assert_line --regexp " ok   d//y \(read as '/d/y'\)\$"
	assert_line --regexp " ok   \./pw2 \(read as '/pw2'\)\$"
	assert_line --regexp " ok   d/\.\./x \(read as '/x'\)\$"
	assert_line --regexp " ok   d\$"
	assert_line --regexp ' ok   \.meta/secret \(hidden\)$'
	assert_line --regexp " ok   d/\.\. \(read as '/'\)\$"
	run -0 famfsctl dump-log --json "$img"
	jq -e '[.entries[] | [.path, .read_as, .hidden, .fault]] == [
		["d", "d", false, null], ["d//y", "d/y", false, null], ["./pw2", "pw2", false, null],
		["d/../x", "x", false, null], ["d/./deep/../z", "d/z", false, null],
		["//d/slashes//", "d/slashes", false, null],
		[".meta/secret", ".meta/secret", true, null], ["d/..", "", false, null]]' <<<"$output"
	run -0 famfsctl dump-log --entry 3 "$img"
	assert_line --regexp "ok  fm_relpath  +d/\.\./x +6 bytes, read as '/x'"
	run -0 famfsctl dump-log --entry 6 "$img"
	assert_line --regexp 'ok  fm_relpath +\.meta/secret +12 bytes, in \.meta: hidden'
}

@test "a file in .meta is hidden and keeps its space, and the mount's own files stay" {
	typed '.meta/secret' 0
	typed 'd/../.meta/.log' 1
	typed '.meta' 2
	"$OMFEDIT" "$img" append type=1 path=.meta/sub mode=0755
	all_clean
	assert_line "paths in .meta: 4, not shown"
	famfsctl info --json "$img" | jq -e ".files == 0 and .directories == 1 and .allocated_bytes == $((3 * UNIT))"
	run -0 famfsctl ls -R "$img"
	refute_output --partial ".meta"
	run famfsctl cat "$img:/.meta/secret"
	assert_error 1 "'.meta/secret'"
	mount_image
	run -0 ls -A "$mnt/.meta"
	refute_output --partial "secret"
	assert_equal "$(head -c 8 "$mnt/.meta/.log" | od -An -tx8 | tr -d ' ')" 00000badcafef00d
	assert_equal "$(cat "$mnt/.meta/secret" 2>&1)" "cat: $mnt/.meta/secret: No such file or directory"
	run -0 famfsctl umount "$mnt"
	# No file is placed on their space.
	run -0 famfsctl creat --no-zero -s 6M "$img:/new"
	"$OMFEDIT" "$img" show | jq -e ".entries[-1].ext == [[0, $((DATA + 3 * UNIT)), $((3 * UNIT))]]"
}

@test "a directory that was recorded as typed has attributes and holds files" {
	"$OMFEDIT" "$img" append type=1 path=d//sub/ mode=0700 uid=12 gid=34
	typed 'd/sub//f' 0
	run -0 famfsctl stat --json "$img:/d/sub"
	jq -e '.files[0] | .type == "directory" and .mode == "0700" and .uid == 12 and .gid == 34' <<<"$output"
	run -0 famfsctl creat -s 1 "$img:/d/sub/g"
	mount_image
	assert_equal "$(find "$mnt/d/sub" -type f -printf '%f\n' | sort | paste -sd ' ')" "f g"
	assert_equal "$(stat -c %a,%u,%g "$mnt/d/sub")" 700,12,34
	run -0 famfsctl umount "$mnt"
	all_clean
}

@test "'..' is resolved by name, also for a directory without an entry" {
	typed 'nowhere/../x' 0
	typed 'd/../nowhere//f' 1
	run -0 famfsctl cat "$img:/x" "$img:/nowhere/f"
	assert_output "contents 0contents 1"
	run -4 famfsctl fsck "$img"
	assert_line --partial "entry 2: parent: 'nowhere/f': no entry describes its parent directory"
	assert_output --partial "1 problem found"
	run -0 famfsctl creat -s 1 "$img:/new"
}

@test "a second file of one path is ignored, whatever form it is recorded in" {
	typed 'x' 0
	typed 'd/../x' 1
	run -0 --separate-stderr famfsctl cat "$img:/x"
	assert_output "contents 0"
	run -4 famfsctl fsck "$img"
	assert_line "entry 2: duplicate: 'x': path exists already, by entry 1"
	run -0 famfsctl creat -s 1 "$img:/new"
}

@test "repair gives up no file of a path that the reference may find elsewhere" {
	typed 'x' 0
	typed 'd/../x' 1
	typed './y' 2
	typed 'y' 3
	typed 'd/..' 4
	before=$(fingerprint)
	run -4 famfsctl fsck --repair --yes --save "$BATS_TEST_TMPDIR/none" "$img"
	assert_output --partial "3 problems found, 0 repaired"
	assert_equal "$(fingerprint)" "$before"
	# The second of two with the same recorded path is given up as before.
	typed 'x' 5
	run -4 famfsctl fsck --repair --yes --save "$BATS_TEST_TMPDIR/undo" "$img"
	assert_line --partial "entry 6: duplicate: 'x': path exists already, by entry 1 (repaired)"
	run -0 --separate-stderr famfsctl cat "$img:/x" "$img:/y"
	assert_output "contents 0contents 2"
}

@test "only paths that climb above the root, are empty or have no end are damage" {
	cp --sparse=always "$img" "$img.base.img"
	for path in '' .. ../x d/../../x ./../d /../x "$(printf '%080d' 0)"; do
		cp --sparse=always "$img.base.img" "$img"
		typed "$path" 0
		run -4 famfsctl fsck "$img"
		assert_output --partial "entry 1: path: "
		run famfsctl creat -s 1 "$img:/new"
		assert_error 1 "log entry 1 of '$img' is damaged (path), so nothing can be added"
		run -0 --separate-stderr famfsctl ls -R "$img"
		assert_output "d"
	done
}

@test "a repair of a mode keeps the recorded path" {
	typed 'd//y' 0
	"$OMFEDIT" "$img" set 1 mode=0100640
	run -4 famfsctl fsck "$img"
	assert_line --partial "entry 1: mode: 'd/y': "
	run -1 famfsctl fsck --repair --save "$BATS_TEST_TMPDIR/undo" "$img"
	"$OMFEDIT" "$img" show | jq -e '.entries[1] | .path == "d//y" and .mode == "0o640" and .crc_ok'
	run -0 famfsctl cat "$img:/d/y"
	assert_output "contents 0"
	all_clean
}
