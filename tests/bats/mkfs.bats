#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# mkfs: the bytes that it writes.

load helper

suite_setup()
{
	needs_image
}

show()
{
	"$OMFEDIT" "$img" show | jq -e "$1"
}

@test "mkfs makes the image file when it is missing" {
	run -0 famfsctl mkfs --size 64M "$img"
	assert_equal "$(stat -c %s "$img")" $((64 * MiB))
	show '.superblock.crc_ok and .log.crc_ok'
}

@test "mkfs makes an image for its owner alone, and keeps the mode of an existing one" {
	(umask 0 && famfsctl mkfs --size 64M "$img")
	assert_equal "$(stat -c %a "$img")" 600
	chmod 640 "$img"
	run -0 famfsctl mkfs -f "$img"
	assert_equal "$(stat -c %a "$img")" 640
}

@test "mkfs leaves no image if there is no space for it" {
	needs_root
	mkdir "$mnt"
	mount -t tmpfs -o size=4k none "$mnt"
	run famfsctl mkfs --size 64M "$mnt/full.img"
	left=$(ls "$mnt")
	said="$status $output"
	# Its first pages are mapped, and holes.
	truncate -s 64M "$mnt/sparse.img"
	run famfsctl mkfs "$mnt/sparse.img"
	umount "$mnt"
	assert_error 1 "cannot write '$mnt/sparse.img': No space left on device"
	assert_equal "$said" "1 famfsctl mkfs: cannot write '$mnt/full.img': No space left on device"
	assert_equal "$left" ""
}

@test "mkfs writes the superblock and log header of OMF 2.2" {
	uuid=12345678-9abc-4def-8123-456789abcdef
	run -0 famfsctl mkfs --size 4G --uuid $uuid "$img"
	show '.superblock | [.magic, .version, .log_offset, .log_len, .alloc_unit, .omf_major, .omf_minor] ==
		[2276623103, 48, 2097152, 8388608, 2097152, 2, 2]'
	show ".superblock.fs_uuid == \"$uuid\""
	show ".superblock.sys_uuid == \"$MASTER\""
	show '.superblock.dev_uuid != "00000000-0000-0000-0000-000000000000"'
	show '.superblock | .sb_flags == 0 and .dd_size == 4294967296'
	show '.log | [.magic, .len, .last_index, .crc, .next_seqnum, .next_index] ==
		[12841062952973, 8388608, 15419, 2777108600, 0, 0]'
}

@test "mkfs records the device as it was typed" {
	cd "$BATS_TEST_TMPDIR"
	run -0 famfsctl mkfs --size 64M fam.img
	show '.superblock.dd_daxdev == "fam.img"'
}

@test "two file systems get different UUIDs" {
	famfsctl mkfs --size 64M "$img"
	first=$("$OMFEDIT" "$img" show | jq -r .superblock.fs_uuid)
	famfsctl mkfs -f "$img"
	second=$("$OMFEDIT" "$img" show | jq -r .superblock.fs_uuid)
	assert_not_equal "$first" "$second"
}

@test "the smallest device holds superblock, log and one unit" {
	run -0 famfsctl mkfs --size 12M "$img"
	run -0 famfsctl creat -s 1 "$img:/one"
	run famfsctl creat -s 1 "$img:/two"
	assert_error 1 "need 2 MiB, 0 MiB free"
}

@test "a device below the smallest size is refused with both numbers" {
	run famfsctl mkfs --size 11M "$img"
	assert_error 1 "11534336 bytes"
	assert_output --partial "12582912"
}

@test "a device beyond the largest size is refused with both numbers" {
	run famfsctl mkfs --size 1024P "$img"
	assert_error 1 "1152921504606846976 bytes, at most 72057594037927936"
	assert_file_not_exist "$img"
}

@test "an empty file is refused, and stays empty" {
	: >"$img"
	run famfsctl mkfs "$img"
	assert_failure 1
	assert_output --partial "fam.img"
	assert_equal "$(stat -c %s "$img")" 0
}

@test "a log length of 16M has 30840 entries" {
	run -0 famfsctl mkfs --size 64M --loglen 16M "$img"
	show '.superblock.log_len == 16777216 and .log.last_index == 30839'
}

@test "a log length that is not a power of two from 8 MiB is refused" {
	for length in 12M 4M 1 8388609; do
		run famfsctl mkfs --size 1G -l $length "$img"
		assert_failure
		assert_output --partial "power of two"
		assert_file_not_exist "$img"
	done
}

@test "a log that does not fit the device is refused" {
	run famfsctl mkfs --size 64M -l 64M "$img"
	assert_error 1 "at least 71303168"
}

@test "the log grows with the device from 64 GiB on, up to 256 MiB" {
	for pair in 63G:8 64G:16 128G:32 256G:64 512G:128 1T:256 4T:256; do
		rm -f "$img"
		famfsctl mkfs --size "${pair%:*}" "$img"
		assert_equal "$pair $("$OMFEDIT" "$img" show | jq .superblock.log_len)" \
			"$pair $((${pair#*:} * MiB))"
	done
}

@test "a dry run says what it would do and writes nothing" {
	famfsctl mkfs --size 64M "$img"
	famfsctl mkdir "$img:/kept"
	before=$(fingerprint)
	run -0 famfsctl mkfs -n -f "$img"
	assert_output --partial "would"
	assert_equal "$(fingerprint)" "$before"
}

@test "a dry run does not make the image" {
	run -0 famfsctl mkfs -n --size 64M "$img"
	assert_file_not_exist "$img"
}

@test "mkfs -f leaves no entry of the old file system" {
	famfsctl mkfs --size 64M "$img"
	famfsctl mkdir "$img:/old"
	run -0 famfsctl mkfs -f "$img"
	show '.entries == []'
	run famfsctl dump-fmap "$img:/old"
	assert_failure 1
	assert_equal "$(bytes "$img" $((UNIT + 48)) 544 | tr -d '\0' | wc -c)" 0
}

@test "mkfs resizes an image that is not a file system" {
	truncate -s 64M "$img"
	run -0 famfsctl mkfs --size 128M "$img"
	assert_equal "$(stat -c %s "$img")" $((128 * MiB))
	show '.superblock.dd_size == 134217728'
}

@test "mkfs works with an identity from the environment alone" {
	run -0 famfsctl_as "$OTHER" mkfs --size 64M "$img"
	show ".superblock.sys_uuid == \"$OTHER\""
}

@test "an identity that is not a UUID is an error, not another host" {
	run famfsctl_as "not-a-uuid" mkfs --size 64M "$img"
	assert_failure 1
	assert_output --partial "FAMFS_SYSTEM_UUID"
}
