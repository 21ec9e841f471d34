#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Media that are damaged or hostile: fsck names the entry, the mount serves the good files, and
# nothing is added where that could destroy data.

load helper

# Entry 0: directory d. 1: d/good. 2: victim, which the tests damage. 3: after.
suite_setup()
{
	needs_image
	new_image 1G
	famfsctl mkdir "$img:/d"
	famfsctl creat -r -S 42 -s 300000 "$img:/d/good"
	famfsctl creat --no-zero -s 9M "$img:/victim"
	famfsctl creat -r -S 42 -s 2500000 "$img:/after"
	cp --sparse=always "$img" "$img.base.img"
}

# The undamaged files can be read, by commands and through a mount, and the mount's server keeps
# running.
good_files_readable()
{
	run -0 famfsctl verify -S 42 "$img:/d/good" "$img:/after"
	mount_image
	run -0 famfsctl verify -S 42 "$mnt/d/good" "$mnt/after"
	find "$mnt" -type f -exec cat {} + >/dev/null 2>&1 || true
	[[ -n $(servers) ]]
	run -0 famfsctl umount "$mnt"
}

# damaged CODE FIELD=VALUE...: entry 2 with these fields is a problem of that code, and no more.
damaged()
{
	local code=$1 code_fsck=0
	shift
	cp --sparse=always "$img.base.img" "$img"
	"$OMFEDIT" "$img" set 2 "$@"
	famfsctl fsck --json "$img" >"$BATS_TEST_TMPDIR/json" || code_fsck=$?
	assert_equal "$code_fsck" 4
	run -0 jq -e --arg code "$code" '.clean == false
		and [.problems[] | [.entry, .code]] == [[2, $code]]
		and (.problems[0] | (.path | . == null or (type == "string" and length > 0)) and (.message | length > 0))' \
		"$BATS_TEST_TMPDIR/json"
	good_files_readable
}

# Nothing can be added any more, and the message has the reason.
damaged_and_closed()
{
	damaged "$@"
	local before
	before=$(fingerprint)
	run famfsctl creat -s 1 "$img:/new"
	assert_error 1 "entry 2"
	assert_output --partial "fsck"
	assert_equal "$(fingerprint)" "$before"
}

@test "an entry with a wrong CRC is damage" {
	damaged_and_closed crc crc=1
	run -4 famfsctl fsck "$img"
	assert_output --partial "entry 2: crc: "
	damaged_and_closed crc crc=0x100000000
	famfsctl info --json "$img" 2>/dev/null | jq -e '.bad_entries == 1'
	run famfsctl mkdir "$img:/new"
	assert_error 1 "entry 2"
	run famfsctl cp "$OMFEDIT" "$img:/new"
	assert_error 1 "entry 2"
}

@test "an entry with a wrong sequence number is damage" {
	damaged_and_closed seqnum seqnum=3
	damaged_and_closed seqnum seqnum=0xffffffffffffffff
}

@test "an entry of an unknown type is damage" {
	damaged_and_closed type type=2
	damaged_and_closed type type=77
}

@test "a path that is empty or leaves the file system is damage" {
	for path in '' .. ../x a/../../x /../etc/passwd; do
		damaged_and_closed path "path=$path"
	done
}

@test "a path without an end is damage" {
	damaged_and_closed path "path=$(printf '%080d' 0)"
}

@test "a mode with more than permission bits is damage" {
	damaged_and_closed mode mode=0100644
	damaged_and_closed mode mode=0xffffffff
}

@test "a size that exceeds the map is damage" {
	damaged_and_closed size size=$((10 * MiB + 1))
	damaged_and_closed size size=0xffffffffffffffff
}

@test "an empty file is read as empty and is no damage" {
	cp --sparse=always "$img.base.img" "$img"
	"$OMFEDIT" "$img" set 2 size=0 length.0=0x200000
	run -0 famfsctl fsck "$img"
	assert_output --partial "clean"
	run -0 famfsctl cat "$img:/victim"
	assert_output ""
	run -0 famfsctl cat --map "$img:/victim"
	assert_output ""
	mount_image
	assert_equal "$(stat -c '%s %F' "$mnt/victim")" "0 regular empty file"
	run -0 cat "$mnt/victim"
	assert_output ""
	run -0 famfsctl creat -s 1 "$mnt/new"
	run -0 famfsctl umount "$mnt"
}

@test "a repair that gives up a file that the reference shows says so, and asks" {
	for field in size=0xffffffffffffffff offset.0=0x900001 length.0=0x4000000000000000; do
		cp --sparse=always "$img.base.img" "$img"
		"$OMFEDIT" "$img" set 2 "$field"
		run famfsctl fsck --repair "$img" </dev/null
		assert_error 4 "the reference implementation shows this file"
		run -0 famfsctl dump-log "$img" --entry 2
		assert_output --partial "victim"
	done
	# It does not show this one.
	cp --sparse=always "$img.base.img" "$img"
	"$OMFEDIT" "$img" set 2 nextents=17
	run -4 famfsctl fsck "$img"
	refute_output --partial "reference implementation"
}

