#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# mkfs: data that it does not destroy.

load helper

suite_setup()
{
	needs_image
}

# refuses CODE MESSAGE OPTION...: and the image does not change.
refuses()
{
	local before
	before=$(fingerprint)
	run famfsctl mkfs "${@:3}" "$img"
	assert_error "$1" "$2"
	assert_equal "$(fingerprint)" "$before"
}

@test "a famfs is refused with its UUID, its owner, its files and its bytes" {
	uuid=aaaaaaaa-0000-4000-8000-000000000001
	famfsctl mkfs --size 64M --uuid $uuid "$img"
	famfsctl creat -s 3M "$img:/a"
	famfsctl creat -s 1M "$img:/b"
	refuses 3 "already holds a famfs"
	assert_output --partial "$uuid"
	assert_output --partial "2 files"
	assert_output --partial "4194304 bytes"
	assert_output --partial "hint: use --force"
}

@test "mkfs -f destroys a famfs of this host" {
	new_image 64M
	run -0 famfsctl mkfs -f "$img"
}

@test "another master's famfs needs --force-foreign too" {
	famfsctl_as "$OTHER" mkfs --size 64M "$img"
	refuses 3 "$OTHER"
	refuses 3 "$OTHER" -f
	assert_output --partial "--force-foreign"
	run -0 famfsctl mkfs -f --force-foreign "$img"
}

@test "an ext4 file system is refused by name" {
	truncate -s 64M "$img"
	mkfs.ext4 -q -L scratch "$img"
	refuses 3 "ext4"
	run -0 famfsctl mkfs -f "$img"
	run -0 famfsctl fsck "$img"
}

@test "mkfs refuses a file that is not an image with its first bytes" {
	truncate -s 16M "$BATS_TEST_TMPDIR/empty"
	tar -C "$BATS_TEST_TMPDIR" -cf "$img" --owner=root --group=root empty
	refuses 3 'already holds data of an unknown kind (at offset 0: 65 6d 70 74 79 '
	assert_output --partial '"empty'
	assert_output --partial "hint: use --force"
	refuses 3 "data of an unknown kind" --dry-run
	refuses 3 "data of an unknown kind" --size 64M
	refuses 1 "does not hold a famfs file system, but data of an unknown kind" --kill -f
	run -0 famfsctl mkfs -n -f "$img"
	assert_output --partial "would destroy data of an unknown kind (at offset 0: "
	run -0 famfsctl mkfs -f "$img"
	assert_output --partial "destroyed data of an unknown kind (at offset 0: "
}

@test "a file smaller than a famfs can be is refused before it is extended" {
	echo "a note" >"$img"
	run famfsctl mkfs --size 64M "$img"
	assert_error 3 "data of an unknown kind (at offset 0: 61 20 6e 6f 74 65 0a"
	assert_equal "$(cat "$img")" "a note"
}

@test "a famfs whose superblock was wiped is refused as long as its log has entries" {
	new_image 64M
	famfsctl mkdir "$img:/d"
	dd if=/dev/zero of="$img" bs=4096 count=1 conv=notrunc status=none
	refuses 3 "already holds a famfs log without its superblock (1 entries)"
	run -0 famfsctl mkfs --kill -f "$img"
	assert_output --partial "erased a famfs log without its superblock (1 entries)"
	run -0 famfsctl mkfs "$img"
}

@test "mkfs erases a famfs on a truncated image" {
	for length in 2M 2098177; do
		rm -f "$img"
		new_image 64M
		truncate -s "$length" "$img"
		run -0 famfsctl mkfs --kill -f "$img"
		assert_output --partial "erased a famfs file system"
		run -0 cmp -n "$(stat -c %s "$img")" "$img" /dev/zero
	done
}

# put OFFSET BYTES: writes BYTES, in the syntax of printf(1).
put()
{
	# shellcheck disable=SC2059 # the bytes are a format
	printf "$2" | dd of="$img" bs=1 seek="$1" conv=notrunc status=none
}

# refuses_signature NAME: refuses the signature that is on the image now.
refuses_signature()
{
	refuses 3 "already holds a signature of $1"
	assert_output --partial "hint: use --force"
	run -0 famfsctl mkfs -f "$img"
	rm "$img"
	truncate -s 64M "$img"
}

