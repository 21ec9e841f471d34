#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Superblocks and log headers that are damaged or of another format.

load helper

suite_setup()
{
	needs_image
	new_image 1G
	famfsctl creat -r -S 42 -s 3000000 "$img:/f"
	cp --sparse=always "$img" "$img.base.img"
}

# unusable MESSAGE: no command accepts the medium, and none changes it.
unusable()
{
	local before
	before=$(fingerprint)
	run famfsctl info "$img"
	assert_error 1 "$1"
	run famfsctl dump-fmap "$img:/f"
	assert_error 1 "$1"
	run famfsctl creat -s 1 "$img:/new"
	assert_error 1 "$1"
	mkdir -p "$mnt"
	run famfsctl mount "$img" "$mnt"
	assert_error 1 "$1"
	run famfsctl fsck "$img"
	[[ $status -eq 4 || $status -eq 8 ]]
	assert_output --partial "$1"
	run famfsctl fsck --json "$img"
	[[ $status -eq 4 || $status -eq 8 ]]
	assert_equal "$(fingerprint)" "$before"
}

damaged_super()
{
	cp --sparse=always "$img.base.img" "$img"
	"$OMFEDIT" "$img" set super "${@:2}"
	unusable "$1"
}

@test "a superblock with another magic is not a famfs" {
	damaged_super "famfs" magic=0x87b282fe
	damaged_super "famfs" magic=0
}

@test "a superblock with a wrong CRC is damage" {
	damaged_super "CRC" crc=1
	damaged_super "CRC" crc=0x100000000
}

@test "an unknown superblock version and a newer major format are refused" {
	damaged_super "version is 49" version=49
	damaged_super "version is 47" version=47
	damaged_super "9.2" omf_major=9
}

@test "a newer minor format is read" {
	"$OMFEDIT" "$img" set super omf_minor=3
	run -0 famfsctl info "$img"
	run -0 famfsctl verify -S 42 "$img:/f"
}

@test "impossible log offsets and lengths are damage" {
	damaged_super "log offset" log_offset=0
	damaged_super "log offset" log_offset=0x400000
	damaged_super "log" log_len=0
	damaged_super "log" log_len=0x7fffff
	damaged_super "log" log_len=0x900000
	damaged_super "log" log_len=0x40000000
	damaged_super "log" log_len=0x8000000000000000
}

@test "a log length that differs from the log header is damage" {
	"$OMFEDIT" "$img" set super log_len=0x1000000
	run -4 famfsctl fsck "$img"
	assert_output --partial "log header says 8388608 bytes, expected 16777216"
	run famfsctl creat -s 1 "$img:/new"
	assert_failure 1
	assert_output --partial "fsck"
}

@test "impossible allocation units are damage" {
	damaged_super "allocation unit" alloc_unit=0
	damaged_super "allocation unit" alloc_unit=1
	damaged_super "allocation unit" alloc_unit=0x400000
}

@test "a recorded size beyond the real device is not used" {
	"$OMFEDIT" "$img" set super dd_size=0x4000000000000000
	run -0 famfsctl info "$img"
	run -0 famfsctl verify -S 42 "$img:/f"
	run -0 famfsctl creat --no-zero -s $((GiB - 14 * MiB)) "$img:/rest"
	run famfsctl creat --no-zero -s 1 "$img:/more"
	assert_error 1 "0 MiB free"
}

@test "an impossible recorded size costs no files, but stops appends" {
	for size in 0 0x900000; do
		cp --sparse=always "$img.base.img" "$img"
		"$OMFEDIT" "$img" set super dd_size=$size
		run -0 famfsctl verify -S 42 "$img:/f"
		run -4 famfsctl fsck "$img"
		assert_output --partial "metadata: capacity: superblock records"
		run famfsctl creat -s 1 "$img:/new"
		assert_error 1 "nothing can be added"
		assert_output --partial "fsck --repair"
		run -1 famfsctl fsck --repair --save "$BATS_TEST_TMPDIR/undo$size" "$img"
		run -0 famfsctl creat -s 1 "$img:/new"
		run -0 famfsctl fsck "$img"
	done
}

@test "a truncated image is damage" {
	truncate -s 12M "$img"
	run -0 famfsctl info "$img"
	run -4 famfsctl fsck "$img"
	assert_output --partial "entry 0: extent"
	truncate -s 11M "$img"
	run famfsctl creat -s 1 "$img:/new"
	assert_failure 1
	for size in 9M 2M 1M 100 1; do
		truncate -s $size "$img"
		run famfsctl info "$img"
		assert_failure 1
		run famfsctl creat -s 1 "$img:/new"
		assert_failure 1
		run famfsctl fsck "$img"
		[[ $status -eq 4 || $status -eq 8 ]]
	done
}

@test "reading an image that shrinks under a mount is an I/O error, and the server continues" {
	mount_image
	truncate -s 10M "$img"
	run cat "$mnt/f"
	assert_error 1 "Input/output error"
	run ls "$mnt"
	truncate -s 1M "$img"
	run ls -l "$mnt"
	run cat "$mnt/f"
	assert_failure 1
	# The server looks at the superblock once a second, from a thread of its own.
	truncate -s 0 "$img"
	sleep 2.5
	run stat "$mnt/nothing"
	assert_error 1 "Input/output error"
	[[ -n $(servers) ]]
	run -0 famfsctl umount "$mnt"
}

damaged_header()
{
	cp --sparse=always "$img.base.img" "$img"
	"$OMFEDIT" "$img" set header "${@:2}"
	run -4 famfsctl fsck "$img"
	assert_output --partial "$1"
	famfsctl fsck --json "$img" >"$BATS_TEST_TMPDIR/json" || true
	run -0 jq -e '.clean == false and .problems[0].entry == null' "$BATS_TEST_TMPDIR/json"
	local before
	before=$(fingerprint)
	run famfsctl creat -s 1 "$img:/new"
	assert_failure 1
	assert_output --partial "log"
	assert_equal "$(fingerprint)" "$before"
}

@test "a log header with a wrong magic, CRC, length or last index is damage" {
	damaged_header "log header" magic=0
	damaged_header "log header" crc=1
	damaged_header "log header" crc=0x100000000
	damaged_header "log" len=0x1000000
	damaged_header "last" last_index=15420
	damaged_header "last" last_index=0xffffffffffffffff
}

@test "a next_seqnum that disagrees with next_index is damage" {
	damaged_header "next" next_seqnum=0
	damaged_header "next" next_seqnum=100
}