@test "an extent count out of bounds is damage" {
	damaged_and_closed map nextents=0
	damaged_and_closed map nextents=17
	damaged_and_closed map nextents=0xffffffff
	damaged_and_closed map ext_type=7
}

@test "an interleaved map out of bounds is damage" {
	local -a striped=(ext_type=1 nextents=1 nstrips=2 chunk=0x200000
		devindex.0=0 offset.0=0x8000000 length.0=0x600000
		devindex.1=0 offset.1=0x9000000 length.1=0x600000)
	damaged_and_closed map "${striped[@]}" nstrips=0
	damaged_and_closed map "${striped[@]}" nstrips=17
	damaged_and_closed map "${striped[@]}" nstrips=4000
	damaged_and_closed map "${striped[@]}" nextents=2
	damaged_and_closed map "${striped[@]}" chunk=0
	damaged_and_closed map "${striped[@]}" chunk=0x300000
	damaged_and_closed map "${striped[@]}" chunk=0x8000000000000000
	damaged_and_closed size "${striped[@]}" length.1=0x200000
	damaged_and_closed extent "${striped[@]}" offset.1=0
	damaged_and_closed extent "${striped[@]}" offset.1=0x7fffffffffe00000
}

@test "an extent that is not in whole units is damage" {
	damaged_and_closed align offset.0=0x1200001
	damaged_and_closed align length.0=0xa00001
}

@test "an extent that is empty, on the metadata, or beyond the device is damage" {
	damaged_and_closed extent offset.0=0
	damaged_and_closed extent offset.0=0x200000
	damaged_and_closed extent offset.0=0x800000
	damaged_and_closed extent length.0=0
	damaged_and_closed extent offset.0=0x3fe00000 length.0=0xa00000
	damaged_and_closed extent offset.0=0x40000000
	damaged_and_closed extent offset.0=0x4000000000000000
	damaged_and_closed extent offset.0=0xffffffffffe00000 length.0=0xa00000
	damaged_and_closed extent length.0=0xffffffffffe00000
}

@test "an unknown device index is damage" {
	damaged_and_closed daxdev devindex.0=1
	damaged_and_closed daxdev devindex.0=0xffffffffffffffff
}

@test "two files that share space are damage" {
	# Entry 1 lies at the start of the data, and the victim moves onto it.
	damaged_and_closed overlap offset.0=0xa00000
}

@test "a file whose own extents overlap is damage" {
	damaged_and_closed overlap nextents=2 offset.0=0x8000000 length.0=0x600000 \
		devindex.1=0 offset.1=0x8400000 length.1=0x600000
}

@test "a second entry of a path is damage" {
	damaged duplicate path=d/good
	run -0 famfsctl creat -s 1 "$img:/new"
	damaged duplicate path=d
}

@test "a parent that is missing or a file is damage" {
	damaged parent path=nowhere/x
	damaged parent path=d/good/x
	run -0 famfsctl creat -s 1 "$img:/new"
}

@test "the space of a file with a damaged name is not allocated again" {
	damaged_and_closed path path=../x
	famfsctl info --json "$img" | jq -e ".allocated_bytes == $((2 * MiB + 10 * MiB + 4 * MiB))"
}

@test "a retired entry is not damage, and its space stays unused" {
	"$OMFEDIT" "$img" set 2 type=4
	run -0 famfsctl fsck "$img"
	run -0 famfsctl creat -s 1 "$img:/new"
	good_files_readable
}

@test "a torn last entry hides no entry before it" {
	"$OMFEDIT" "$img" set header next_index=5 next_seqnum=5
	run -4 famfsctl fsck "$img"
	assert_output --partial "entry 4: "
	good_files_readable
	run famfsctl creat -s 1 "$img:/new"
	assert_error 1 "entry 4"
}

@test "an interrupted publish is completed or dropped without an error" {
	"$OMFEDIT" "$img" set header next_seqnum=5
	good_files_readable
	run -0 famfsctl creat -s 1 "$img:/new"
	run -0 famfsctl fsck "$img"
	"$OMFEDIT" "$img" show | jq -e '.log.next_seqnum == 5 and .log.next_index == 5'
}

@test "a next_index beyond the log is damage" {
	for next in 15421 1099511627776 18446744073709551615; do
		cp --sparse=always "$img.base.img" "$img"
		"$OMFEDIT" "$img" set header next_index=$next
		run -4 famfsctl fsck "$img"
		assert_output --partial "$next"
		good_files_readable
		run famfsctl creat -s 1 "$img:/new"
		assert_failure 1
		assert_output --partial "fsck"
	done
}