@test "btrfs, xfs, swap, LUKS, partition tables and PMDK pools are refused by name" {
	truncate -s 64M "$img"
	put 65600 '_BHRfS_M'
	refuses_signature btrfs
	truncate -s 320M "$img"
	mkfs.xfs -q "$img"
	refuses_signature xfs
	mkswap -q "$img"
	refuses_signature swap
	put 0 'LUKS\xba\xbe\x00\x01'
	refuses_signature crypto_LUKS
	# One partition: type 0x83, from sector 2048 on.
	put 446 '\x00\x00\x02\x00\x83\x00\x00\x00\x00\x08\x00\x00\x00\x08\x00\x00'
	put 510 '\x55\xaa'
	refuses_signature "dos partition table"
	put 0 'PMEMOBJ\x00'
	refuses_signature "PMDK pool (PMEMOBJ)"
}

@test "another master's famfs takes both forces when it is damaged or newer, too" {
	famfsctl_as "$OTHER" mkfs --size 64M "$img" >/dev/null
	put 48 'xxxx' # the UUID, which the CRC covers
	refuses 3 "$OTHER"
	refuses 3 "that is damaged" -f
	put 8 '\x31'
	refuses 3 "of another format" -f
	assert_output --partial "--force-foreign"
	run -0 famfsctl mkfs -f --force-foreign "$img"
}

@test "mkfs finds no signature again that it has overwritten" {
	truncate -s 64M "$img"
	mkfs.ext4 -q "$img"
	famfsctl mkfs -f "$img"
	run blkid -p "$img"
	refute_output --partial "ext4"
}

@test "a mounted device is refused, even with every force" {
	new_image 64M
	mount_image
	run famfsctl mkfs -f --force-foreign "$img"
	assert_error 3 "mounted"
	assert_output --partial "$mnt"
	run -0 ls "$mnt"
}

# has_open PID FILE
has_open()
{
	local fd
	for fd in /proc/"$1"/fd/*; do
		[[ ! $fd -ef $2 ]] || return 0
	done
	return 1
}

@test "a device that another process has mapped is refused" {
	new_image 64M
	mkfifo "$BATS_TEST_TMPDIR/go"
	"$MMAPIO" hold-map "$img" <"$BATS_TEST_TMPDIR/go" >"$BATS_TEST_TMPDIR/out" 3>&- &
	holder=$!
	exec 9>"$BATS_TEST_TMPDIR/go"
	wait_for 5 grep -q open "$BATS_TEST_TMPDIR/out"
	run famfsctl mkfs -f "$img"
	assert_error 3 "mapped"

	# Waits for processes that are about to end: udev reads a device that was just formatted.
	"$FAMFSCTL" mkfs -f "$img" >/dev/null 2>"$BATS_TEST_TMPDIR/said" 3>&- 9>&- &
	formatter=$!
	wait_for 5 has_open "$formatter" "$img"
	exec 9>&-
	wait $holder
	wait $formatter || { cat "$BATS_TEST_TMPDIR/said" && false; }
}

@test "a famfs whose superblock is damaged is refused too" {
	new_image 64M
	"$OMFEDIT" "$img" set super version=47 crc=1
	refuses 3 "famfs"
	run -0 famfsctl mkfs -f --force-foreign "$img"
}

@test "a famfs of a newer format is refused" {
	new_image 64M
	"$OMFEDIT" "$img" set super version=49
	refuses 3 "famfs"
}

@test "shrinking an image below a file system is refused without force" {
	new_image 128M
	refuses 3 "already holds" --size 64M
	assert_equal "$(stat -c %s "$img")" $((128 * MiB))
}

@test "directories, block devices, character devices and missing files are named" {
	run famfsctl mkfs "$BATS_TEST_TMPDIR"
	assert_error 1 "directory"
	run famfsctl mkfs /dev/null
	assert_error 1 "/dev/null"
	run famfsctl mkfs "$BATS_TEST_TMPDIR/none.img"
	assert_error 1 "none.img"
	run famfsctl mkfs --size 64M "$BATS_TEST_TMPDIR/no/such/dir.img"
	assert_error 1 "No such file"
}

@test "a file that may not be written is refused" {
	needs_root
	new_image 64M
	chmod 644 "$img"
	chmod 755 "$BATS_TEST_TMPDIR"
	run user_famfsctl mkfs -f "$img"
	assert_error 1 "Permission denied"
}

@test "exactly one device is expected" {
	run famfsctl mkfs
	assert_failure 2
	run famfsctl mkfs --size 64M "$img" "$img.2"
	assert_failure 2
	assert_file_not_exist "$img"
}
