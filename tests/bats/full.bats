#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A full log and a full device fail with numbers and leave no trace.

load helper

suite_setup()
{
	needs_image
}

# no_trace MESSAGE COMMAND...: fails with 1 and the message, and the medium stays as it is.
no_trace()
{
	local before
	before=$(fingerprint)
	run famfsctl "${@:2}"
	assert_error 1 "$1"
	assert_equal "$(fingerprint)" "$before"
}

@test "a full log is an error with its number of entries" {
	new_image 64M
	"$OMFEDIT" "$img" fill 15419
	data "$BATS_TEST_TMPDIR/src" 100
	run -0 famfsctl mkdir "$img:/last"
	no_trace "15420" mkdir "$img:/more"
	no_trace "15420" creat -s 1 "$img:/more"
	no_trace "15420" creat --no-zero -s 1 "$img:/more"
	no_trace "15420" cp "$BATS_TEST_TMPDIR/src" "$img:/more"
	run -0 famfsctl fsck "$img"
	assert_equal "$(info_number log_entries)" 15420
}

@test "mkdir -p and cp -r stop where the log is full, with whole entries" {
	new_image 64M
	"$OMFEDIT" "$img" fill 15418
	mkdir -p "$BATS_TEST_TMPDIR/src"
	for i in 1 2 3; do
		data "$BATS_TEST_TMPDIR/src/f$i" 100 $i
	done
	run famfsctl cp -r "$BATS_TEST_TMPDIR/src" "$img:/t"
	assert_error 1 "15420"
	run -0 famfsctl fsck "$img"
	assert_equal "$(info_number files)" 1
	assert_equal "$(info_number allocated_bytes)" $((2 * MiB))
}

@test "a full log mounts, and every name is there" {
	new_image 64M
	"$OMFEDIT" "$img" fill 15420
	mount_image
	assert_equal "$(find "$mnt" -mindepth 1 -name 'fill*' | wc -l)" 15420
}

@test "a full device is an error with the wanted and the free space" {
	new_image 64M
	# 64 MiB less 10 for superblock and log.
	run -0 famfsctl creat --no-zero -s 50M "$img:/most"
	no_trace "need 6 MiB, 4 MiB free" creat -s 5M "$img:/f"
	no_trace "4 MiB free" creat --no-zero -s 5M "$img:/f"
	head -c 5M /dev/zero >"$BATS_TEST_TMPDIR/src"
	no_trace "4 MiB free" cp "$BATS_TEST_TMPDIR/src" "$img:/f"
	run -0 famfsctl creat -s 4M "$img:/rest"
	no_trace "0 MiB free" creat -s 1 "$img:/f"
}

@test "sizes that no device has are refused" {
	new_image 64M
	for size in 1T 15E 16P 18446744073709551615 9223372036854775807; do
		run famfsctl creat --no-zero -s $size "$img:/f"
		assert_failure
		run famfsctl creat --no-zero -s $size -N 2 -B 2 -C 2M "$img:/f"
		assert_failure
	done
	"$OMFEDIT" "$img" show | jq -e '.entries == []'
	run -0 famfsctl creat --no-zero -s 54M "$img:/all"
}

@test "a file takes several extents when free space is in pieces" {
	new_image 64M
	"$OMFEDIT" "$img" append path=a size=1 mode=0644 nextents=1 offset.0=0xc00000 length.0=0x200000
	"$OMFEDIT" "$img" append path=b size=1 mode=0644 nextents=1 offset.0=0x1400000 length.0=0x200000
	run -0 famfsctl creat -r -S 42 -s 50M "$img:/c"
	"$OMFEDIT" "$img" show | jq -e '.entries[2].ext | length > 1'
	run -0 famfsctl verify -S 42 "$img:/c"
	run -0 famfsctl fsck "$img"
	mount_image
	run -0 famfsctl verify -S 42 "$mnt/c"
}

@test "a file that needs more than 16 pieces is refused with numbers" {
	new_image 128M
	# Every second unit is taken.
	for ((i = 0; i < 29; i++)); do
		"$OMFEDIT" "$img" append path=f$i size=1 mode=0644 nextents=1 \
			offset.0=$((12 * MiB + i * 4 * MiB)) length.0="$UNIT"
	done
	run -0 famfsctl creat --no-zero -s 32M "$img:/sixteen"
	"$OMFEDIT" "$img" show | jq -e '.entries[29].nextents <= 16'
	run famfsctl creat --no-zero -s 60M "$img:/more"
	assert_failure 1
	assert_output --partial "MiB"
	run -0 famfsctl fsck "$img"
}

@test "a host file system that is full does not damage the medium" {
	needs_root
	mkdir "$BATS_TEST_TMPDIR/small"
	mount -t tmpfs -o size=24M tmpfs "$BATS_TEST_TMPDIR/small" || skip "needs tmpfs"
	img=$BATS_TEST_TMPDIR/small/fam.img
	famfsctl mkfs --size 1G "$img" >/dev/null
	famfsctl creat -r -S 42 -s 5M "$img:/good"
	run famfsctl creat -r -S 1 -s 60M "$img:/big"
	status_creat=$status output_creat=$output
	run famfsctl fsck "$img"
	status_fsck=$status
	run famfsctl verify -S 42 "$img:/good"
	umount "$BATS_TEST_TMPDIR/small"
	assert_success
	assert_equal "$status_creat" 1
	[[ $output_creat == *"No space left on device"* ]]
	assert_equal "$status_fsck" 0
}
